import type { SiteStatus } from '#contract/client.ts';
import { Rates } from '../../data/rates.ts';
import { useStatus } from '../../data/site.ts';

export type Sources = SiteStatus['sources'];
export type Source = Sources[string];
export type Sink = SiteStatus['sinks'][string];
export type Actuator = SiteStatus['actuators'][string];

/** Kept from page to page: a rate needs answers of some seconds. */
const rates = new Rates();

const COUNTED = ['timeout', 'refused', 'garbage'] as const;

/** The status of the site, with what its sources gave and missed in the last seconds. */
export function useHealth() {
  const polled = useStatus();
  const { data, atMs } = polled;
  if (data) rates.take(atMs, countsOf(data.sources));
  return polled;
}

function countsOf(sources: Sources): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(sources).flatMap(([id, { samples, load }]) => [
      [`${id} samples`, samples] as const,
      [`${id} failed`, COUNTED.reduce((sum, name) => sum + load[name], 0)] as const,
    ]),
  );
}

/** Samples a second, over the last seconds; undefined until that can be told. */
export const samplesPerS = (id: string): number | undefined => rates.perSecond(`${id} samples`);

/** Requests without a usable answer in the last seconds. */
export const failedLately = (id: string): number => rates.rise(`${id} failed`) ?? 0;

/** Not delivering for so long is worth a colour although the session stands. */
const OLD_MS = 60_000;

export const isOld = ({ ageMs }: Source): boolean => ageMs === undefined || ageMs > OLD_MS;
export const isWell = (state: Source['state']): boolean => state === 'running' || state === 'shadowed';

/** Whether it asks its device, so that a budget of requests means something. */
export const asks = ({ load: { requests } }: Source): boolean => requests > 0;
