import { session } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { Refusal } from '../parts/refusal.tsx';
import { ConnectionBar } from './connection-bar.tsx';
import { type Console, ConsoleProvider } from './console.ts';
import { Frame } from './frame.tsx';
import { SignInAgain } from './sign-in-again.tsx';
import { SignInPage } from './sign-in-page.tsx';

/** What is shown depends on who looks: a sign-in, the console, or what a panel without a password may do. */
export function App({ console }: { readonly console: Console }) {
  const now = useStore(session);
  return (
    <ConsoleProvider value={console}>
      <ConnectionBar />
      <Shown now={now} Panel={console.Panel} />
    </ConsoleProvider>
  );
}

function Shown({ now, Panel }: { readonly now: typeof session.value; readonly Panel: Console['Panel'] }) {
  if (now.state === 'unknown')
    return now.why ? (
      <main className="sign-in">
        <section className="sign-in-card" aria-label="Asking who looks">
          <p className="brand">Holdfast</p>
          <Refusal error={now.why} />
          <p className="quiet">Asked again every two seconds.</p>
        </section>
      </main>
    ) : (
      <div className="waiting" role="status" aria-label="Asking who looks" />
    );
  if (now.state === 'nobody') return <SignInPage why={now.why} />;
  if (now.me.via === 'panel' && Panel) return <Panel />;
  return (
    <>
      <Frame />
      {now.state === 'ended' && <SignInAgain me={now.me} />}
    </>
  );
}
