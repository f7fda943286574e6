import type { CarriedState } from '#trust/hub/carried.ts';

/* A way without receipts, as through a diode: what was sent in the last hours is sent again with each export. */

export type Sent = NonNullable<CarriedState['sent']>;

/** Ends that are kept within the time of repeating: as finely as this it begins. */
const STEPS = 64;

/**
 * Behind its end everything is sent again.
 * @param sinceUs what was sent before this time was sent often enough
 * @returns undefined: all of it is sent, because it was sent since, or nobody knows when
 */
export const repeatFrom = ({ oneWay = [] }: CarriedState, sinceUs: number): Sent | undefined =>
  oneWay.findLast(({ atUs }) => atUs <= sinceUs);

/** The ends with one more, without those that no export begins at any more. */
export function withEnd(ends: readonly Sent[], end: Sent, repeatUs: number): Sent[] {
  const first = ends.findLastIndex(({ atUs }) => atUs <= end.atUs - repeatUs);
  const kept = ends.slice(Math.max(0, first));
  const [before, last] = kept.slice(-2);
  if (before && last && last.atUs - before.atUs < repeatUs / STEPS) kept.pop();
  return [...kept, end];
}
