import type { AlarmStatus } from '#contract/client.ts';
import type { AlarmRecord, Raise } from './record-of.ts';
import { DAY_US } from './record-of.ts';

/* How well the alarms serve who has to answer them, after ISA-18.2-2016, clause 16, and EEMUA 191. */

const MINUTE_US = 60e6;
const PERIOD_US = 10 * MINUTE_US;
const HOUR_US = 60 * MINUTE_US;

/** Alarms in ten minutes that one operator can answer: about one is well, about two the most over a day. */
export const WELL_A_PERIOD = 1;
export const MOST_A_PERIOD = 2;
/** More than this in ten minutes is a flood. */
export const FLOOD_A_PERIOD = 10;
/** Raised so often within a minute: it chatters. */
const CHATTER_TIMES = 3;

export interface Rates {
  /** Raised in the last ten minutes. */
  readonly now: number;
  /** A ten minutes on average, over the record. */
  readonly average: number;
  /** How long the record reaches back, µs. */
  readonly overUs: number;
  /** Share of ten-minute periods that were a flood, 0 to 1. */
  readonly floods: number;
  /** Alarms that came three times within a minute of the last hour. */
  readonly chattering: readonly string[];
  /** Alarms that have stood for more than a day. */
  readonly stale: readonly string[];
}

/** @param active alarms that are not normal @param nowUs by the site's clock */
export function ratesOf(record: AlarmRecord, active: readonly AlarmStatus[], nowUs: number): Rates {
  const { raises, lastRaise, fromUs } = record;
  const overUs = Math.max(PERIOD_US, nowUs - fromUs);
  return {
    now: raises.filter(({ timeUs }) => timeUs > nowUs - PERIOD_US).length,
    average: (raises.length * PERIOD_US) / overUs,
    overUs,
    floods: floodShare(raises, nowUs, overUs),
    chattering: chatteringOf(raises.filter(({ timeUs }) => timeUs > nowUs - HOUR_US)),
    stale: active.filter((one) => isStale(one, lastRaise, nowUs)).map(({ id }) => id),
  };
}

function floodShare(raises: readonly Raise[], nowUs: number, overUs: number): number {
  const periods = Math.ceil(overUs / PERIOD_US);
  const counts = new Map<number, number>();
  for (const { timeUs } of raises) {
    const period = Math.floor((nowUs - timeUs) / PERIOD_US);
    counts.set(period, (counts.get(period) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count > FLOOD_A_PERIOD).length / periods;
}

function chatteringOf(raises: readonly Raise[]): string[] {
  const found: string[] = [];
  for (const [alarm, some] of Map.groupBy(raises, ({ alarm }) => alarm)) {
    const isChatter = some.some(({ timeUs }, i) => {
      const third = some[i + CHATTER_TIMES - 1];
      return third !== undefined && third.timeUs - timeUs <= MINUTE_US;
    });
    if (isChatter) found.push(alarm);
  }
  return found;
}

const RAISED: ReadonlySet<AlarmStatus['state']> = new Set(['unacknowledged', 'acknowledged']);

const isStale = (
  { id, state, sinceUs }: AlarmStatus,
  lastRaise: AlarmRecord['lastRaise'],
  nowUs: number,
): boolean => RAISED.has(state) && (lastRaise.get(id)?.timeUs ?? sinceUs) < nowUs - DAY_US;
