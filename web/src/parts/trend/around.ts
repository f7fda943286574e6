import type { When } from './span.ts';

/** Seen on either side of the moment. */
const AROUND_S = 15 * 60;
/** From here on the moment itself is shown, and not all until now. */
const LONG_AGO_S = 6 * 3600;
const HOUR_S = 3600;
const LEAST_S = 60;

/**
 * From a while before something began until now; where that is long ago, around it.
 * @param sinceUs undefined of what has not: the last hour
 */
export function whenAround(sinceUs: number | undefined, nowMs: number): When {
  if (sinceUs === undefined) return { lastS: HOUR_S };
  const ageS = nowMs / 1000 - sinceUs / 1e6;
  if (ageS < LONG_AGO_S) return { lastS: ageS + AROUND_S };
  return { from: sinceUs / 1e6 - AROUND_S, to: sinceUs / 1e6 + AROUND_S };
}

/**
 * How far back it is worth looking at a site that began a moment ago: the whole of what it has seen would else be a stroke at
 * the edge of an empty picture. It grows by doubling, so that a line does not creep together.
 * @param begunUs before which the site knows nothing
 */
export function worthwhileS(lastS: number, nowMs: number, begunUs: number | undefined): number {
  const knownS = begunUs === undefined ? Number.POSITIVE_INFINITY : nowMs / 1000 - begunUs / 1e6;
  let shownS = LEAST_S;
  while (shownS < Math.min(knownS, lastS)) shownS *= 2;
  return Math.min(lastS, shownS);
}
