import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { SavedView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { askAgain, usePolled } from '../../data/poll.ts';
import { useMay, useMe } from '../../data/session.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { date } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import { stateOfView, type TrendState, viewOf } from './state.ts';

const VIEWS = 'trend views';
const EVERY_MS = 30_000;

/** What people have kept under a name: to open, to keep one more, to remove one. */
export function Views({
  state,
  onOpen,
  onClose,
}: {
  readonly state: TrendState;
  readonly onOpen: (state: TrendState) => void;
  readonly onClose: () => void;
}) {
  const mayKeep = useMay('operator');
  const { data: views, error } = usePolled(VIEWS, (signal) => api.views(signal), EVERY_MS);
  return (
    <Dialog title="Saved views" onClose={onClose}>
      {error && <Refusal error={error} />}
      {views?.length === 0 && <p className="quiet">Nobody has saved a view yet.</p>}
      {views && views.length > 0 && (
        <ul className="trends-views">
          {views.map((view) => (
            <View key={view.name} view={view} mayKeep={mayKeep} onOpen={() => onOpen(stateOfView(view))} />
          ))}
        </ul>
      )}
      {mayKeep && <Keep state={state} />}
      <div className="actions">
        <IxButton variant="tertiary" onClick={onClose}>
          Close
        </IxButton>
      </div>
    </Dialog>
  );
}

function View({
  view: { name, tags, calculations = [], by, savedUs },
  mayKeep,
  onOpen,
}: {
  readonly view: SavedView;
  readonly mayKeep: boolean;
  readonly onOpen: () => void;
}) {
  const { run, busy, error } = useAct(async () => {
    await api.removeView({ name });
    askAgain(VIEWS);
  });
  const lines = tags.length + calculations.length;
  return (
    <li>
      <button type="button" className="link" onClick={onOpen}>
        {name}
      </button>
      <span className="quiet">
        {lines} {lines === 1 ? 'line' : 'lines'}, {by} {date(savedUs / 1000)}
      </span>
      {mayKeep && (
        <button
          type="button"
          className="tool"
          disabled={busy}
          aria-label={`Remove ${name}`}
          onClick={() => void run()}
        >
          ×
        </button>
      )}
      {error && <Refusal error={error} />}
    </li>
  );
}

function Keep({ state }: { readonly state: TrendState }) {
  const me = useMe();
  const [name, setName] = useState('');
  const { run, busy, error } = useAct(async () => {
    await api.saveView(viewOf(name.trim(), state, me.name));
    setName('');
    askAgain(VIEWS);
  });
  const hasTag = state.chosen.some((one) => 'path' in one);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (hasTag) void run();
      }}
    >
      <Field
        label="Save what is shown as"
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.target.value)}
      >
        {hasTag
          ? 'In place of a view of that name, for all who may see its tags.'
          : 'A view has at least one tag: add one first.'}
      </Field>
      {error && <Refusal error={error} />}
      <div className="actions">
        <IxButton type="submit" loading={busy} disabled={!hasTag || name.trim() === ''}>
          Save
        </IxButton>
      </div>
    </form>
  );
}
