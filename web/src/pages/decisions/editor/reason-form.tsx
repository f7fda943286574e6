import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import { Field } from '../../../parts/field.tsx';
import { Refusal } from '../../../parts/refusal.tsx';

/** Asks why the site file is changed; nobody goes on without a reason. */
export function ReasonForm({
  act,
  busy,
  error,
  onAct,
  onCancel,
}: {
  /** What the button says. */
  readonly act: string;
  readonly busy: boolean;
  readonly error: Error | undefined;
  readonly onAct: (why: string) => void;
  readonly onCancel: () => void;
}) {
  const [why, setWhy] = useState('');
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (why.trim() !== '') onAct(why);
      }}
    >
      <Field
        label="Reason"
        name="why"
        maxLength={500}
        autoComplete="off"
        autoFocus
        required={false}
        value={why}
        onChange={(event) => setWhy(event.target.value)}
      >
        Kept in the history and in the audit, with your name.
      </Field>
      {error && <Refusal error={error} />}
      <div className="actions">
        <IxButton variant="tertiary" type="button" onClick={onCancel}>
          Cancel
        </IxButton>
        <IxButton type="submit" loading={busy} disabled={why.trim() === ''}>
          {act}
        </IxButton>
      </div>
    </form>
  );
}
