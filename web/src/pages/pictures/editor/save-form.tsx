import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { AppliedConfig } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { askAgain } from '../../../data/poll.ts';
import { Field } from '../../../parts/field.tsx';
import { Refusal } from '../../../parts/refusal.tsx';
import { useAct } from '../../../parts/use-act.ts';
import { PICTURES } from '../asked.ts';
import type { useDraft } from './draft.ts';

/** Saves an edit into the site file, whose history keeps it with its reason. */
export function SaveForm({
  name,
  edit,
}: {
  readonly name: string;
  readonly edit: ReturnType<typeof useDraft>;
}) {
  const { draft, isChanged, change, forget } = edit;
  const [applied, setApplied] = useState<AppliedConfig>();
  const { run, busy, error } = useAct(async (why: string) => {
    setApplied(undefined);
    const { title, area, bindings } = draft;
    const said = await api.savePicture(name, { title, bindings, why, ...(area !== '' && { area }) });
    setApplied(said);
    if (said.state === 'refused') return;
    forget();
    askAgain(PICTURES);
  });
  return (
    <section className="card" aria-label="Save">
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void run(String(new FormData(event.currentTarget).get('why')));
        }}
      >
        <h2>{isChanged ? 'Not saved yet' : 'Save'}</h2>
        <Field
          label="Title"
          name="title"
          maxLength={100}
          value={draft.title}
          onChange={({ target }) => change({ title: target.value })}
        />
        <Field
          label="Area"
          name="area"
          required={false}
          value={draft.area}
          onChange={({ target }) => change({ area: target.value })}
        >
          Who is limited to areas sees the pictures of his; nothing stands for the whole site.
        </Field>
        <Field label="Reason" name="why" autoComplete="off" maxLength={500}>
          Kept in the history of the site file, from where it is undone.
        </Field>
        {error && <Refusal error={error} />}
        {applied && <Said applied={applied} />}
        <div className="actions">
          <IxButton variant="tertiary" type="button" disabled={!isChanged} onClick={forget}>
            Give up the changes
          </IxButton>
          <IxButton type="submit" loading={busy} disabled={!isChanged}>
            Save
          </IxButton>
        </div>
      </form>
    </section>
  );
}

function Said({ applied: { state, problems } }: { readonly applied: AppliedConfig }) {
  if (state !== 'refused') return <p role="status">Saved, and in effect.</p>;
  return (
    <div role="alert" className="refusal">
      <p>Refused as a whole; your changes are still here.</p>
      <ul>
        {problems.map(({ message, hint }) => (
          <li key={message}>
            {message} <span className="quiet">{hint}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
