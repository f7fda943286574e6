import { IxButton } from '@siemens/ix-react';
import type { Me } from '#contract/client.ts';
import { Problem } from '../data/problem.ts';
import { signedIn, signedOut } from '../data/session.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { useAct } from '../parts/use-act.ts';
import { useConsole } from './console.ts';

/** Asks for the password above the page as it is: nothing that was being edited is lost. */
export function SignInAgain({ me }: { readonly me: Me }) {
  const { access } = useConsole();
  const { run, busy, error } = useAct(async (password: string) => {
    signedIn(await access.signIn({ name: me.name, password }));
  });
  return (
    <Dialog title="Your session has ended">
      <p>
        Sign in again as <strong>{me.name}</strong>: the page goes on where it was, with what you have
        entered.
      </p>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(String(new FormData(event.currentTarget).get('password')));
        }}
      >
        <input type="hidden" name="username" autoComplete="username" value={me.name} readOnly />
        <Field label="Password" name="password" type="password" autoComplete="current-password" autoFocus />
        {error && <Refusal error={error} />}
        {error instanceof Problem && (
          <p className="about">Users who signed in by a link have no password: sign in anew.</p>
        )}
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={signedOut}>
            Somebody else
          </IxButton>
          <IxButton type="submit" loading={busy}>
            Sign in
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}
