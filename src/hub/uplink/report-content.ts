import * as z from 'zod';
import { AlarmReport, HealthReport, SourceReport, Waiting } from '#contract/fleet/reports.ts';
import { PRIORITIES } from '#contract/site.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { ReportMessage } from '#uplink/reports.ts';
import type { AlarmStateRow, ReportContent } from './api.ts';
import { plainJson, plainText, wholeUs } from './plain.ts';

/** Of one report: what a site says beyond that comes in the next one. */
const MOST_ROWS = 20_000;

/**
 * What a site says of itself, checked and in the shape of the tables. The last row of a key holds.
 * @throws Fault `uplink.malformed`, `uplink.too-much`
 */
export function reportContent({ rows }: ReportMessage): ReportContent {
  if (rows.length > MOST_ROWS)
    throw new Fault('uplink.too-much', `the site sent a report of ${rows.length} rows`);
  const alarms = new Map<string, AlarmStateRow | null>();
  const sources = new Map<string, { readonly troubled: boolean; readonly body: string } | null>();
  let health: string | undefined;
  let waiting: string | undefined;
  for (const [kind, key, body] of rows) {
    if (kind === 'alarm') alarms.set(plainText(key), body === null ? null : alarmRow(body));
    else if (kind === 'source') sources.set(plainText(key), body === null ? null : sourceRow(body));
    else if (kind === 'health') health = jsonOf(checked(HealthReport, kind, body));
    else if (kind === 'waiting') waiting = jsonOf(checked(Waiting, kind, body));
    else throw malformed(`it says something of the unknown kind ${kind}`);
  }
  return {
    alarms,
    sources,
    ...(health !== undefined && { health }),
    ...(waiting !== undefined && { waiting }),
  };
}

function alarmRow(body: Json): AlarmStateRow {
  const alarm = checked(AlarmReport, 'alarm', body);
  const { state, sinceUs, occurrence } = alarm;
  return { state, urgency: urgencyOf(alarm), sinceUs: wholeUs(sinceUs), occurrence, body: jsonOf(alarm) };
}

const UNACKNOWLEDGED: ReadonlySet<string> = new Set([
  'unacknowledged',
  'returnedUnacknowledged',
  'latchedUnacknowledged',
]);
const COVERED: ReadonlySet<string> = new Set(['shelved', 'suppressed', 'outOfService']);

/** See the table `alarm_states`. */
function urgencyOf({ state, priority }: z.output<typeof AlarmReport>): number {
  if (state === 'normal') return 9;
  if (COVERED.has(state)) return 8;
  return PRIORITIES.indexOf(priority) + (UNACKNOWLEDGED.has(state) ? 0 : PRIORITIES.length);
}

function sourceRow(body: Json): { readonly troubled: boolean; readonly body: string } {
  const source = checked(SourceReport, 'source', body);
  const { state, fault, badTags } = source;
  const isWell = (state === 'running' || state === 'shadowed') && !fault && badTags === 0;
  return { troubled: !isWell, body: jsonOf(source) };
}

const jsonOf = (value: object): string => plainJson(value as Json);

function checked<S extends z.ZodType>(schema: S, kind: string, body: Json): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw malformed(`its ${kind} is not one: ${z.prettifyError(result.error)}`);
}

const malformed = (what: string): Fault =>
  new Fault('uplink.malformed', `a report of the site cannot be read: ${what}`, {
    hint: 'Do both sides speak the same version?',
  });
