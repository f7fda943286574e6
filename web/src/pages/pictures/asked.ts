import { useMemo } from 'react';
import type { AlarmStatus, Picture, PictureHead } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { connection } from '../../data/connection.ts';
import { useLive } from '../../data/live.ts';
import { type Polled, usePolled } from '../../data/poll.ts';
import { useActiveAlarms } from '../../data/site.ts';
import { useStore } from '../../data/store.ts';
import { byUrgency, isStanding, isUnacknowledged } from '../../parts/alarms.ts';
import type { Mark } from './drawing/marks.ts';
import { type Bindings, type Range, type Shown, shownOf } from './drawing/shown.ts';
import { alarmsOf, nameOf, worstOf } from './names.ts';

/** Drawings change when somebody draws: rarely. */
const EVERY_MS = 15_000;

/** Key of all questions about pictures: `askAgain(PICTURES)` after changing one. */
export const PICTURES = 'pictures';

export const usePictures = (): Polled<readonly PictureHead[]> =>
  usePolled(PICTURES, (signal) => api.pictures(signal), EVERY_MS);

export const usePicture = (name: string): Polled<Picture> =>
  usePolled(`${PICTURES} ${name}`, (signal) => api.picture(name, signal), EVERY_MS);

type Ranges = ReadonlyMap<string, Range>;
const NO_RANGES: Ranges = new Map();

/** Ranges of the tags whose levels and angles name none of their own. */
function useRanges(bindings: Bindings): Ranges {
  const paths = useMemo(() => {
    const wanting = Object.values(bindings).filter(
      ({ level, rotation }) => (level && !level.range) || (rotation && !rotation.range),
    );
    return [...new Set(wanting.flatMap(({ tag }) => tag ?? []))].toSorted();
  }, [bindings]);
  const key = `ranges ${paths.join('\n')}`;
  return usePolled(key, (signal) => askRanges(paths, signal), EVERY_MS).data ?? NO_RANGES;
}

async function askRanges(paths: readonly string[], signal: AbortSignal): Promise<Ranges> {
  const asked = paths.map(async (path) => {
    // A tag that is there no more has no range: its element is marked as unknown.
    const tag = await api.tag(path, signal).catch(() => undefined);
    return tag?.range ? ([[path, tag.range]] as const) : [];
  });
  return new Map((await Promise.all(asked)).flat());
}

/** How the elements of a picture do, and the alarms that it marks, the most urgent first. */
export interface Now {
  readonly alarms: readonly AlarmStatus[];
  readonly shown: ReadonlyMap<string, Shown>;
  readonly marks: ReadonlyMap<string, Mark>;
}

/** What the elements of a picture show, as it comes. */
export function useNow(bindings: Bindings): Now {
  const paths = useMemo(
    () => [...new Set(Object.values(bindings).flatMap(({ tag }) => tag ?? []))].toSorted(),
    [bindings],
  );
  const live = useLive(paths);
  const ranges = useRanges(bindings);
  const { data: alarms } = useActiveAlarms();
  const isCut = useStore(connection).state === 'lost';
  return useMemo(() => {
    const standing = alarms?.filter(isStanding).toSorted(byUrgency) ?? [];
    const shown = new Map<string, Shown>();
    const marks = new Map<string, Mark>();
    const marked = new Set<AlarmStatus>();
    for (const [id, binding] of Object.entries(bindings)) {
      const { tag, alarm } = binding;
      const of = tag === undefined ? undefined : live.get(tag);
      const now = shownOf(binding, of, tag === undefined ? undefined : ranges.get(tag), isCut);
      const stand = alarm === undefined ? [] : alarmsOf(standing, alarm);
      for (const one of stand) marked.add(one);
      const priority = worstOf(stand);
      shown.set(id, now);
      marks.set(id, {
        doubt: now.doubt,
        name: nameOf(id, binding, of, now, stand),
        alarm: priority && { priority, isUnacknowledged: stand.some(isUnacknowledged) },
      });
    }
    return { shown, marks, alarms: standing.filter((one) => marked.has(one)) };
  }, [bindings, live, ranges, alarms, isCut]);
}
