import { api } from '../data/api.ts';
import { connection } from '../data/connection.ts';
import { Unreachable } from '../data/problem.ts';
import { session, signedIn } from '../data/session.ts';
import { isSignIn } from './sign-in-address.ts';

/** The code of a printed link, which stands behind `#`; taken out of the address before anything else is done. */
export function takeCode(): string | undefined {
  if (!isSignIn(location)) return undefined;
  const code = location.hash.slice(1);
  history.replaceState(undefined, '', '/');
  return code === '' || code.startsWith('/') ? undefined : code;
}

/** Finds out who looks: by a printed link, or by the session that the browser has. */
export async function begin(): Promise<void> {
  const code = takeCode();
  for (;;) {
    try {
      signedIn(code === undefined ? await api.me() : await api.signInByCode({ code }));
      return;
    } catch (error) {
      if (error instanceof Unreachable) {
        await connection.until(({ state }) => state === 'up');
        continue;
      }
      if (code === undefined) return; // the answer has said that nobody is signed in
      session.set({ state: 'nobody', why: error as Error });
      return;
    }
  }
}
