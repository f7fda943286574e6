import { type Polled, usePolled } from './poll.ts';
import { problemFrom } from './problem.ts';

/** How long the site would bear to be left alone. */
export interface Autonomy {
  /** Until the first end that counts; absent where none is known. */
  readonly days?: number;
  readonly first?: { readonly reason: string; readonly subject: string };
  readonly leastDays: number;
  readonly isLow: boolean;
  /** Lines that count, and of which nobody can say how long. */
  readonly unknown: number;
}

const EVERY_MS = 60_000;
const ABSENT = 404;

/** Undefined data: not every site calculates it. */
export const useAutonomy = (): Polled<Autonomy | undefined> => usePolled('autonomy', askAutonomy, EVERY_MS);

async function askAutonomy(signal: AbortSignal): Promise<Autonomy | undefined> {
  const reply = await fetch('/api/autonomy', { signal });
  if (reply.status === ABSENT) return undefined;
  if (!reply.ok) throw await problemFrom(reply);
  return (await reply.json()) as Autonomy;
}
