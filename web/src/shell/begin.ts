import { connection } from '../data/connection.ts';
import { Unreachable } from '../data/problem.ts';
import { session, signedIn } from '../data/session.ts';
import type { Access } from './console.ts';
import { isSignIn } from './sign-in-address.ts';

/** An answer that takes longer is lost on the way. */
const PATIENCE_MS = 10_000;
/** Whoever is too busy to say who looks is not asked more often. */
const PAUSE_MS = 2000;

/** The code of a printed link, which stands behind `#`; taken out of the address before anything else is done. */
export function takeCode(): string | undefined {
  if (!isSignIn(location)) return undefined;
  const code = location.hash.slice(1);
  history.replaceState(undefined, '', '/');
  return code === '' || code.startsWith('/') ? undefined : code;
}

/** Finds out who looks: by a printed link, or by the session that the browser has. Asks until it is told. */
export async function begin({ me, signInByCode }: Pick<Access, 'me' | 'signInByCode'>): Promise<void> {
  const code = signInByCode && takeCode();
  for (;;) {
    try {
      const asked =
        code !== undefined && signInByCode ? signInByCode({ code }) : me(AbortSignal.timeout(PATIENCE_MS));
      signedIn(await asked);
      return;
    } catch (error) {
      if (error instanceof Unreachable) {
        await connection.until(({ state }) => state === 'up');
        continue;
      }
      if (code !== undefined) return session.set({ state: 'nobody', why: error as Error });
      // The answer has said that nobody is signed in; any other one says nothing about it.
      if (session.value.state !== 'unknown') return;
      session.set({ state: 'unknown', why: error as Error });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
