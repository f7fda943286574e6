import { session } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { ConnectionBar } from './connection-bar.tsx';
import { Frame } from './frame.tsx';
import { PanelFrame } from './panel-frame.tsx';
import { SignInAgain } from './sign-in-again.tsx';
import { SignInPage } from './sign-in-page.tsx';

/** What is shown depends on who looks: a sign-in, the console, or what a panel without a password may do. */
export function App() {
  const now = useStore(session);
  return (
    <>
      <ConnectionBar />
      <Shown now={now} />
    </>
  );
}

function Shown({ now }: { readonly now: typeof session.value }) {
  if (now.state === 'unknown') return <div className="waiting" role="status" aria-label="Asking the site" />;
  if (now.state === 'nobody') return <SignInPage why={now.why} />;
  if (now.me.via === 'panel') return <PanelFrame />;
  return (
    <>
      <Frame />
      {now.state === 'ended' && <SignInAgain me={now.me} />}
    </>
  );
}
