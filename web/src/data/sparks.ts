import { api } from './api.ts';
import { siteNowMs } from './clock.ts';
import { usePolled } from './poll.ts';
import { Problem } from './problem.ts';

export type Sparks = ReadonlyMap<string, readonly (number | null)[]>;

const LENGTH_US = 15 * 60e6;
const BUCKETS = 30;
const EVERY_MS = 30_000;

const NONE: Sparks = new Map();

/** Means of half-minutes over the last quarter of an hour, of several tags in one question. */
export function useSparks(paths: readonly string[]): Sparks {
  const { data = NONE } = usePolled(
    `sparks ${paths.join('\n')}`,
    (signal) => askSparks(paths, signal),
    EVERY_MS,
  );
  return data;
}

async function askSparks(paths: readonly string[], signal: AbortSignal): Promise<Sparks> {
  if (paths.length === 0) return NONE;
  const sparks = new Map<string, (number | null)[]>();
  const from = String(Math.round(siteNowMs() * 1000 - LENGTH_US));
  const query = { tag: paths, from, bucketUs: LENGTH_US / BUCKETS, aggregate: 'mean' } as const;
  try {
    for await (const { tag, columns } of api.historyBuckets(query, signal))
      sparks.set(tag, [...(sparks.get(tag) ?? []), ...(columns.mean ?? [])]);
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'history.off')) throw error;
  }
  return sparks;
}
