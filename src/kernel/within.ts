import type { Clock } from '#kernel/clock.ts';

/** Nobody sees it. Without a reason of its own each wait that ends would make an exception with its stack. */
const OVER = 'over';

/**
 * What the work leads to, or the other where that takes longer; the work itself goes on.
 * @param ms on the steady clock
 * @param signal ends the wait, with the other
 * @throws what the work throws in time
 */
export async function within<T, O>(
  work: Promise<T>,
  ms: number,
  other: O,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T | O> {
  const over = new AbortController();
  const end = () => over.abort(OVER);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  const late = clock.sleep(ms, over.signal).then(
    () => other,
    () => other,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}
