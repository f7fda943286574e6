import { firstFrom } from './compose.ts';
import type { Curve } from './curve.ts';
import type { Line } from './piece.ts';
import type { Span } from './span.ts';

/** What an axis of values reaches over. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Least and most of what is seen of some lines; undefined where nothing is known. */
export function extremesOf(lines: readonly Line[], { from, to }: Span): Range | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { times, values } of lines) {
    // A line comes into the picture from the row before it, and leaves it for the one behind.
    const last = Math.min(times.length - 1, firstFrom(times, to));
    for (let i = Math.max(0, firstFrom(times, from) - 1); i <= last; i++) {
      const value = values[i];
      if (value === null || value === undefined) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? { low, high } : undefined;
}

/** Seen with what lines are held against. */
export function withLevels(seen: Range | undefined, levels: readonly number[]): Range | undefined {
  if (levels.length === 0) return seen;
  return {
    low: Math.min(seen?.low ?? Number.POSITIVE_INFINITY, ...levels),
    high: Math.max(seen?.high ?? Number.NEGATIVE_INFINITY, ...levels),
  };
}

/** States have room of their own, whatever is seen of them; undefined where numbers are among the lines. */
export function rangeOfStates(curves: readonly Curve[]): Range | undefined {
  const codes = curves.flatMap(({ states }) => (states ? Object.keys(states).map(Number) : []));
  if (codes.length === 0 || !curves.every(({ states }) => states)) return undefined;
  const [low, high] = [Math.min(...codes), Math.max(...codes)];
  const room = Math.max(0.25, (high - low) * 0.08);
  return { low: low - room, high: high + room };
}

const NOTHING: Range = { low: 0, high: 1 };
/** Of the size of what is seen, on either side of its middle. */
const FITTED = 0.55;
const ROOMY = 0.75;
/** A line that is seen in less of the picture than this is too flat to be read. */
const LEAST_SHARE = 0.35;

/** Around what is seen. A line that does not move is drawn in the middle, and not as noise of the last digit. */
export const fitted = (seen: Range | undefined): Range => (seen ? around(seen, FITTED) : NOTHING);

/**
 * While the picture moves: the same as before for as long as all of it can be seen and read, so that only what moves seems
 * to; then one with room for what may come.
 */
export function held(before: Range | undefined, seen: Range | undefined): Range {
  if (!seen) return before ?? NOTHING;
  const isSeen = before && seen.low >= before.low && seen.high <= before.high;
  const isRead = before && sizeOf(seen) >= LEAST_SHARE * (before.high - before.low);
  return before && isSeen && isRead ? before : around(seen, ROOMY);
}

const sizeOf = ({ low, high }: Range): number => Math.max(high - low, Math.abs(high) * 0.001, 1e-9);

function around(seen: Range, share: number): Range {
  const middle = (seen.high + seen.low) / 2;
  const size = sizeOf(seen);
  return { low: middle - size * share, high: middle + size * share };
}
