import type { AlarmStatus, EventView } from '#contract/client.ts';

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
