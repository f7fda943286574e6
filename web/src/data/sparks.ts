import { useEffect } from 'react';
import { api } from './api.ts';
import { siteNowMs } from './clock.ts';
import { Store, useStore } from './store.ts';

export type Sparks = ReadonlyMap<string, readonly (number | null)[]>;

const LENGTH_US = 15 * 60e6;
const BUCKETS = 30;
/** A point more is there every half a minute. */
const FRESH_MS = 30_000;
/** Asked for at once: the first rows are drawn before the last ones are known. */
const HAND = 8;
/** A site that keeps no past, or cannot be asked now. */
const PAUSE_MS = 5000;

const sparks = new Store<Sparks>(new Map());
const askedAt = new Map<string, number>();
let wanted: readonly string[] = [];
let isAsking = false;

/** Means of half-minutes over the last quarter of an hour; those in sight are kept fresh, a few at a time. */
export function useSparks(paths: readonly string[]): Sparks {
  useEffect(() => {
    wanted = paths;
    void askAll();
    const timer = setInterval(() => void askAll(), PAUSE_MS);
    return () => {
      clearInterval(timer);
      wanted = [];
    };
  }, [paths]);
  return useStore(sparks);
}

const isOld = (path: string): boolean => performance.now() - (askedAt.get(path) ?? -FRESH_MS) >= FRESH_MS;

async function askAll(): Promise<void> {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    for (let some = next(); some.length > 0; some = next()) await ask(some);
  } catch {
    // Asked again after a pause: the rows themselves say what is wrong.
  } finally {
    isAsking = false;
  }
}

const next = (): readonly string[] => wanted.filter(isOld).slice(0, HAND);

async function ask(paths: readonly string[]): Promise<void> {
  for (const path of paths) askedAt.set(path, performance.now());
  const from = String(Math.round(siteNowMs() * 1000 - LENGTH_US));
  const found = new Map<string, (number | null)[]>();
  for await (const { tag, columns } of api.historyBuckets({
    tag: paths,
    from,
    bucketUs: LENGTH_US / BUCKETS,
    aggregate: 'mean',
  }))
    found.set(tag, [...(found.get(tag) ?? []), ...(columns.mean ?? [])]);
  const kept = [...sparks.value].filter(([path]) => !isOld(path) || wanted.includes(path));
  sparks.set(new Map([...kept, ...found]));
}
