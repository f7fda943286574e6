import type { AlarmStatus, EventView } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { pagesBack } from '../../data/event-pages.ts';
import { type Polled, usePolled } from '../../data/poll.ts';
import { session } from '../../data/session.ts';
import { ALARMS } from '../../data/site.ts';

/* What alarms did in the last day: who acknowledged, how often each came back, which came first. */

/** One time that an alarm was raised. */
export interface Raise {
  readonly seq: number;
  readonly alarm: string;
  readonly timeUs: number;
  /** Rank in its burst; 1 came first. */
  readonly firstOut: number;
}

export interface AlarmRecord {
  /** Oldest first. */
  readonly raises: readonly Raise[];
  /** Newest one of each alarm. */
  readonly lastRaise: ReadonlyMap<string, Raise>;
  /** How often each was raised. */
  readonly times: ReadonlyMap<string, number>;
  /** Newest transition of each alarm. */
  readonly last: ReadonlyMap<string, EventView>;
  /** From here on nothing is missing, µs since 1970. */
  readonly fromUs: number;
}

export const DAY_US = 86_400e6;
const EVERY_MS = 30_000;
/** A site with more than this a day has another problem than a list can show. */
const MOST_EVENTS = 6000;

let kept: { readonly events: readonly EventView[]; readonly fromUs: number } | undefined;

// Another user may see other alarms.
session.watch(() => {
  if (session.value.state === 'nobody') kept = undefined;
});

/** Of the last day, as far as the journal reaches back; asked on from where it was. */
export const useAlarmRecord = (): Polled<AlarmRecord> => usePolled(`${ALARMS} record`, askRecord, EVERY_MS);

async function askRecord(signal: AbortSignal): Promise<AlarmRecord> {
  const fromUs = siteNowMs() * 1000 - DAY_US;
  const before = kept ?? (await firstOnes(fromUs, signal));
  const after = before.events.at(-1)?.id;
  const newer = kept && after !== undefined ? await following(after, signal) : [];
  const events = [...before.events, ...newer].filter(({ timeUs }) => timeUs >= fromUs);
  // Without one there is nothing to go on from: all is asked for again.
  kept = events.length > 0 ? { events, fromUs: before.fromUs } : undefined;
  return recordOf(events, Math.max(before.fromUs, fromUs));
}

async function firstOnes(fromUs: number, signal: AbortSignal): Promise<NonNullable<typeof kept>> {
  let events: readonly EventView[] = [];
  for await (const page of pagesBack({ kind: 'alarm', limit: 1000 }, signal)) {
    events = [...page, ...events];
    const first = events[0];
    if (first && first.timeUs < fromUs) return { events, fromUs };
    if (events.length >= MOST_EVENTS) return { events, fromUs: first?.timeUs ?? fromUs };
  }
  // All that the journal holds: it may be younger than a day.
  const { items } = await api.events({ after: 0, limit: 1 }, signal);
  return { events, fromUs: Math.max(fromUs, items[0]?.timeUs ?? fromUs) };
}

async function following(after: number, signal: AbortSignal): Promise<readonly EventView[]> {
  const found: EventView[] = [];
  for await (const event of api.everyEvents({ kind: 'alarm', after, limit: 1000 }, signal)) found.push(event);
  return found;
}

/** @param events of alarms, oldest first */
export function recordOf(events: readonly EventView[], fromUs: number): AlarmRecord {
  const raises: Raise[] = [];
  const lastRaise = new Map<string, Raise>();
  const times = new Map<string, number>();
  const last = new Map<string, EventView>();
  for (const event of events) {
    const { id: seq, subject: alarm, timeUs, detail } = event;
    if (detail?.to === undefined) continue; // the act of a person, whose transition follows
    last.set(alarm, event);
    if (!isRaise(event)) continue;
    const raise = { seq, alarm, timeUs, firstOut: Number(detail.firstOut ?? 0) };
    raises.push(raise);
    lastRaise.set(alarm, raise);
    times.set(alarm, (times.get(alarm) ?? 0) + 1);
  }
  return { raises, lastRaise, times, last, fromUs };
}

/** What comes out from under a shelf was raised before. */
const COVERS: ReadonlySet<unknown> = new Set(['shelved', 'suppressed', 'outOfService', 'unacknowledged']);

const isRaise = ({ detail }: EventView): boolean =>
  detail?.to === 'unacknowledged' && !COVERS.has(detail.from);

/** When it was raised; when it last changed where that is longer ago than the record reaches. */
export const raisedUs = (
  { id, sinceUs }: Pick<AlarmStatus, 'id' | 'sinceUs'>,
  record: AlarmRecord | undefined,
): number => record?.lastRaise.get(id)?.timeUs ?? sinceUs;

/** Who brought it where it is; undefined where nobody did. */
export const whoOf = (id: string, record: AlarmRecord | undefined): string | undefined =>
  record?.last.get(id)?.by;
