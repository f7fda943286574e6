import { useEffect, useState } from 'react';
import type { GapView } from '#contract/client.ts';
import type { FleetSite } from '#contract/fleet-client.ts';
import { connection } from '../../data/connection.ts';
import { type Archive, askTags, pointsFor } from '../../parts/trend/ask.ts';
import type { Newest, Past } from '../../parts/trend/past.ts';
import { fleet } from './api.ts';

const EVERY_MS = 3000;
/** What a site says of its backlog may be minutes old: only what waits longer is missing. */
const LONG_WAIT_MS = 300_000;

/** The past of the tags of one site, as far as the hub has it: lines break where it has nothing, as they do at the site. */
export const pastOf = (site: string): Past => {
  const archive = archiveOf(site);
  return {
    ask: (origins, span, points, signal, give) =>
      askTags(archive, origins, span, pointsFor(points), signal, give),
    useNewest: (paths) => useNewest(site, paths),
  };
};

const archiveOf = (site: string): Archive => ({
  historyTrend: (query, signal) => fleet.historyTrend(site, query, signal),
  historyBuckets: (query, signal) => fleet.historyBuckets(site, query, signal),
  historyAt: (query, signal) => fleet.historyAt(site, query, signal),
  historyGaps: async (query, signal) => {
    const [gaps, found] = await Promise.all([
      fleet.historyGaps(site, query, signal),
      fleet.site(site, signal),
    ]);
    return [...gaps, ...(await untold(found, query, signal))];
  },
});

/**
 * Until when the hub knows what happens at a site, in µs: a value that did not change since holds that long.
 * @returns undefined where it knows all
 */
function knownUntil({ state, sinceUs, reportedUs, waiting }: FleetSite): number | undefined {
  if (state !== 'online') return sinceUs ?? 0;
  const behindMs = waiting?.behindMs ?? 0;
  return behindMs > LONG_WAIT_MS && reportedUs !== undefined ? reportedUs - behindMs * 1000 : undefined;
}

/** What a site has not told yet, of each tag from behind its last sample here. */
async function untold(
  site: FleetSite,
  { tag, to }: Parameters<Archive['historyGaps']>[0],
  signal: AbortSignal | undefined,
): Promise<GapView[]> {
  const sinceUs = knownUntil(site);
  const tags = [tag ?? []].flat();
  const toUs = Number(to);
  if (sinceUs === undefined || to === undefined || toUs <= sinceUs) return [];
  const last = await fleet.historyAt(site.id, { tag: tags, time: to }, signal);
  return tags.map((path) => {
    const lastUs = last.find((one) => one.tag === path)?.timeUs.at(-1) ?? 0;
    return { tags: [path], fromUs: Math.max(sinceUs, lastUs), toUs, reason: 'not-at-the-hub-yet' };
  });
}

const NONE: ReadonlyMap<string, Newest> = new Map();

/** The hub has no stream: it is asked. Of a site that is away nothing goes on. */
function useNewest(site: string, paths: readonly string[]): ReadonlyMap<string, Newest> {
  const [newest, setNewest] = useState(NONE);
  const key = paths.join('\n');
  useEffect(() => {
    if (key === '') return setNewest(NONE);
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      if (document.hidden || connection.value.state === 'lost') return;
      const found = await Promise.all([
        fleet.site(site, stop.signal),
        ...key.split('\n').map((path) => fleet.siteTags(site, { prefix: path, limit: 1 }, stop.signal)),
      ] as const).catch(() => undefined); // the picture says what is wrong
      if (!found || stop.signal.aborted) return;
      const [{ state }, ...lists] = found;
      const tags = state === 'online' ? lists.flatMap(({ items }) => items) : [];
      setNewest(new Map(tags.map((one) => [one.path, one])));
    };
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [site, key]);
  return newest;
}
