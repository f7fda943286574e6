import { useCallback, useMemo, useState } from 'react';
import type { AlarmStatus, EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useEvents } from '../../data/live.ts';
import { transport } from '../../data/transport.ts';
import { alarmName } from '../../parts/alarms.ts';
import type { Mark } from '../../parts/trend/marks.ts';
import { isLive, lengthOf, type Span, type When } from '../../parts/trend/span.ts';
import type { Details } from './tags.ts';
import { useAsked } from './use-asked.ts';

export interface Marks {
  readonly marks: readonly Mark[];
  /** There were too many events to look through all of them: earlier ones may be missing. */
  readonly isCut: boolean;
}

const REST_MS = 350;
const PAGE = 1000;
const MOST_PAGES = 10;
const NONE: Marks = { marks: [], isCut: false };

/** Alarms that rest on the tags that are shown, and writes to them, around what is seen. */
export function useMarks(paths: readonly string[], details: Details, span: Span, when: When): Marks {
  const alarmIds = useMemo(() => alarmsOf(paths, details), [paths, details]);
  const alarms = useAsked(
    alarmIds.length > 0 ? alarmIds.join('\n') : undefined,
    (signal) => askAlarms(alarmIds, signal),
    0,
  ).data;
  const [came, setCame] = useState<readonly EventView[]>([]);
  useEvents(
    useCallback((events: readonly EventView[]) => {
      const wanted = events.filter(isMark);
      if (wanted.length > 0) setCame((known) => [...known, ...wanted].slice(-PAGE));
    }, []),
  );
  // Moving by less than half of what is seen finds them there.
  const length = lengthOf(span);
  const asked = isLive(when)
    ? { from: span.to - 1.5 * length, to: undefined }
    : {
        from: (Math.floor((2 * span.from) / length) / 2 - 0.5) * length,
        to: (Math.ceil((2 * span.to) / length) / 2 + 0.5) * length,
      };
  const time = isLive(when) ? `${when.lastS} live` : `${asked.from} ${asked.to}`;
  const subjects = new Set([...paths, ...alarmIds]);
  const key = paths.length === 0 ? undefined : `${time} ${[...subjects].join(' ')}`;
  const { data } = useAsked(key, (signal) => askEvents(asked, subjects, signal), REST_MS);
  return useMemo(() => {
    if (!data) return NONE;
    const wanted = new Set([...paths, ...alarmIds]);
    const ids = new Set(data.events.map(({ id }) => id));
    const later = came.filter(({ id, subject }) => wanted.has(subject) && !ids.has(id));
    const marks = [...data.events, ...later].map((event) => markOf(event, alarms));
    return { marks: marks.toSorted((a, b) => a.time - b.time), isCut: data.isCut };
  }, [data, came, alarms, paths, alarmIds]);
}

/** How a write ended says more than that it began. */
const isMark = ({ kind, name }: EventView): boolean =>
  kind === 'alarm' || (kind === 'write' && name !== 'write.intent');

const alarmsOf = (paths: readonly string[], details: Details): string[] => [
  ...new Set(
    paths.flatMap((path) =>
      (details.get(path)?.readers ?? []).flatMap(({ kind, id }) => (kind === 'alarm' ? [id] : [])),
    ),
  ),
];

async function askAlarms(
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, AlarmStatus>> {
  const found = await Promise.all(ids.map((id) => api.alarm(id, signal).catch(() => undefined)));
  return new Map(found.flatMap((one) => (one ? [[one.id, one] as const] : [])));
}

/** The newest first, page by page; what concerns others is left out. */
async function askEvents(
  { from, to }: { readonly from: number; readonly to: number | undefined },
  subjects: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ readonly events: readonly EventView[]; readonly isCut: boolean }> {
  const us = (time: number) => String(Math.round(time * 1e6));
  const query = {
    kind: ['alarm', 'write'],
    from: us(from),
    ...(to !== undefined && { to: us(to) }),
    limit: PAGE,
  };
  const events: EventView[] = [];
  let next: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const call = { method: 'GET', path: '/api/events', query, signal } as const;
    const got = await transport.page<EventView>(call, next);
    events.push(...got.items.filter((event) => subjects.has(event.subject) && isMark(event)));
    next = got.next;
    if (next === undefined) return { events, isCut: false };
  }
  return { events, isCut: true };
}

/** States in which an alarm does not ask for anybody. */
const QUIET =
  /^alarm\.(normal|returned|acknowledged|shelved|suppressed|outOfService|comment|acknowledge|shelve|unshelve|returnToService|reset)/;
const DONE: ReadonlySet<string> = new Set(['write.confirmed', 'write.sent']);

function markOf(event: EventView, alarms: ReadonlyMap<string, AlarmStatus> | undefined): Mark {
  const { id, kind, name, subject, timeUs, by, detail } = event;
  const what = words(name.slice(name.indexOf('.') + 1));
  const who = by === undefined ? '' : ` by ${by.replace(/^\w+:/, '')}`;
  if (kind === 'alarm') {
    const alarm = alarms?.get(subject);
    return {
      id,
      time: timeUs / 1e6,
      kind,
      priority: alarm?.priority,
      isHollow: QUIET.test(name),
      title: `Alarm ${alarmName({ id: subject })}`,
      about: `${what}${who}`,
    };
  }
  const value = detail?.value;
  const why = typeof detail?.why === 'string' ? `: ${detail.why}` : '';
  return {
    id,
    time: timeUs / 1e6,
    kind: 'write',
    isHollow: !DONE.has(name),
    title: `Write ${subject.split('/').at(-1)}${value === undefined ? '' : ` = ${String(value)}`}`,
    about: `${what}${who}${why}`,
  };
}

const words = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll('-', ' ');
