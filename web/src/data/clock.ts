import { useSyncExternalStore } from 'react';

/* Times come from the site and are shown against its clock: that of this browser may be wrong, and often is. */

/** What the site's clock is ahead of this page's steady one, in ms; undefined until it has said what time it is. */
let aheadMs: number | undefined;
/** Half the way of the question that was answered fastest: it was hit best. */
let bestMs = Number.POSITIVE_INFINITY;
/** A step of more than this is a clock that was set. */
const STEP_MS = 500;

/**
 * Takes the time that an answer told.
 * @param askedAt, toldAt of `performance.now()`
 */
export function siteTold(nowUs: number, askedAt: number, toldAt: number): void {
  const wayMs = (toldAt - askedAt) / 2;
  const now = nowUs / 1000 - (askedAt + wayMs);
  const isStep = aheadMs === undefined || Math.abs(now - aheadMs) > STEP_MS + wayMs;
  if (!isStep && wayMs > bestMs) return;
  aheadMs = now;
  bestMs = wayMs;
}

/** Now at the site, in ms since 1970; by this browser until the site has said what time it is. */
export const siteNowMs = (): number => (aheadMs === undefined ? Date.now() : performance.now() + aheadMs);

const SECOND_MS = 1000;
const watchers = new Set<() => void>();
let timer: number | undefined;

function watch(tell: () => void): () => void {
  watchers.add(tell);
  timer ??= window.setInterval(() => {
    for (const one of [...watchers]) one();
  }, SECOND_MS);
  return () => {
    watchers.delete(tell);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The second that it is at the site, in ms since 1970; renders each second. */
export const useSiteNow = (): number =>
  useSyncExternalStore(watch, () => Math.floor(siteNowMs() / SECOND_MS) * SECOND_MS);
