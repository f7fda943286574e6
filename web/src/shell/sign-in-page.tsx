import { IxButton } from '@siemens/ix-react';
import { type ReactNode, useState } from 'react';
import { signedIn } from '../data/session.ts';
import { Field } from '../parts/field.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { useAct } from '../parts/use-act.ts';
import { useConsole } from './console.ts';
import { SignInElsewhere } from './sign-in-elsewhere.tsx';

type Way = 'name' | 'code' | 'first';

const LINKS: readonly (readonly [Way, string])[] = [
  ['name', 'Name and password'],
  ['code', 'Use a code'],
  ['first', 'First administrator'],
];

/** Signing in: by name, by a code, or as the first administrator of a new site or hub. */
export function SignInPage({ why }: { readonly why: Error | undefined }) {
  const { of, access } = useConsole();
  const [way, setWay] = useState<Way>('name');
  const ways = LINKS.filter(([one]) => one !== way && (one !== 'code' || access.signInByCode));
  return (
    <main className="sign-in">
      <section className="sign-in-card" aria-label="Sign in">
        <p className="brand">Holdfast</p>
        <h1>{way === 'first' ? 'Make the first administrator' : 'Sign in'}</h1>
        <p className="quiet">{location.host}</p>
        {why && <Refusal error={why} />}
        <SignInElsewhere />
        {way === 'name' && <ByName />}
        {way === 'code' && <ByCode />}
        {way === 'first' && <First />}
        <nav className="sign-in-ways" aria-label="Other ways">
          {ways.map(([one, text]) => (
            <button key={one} type="button" className="link" onClick={() => setWay(one)}>
              {text}
            </button>
          ))}
          {of === 'site' && <a href="/trust">Is this the right site?</a>}
        </nav>
      </section>
    </main>
  );
}

function Form({
  act,
  label,
  children,
}: {
  readonly act: (given: Record<string, string>) => Promise<void>;
  readonly label: string;
  readonly children: ReactNode;
}) {
  const { run, busy, error } = useAct(act);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        void run(Object.fromEntries([...given].map(([name, value]) => [name, String(value)])));
      }}
    >
      {children}
      {error && <Refusal error={error} />}
      <IxButton type="submit" loading={busy}>
        {label}
      </IxButton>
    </form>
  );
}

function ByName() {
  const { access } = useConsole();
  return (
    <Form
      label="Sign in"
      act={async ({ name = '', password = '' }) => signedIn(await access.signIn({ name, password }))}
    >
      <Field label="Name" name="name" autoComplete="username" autoFocus />
      <Field label="Password" name="password" type="password" autoComplete="current-password" />
    </Form>
  );
}

function ByCode() {
  const { signInByCode } = useConsole().access;
  return (
    <Form
      label="Use the code"
      act={async ({ code = '' }) => {
        if (signInByCode) signedIn(await signInByCode({ code }));
      }}
    >
      <Field label="Code" name="code" autoComplete="one-time-code" autoFocus>
        Of a printed link, or the sealed break-glass code.
      </Field>
    </Form>
  );
}

function First() {
  const { of, access } = useConsole();
  return (
    <Form
      label="Make the administrator"
      act={async ({ code = '', name = '', password = '' }) =>
        signedIn(await access.firstAdministrator({ code, name, password }))
      }
    >
      <Field label="Code" name="code" autoComplete="one-time-code" autoFocus>
        The {of} {of === 'hub' ? 'logs' : 'prints'} it when it starts without an administrator
        {of === 'site' && (
          <>
            ; with systemd: <code>journalctl -u holdfast</code>
          </>
        )}
      </Field>
      <Field label="Name" name="name" autoComplete="username" />
      <Field label="Password" name="password" type="password" autoComplete="new-password">
        15 characters or more. Several unrelated words do well.
      </Field>
    </Form>
  );
}
