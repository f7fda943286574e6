import type { Me } from '#contract/client.ts';
import { atLeast, type Role } from '#kernel/rights.ts';
import { Store, useStore } from './store.ts';

/**
 * Who looks. `unknown`: it is being asked, again where `why` was the answer. `ended`: somebody was signed in, and the site does not know the session any more; the page stays as it is
 * beneath the question for the password, so that nothing is lost that was being edited.
 */
export type Session =
  | { readonly state: 'unknown'; readonly why?: Error }
  | { readonly state: 'nobody'; readonly why?: Error }
  | { readonly state: 'signedIn'; readonly me: Me }
  | { readonly state: 'ended'; readonly me: Me };

export const session = new Store<Session>({ state: 'unknown' });

export const signedIn = (me: Me): void => session.set({ state: 'signedIn', me });

export const signedOut = (): void => session.set({ state: 'nobody' });

/** The site answered that it does not know who asks. */
export function sessionEnded(): void {
  const { value } = session;
  if (value.state === 'signedIn') session.set({ state: 'ended', me: value.me });
  else if (value.state === 'unknown') signedOut();
}

/** Who is signed in, or was until a moment ago; only pages behind the sign-in ask. */
export function useMe(): Me {
  const now = useStore(session);
  if (now.state === 'signedIn' || now.state === 'ended') return now.me;
  throw new Error('nobody is signed in');
}

/** Whether who looks has at least this role: what he may not do is not offered; the site decides all the same. */
export const useMay = (least: Role): boolean => atLeast(useMe().role, least);
