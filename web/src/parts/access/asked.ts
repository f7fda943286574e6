import type { ReactNode } from 'react';
import { askAgain } from '../../data/poll.ts';

/** Key of all questions about who may do what. */
export const ACCESS = 'access';
export const EVERY_MS = 10_000;

/** After something of it was changed. */
export async function done(promise: Promise<unknown>): Promise<void> {
  await promise;
  askAgain(ACCESS);
}

/** How a console speaks of what somebody may: at a site a role and areas, at a hub roles at groups of sites. */
export interface RightsKind<R> {
  /** Of the columns of {@link RightsKind.cells}. */
  readonly heads: readonly string[];
  readonly cells: (of: R) => readonly ReactNode[];
  /** Of a form. @param of as it is now */
  readonly fields: (of?: R) => ReactNode;
  /** What the fields were given. */
  readonly given: (form: FormData) => R;
}
