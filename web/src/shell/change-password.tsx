import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { useAct } from '../parts/use-act.ts';
import { useConsole } from './console.ts';

/** Gives oneself another password; sessions elsewhere end. */
export function ChangePassword({ onEnd }: { readonly onEnd: () => void }) {
  const { access } = useConsole();
  const [isDone, setDone] = useState(false);
  const { run, busy, error } = useAct(async (present: string, next: string) => {
    await access.changePassword({ present, next });
    setDone(true);
  });
  if (isDone) {
    return (
      <Dialog title="Your password has been changed" onClose={onEnd}>
        <p>Your sessions in other browsers have ended.</p>
        <div className="actions">
          <IxButton onClick={onEnd}>Close</IxButton>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Change your password" onClose={onEnd}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          void run(String(given.get('present')), String(given.get('next')));
        }}
      >
        <Field
          label="Present password"
          name="present"
          type="password"
          autoComplete="current-password"
          autoFocus
        />
        <Field label="New password" name="next" type="password" autoComplete="new-password">
          15 characters or more. Several unrelated words do well.
        </Field>
        {error && <Refusal error={error} />}
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={onEnd}>
            Cancel
          </IxButton>
          <IxButton type="submit" loading={busy}>
            Change
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}
