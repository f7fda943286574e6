import { isDeepStrictEqual as isSame } from 'node:util';
import type { SinkStatus, SiteStatus, SourceStatus } from '#contract/api.ts';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { AlarmView } from '#decide/api.ts';
import { wallUs } from '#edge/api/steady-time.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import type { ReportRow } from '#uplink/reports.ts';
import { type Health, healthOf } from './health.ts';

/** Figures that change all the time are as old as this, where nothing else has changed. */
const FIGURES_US = 300_000_000;
/** While the hub waits for much: how that goes on. */
const WAITING_US = 30_000_000;
const BEHIND_MS = 10_000;

type Source = Omit<FleetAnswered<'siteSources'>, 'id' | 'saidUs'>;
type Waiting = NonNullable<FleetAnswered<'siteHealth'>['waiting']>;

interface Told<T> {
  readonly value: T;
  readonly atUs: number;
  readonly row: ReportRow;
}

export interface RowsAsked {
  readonly status: SiteStatus;
  readonly alarms: readonly AlarmView[];
  readonly acknowledge: boolean;
  /** Of a sample in the journal, about. */
  readonly bytesPerRow: number;
}

/**
 * What a site says of itself to its hub, so that a row is another one only where it says something else: figures that
 * change all the time do not make it so before they are old.
 */
export class ReportRows {
  readonly #clock: Clock;
  #alarms = new Map<string, Told<AlarmView>>();
  #sources = new Map<string, Told<Source>>();
  #health: Told<Health> | undefined;
  #waiting: Told<Waiting> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  *rows({ status, alarms, acknowledge, bytesPerRow }: RowsAsked): Iterable<ReportRow> {
    this.#health = this.#told(
      this.#health,
      healthOf(status, acknowledge),
      ['health', ''],
      FIGURES_US,
      partsOfHealth,
    );
    yield this.#health.row;
    const hub = status.sinks[HUB_CURSOR];
    if (hub) yield this.#waitingRow(waitingOf(hub, bytesPerRow));
    yield* this.#sourceRows(status);
    yield* this.#alarmRows(alarms);
  }

  #waitingRow(waiting: Waiting): ReportRow {
    const isBehind = (waiting.behindMs ?? 0) > BEHIND_MS;
    const wasBehind = (this.#waiting?.value.behindMs ?? 0) > BEHIND_MS;
    const everyUs = isBehind ? WAITING_US : FIGURES_US;
    const isNews = () => (isBehind === wasBehind ? '' : String(isBehind));
    this.#waiting = this.#told(this.#waiting, waiting, ['waiting', ''], everyUs, (one) =>
      one === waiting ? isNews() : '',
    );
    return this.#waiting.row;
  }

  *#sourceRows({ sources, nowUs }: SiteStatus): Iterable<ReportRow> {
    const next = new Map<string, Told<Source>>();
    for (const [id, status] of Object.entries(sources)) {
      const source = sourceOf(status, nowUs);
      const told = this.#told(this.#sources.get(id), source, ['source', id], FIGURES_US, partsOfSource);
      next.set(id, told);
      yield told.row;
    }
    this.#sources = next;
  }

  /** One that was never raised, and that nobody touched, is not told. */
  *#alarmRows(alarms: readonly AlarmView[]): Iterable<ReportRow> {
    const next = new Map<string, Told<AlarmView>>();
    for (const alarm of alarms) {
      if (isAsNew(alarm)) continue;
      const known = this.#alarms.get(alarm.id);
      const told = known && isSameAlarm(known.value, alarm) ? known : this.#alarmTold(alarm);
      next.set(alarm.id, told);
      yield told.row;
    }
    this.#alarms = next;
  }

  #alarmTold(alarm: AlarmView): Told<AlarmView> {
    const { id, priority, state, condition, sinceUs, raisedUs, firstOut, shelvedUntilUs, comment } = alarm;
    const body = {
      ...{ priority, state, condition, firstOut },
      sinceUs: wallUs(this.#clock, sinceUs),
      occurrence: occurrenceOf(raisedUs),
      ...(shelvedUntilUs !== undefined && { shelvedUntilUs: wallUs(this.#clock, shelvedUntilUs) }),
      ...(comment !== undefined && { comment }),
    };
    return { value: alarm, atUs: 0, row: ['alarm', id, body] };
  }

  /** What was told, unless it is old or differs in what counts. */
  #told<T extends object>(
    known: Told<T> | undefined,
    value: T,
    [kind, key]: readonly [string, string],
    everyUs: number,
    counts: (value: T) => unknown,
  ): Told<T> {
    const atUs = this.#clock.steadyUs();
    if (known && atUs - known.atUs < everyUs && isSame(counts(known.value), counts(value))) return known;
    // What is undefined is not there once it is carried.
    return { value, atUs, row: [kind, key, value as unknown as Json] };
  }
}

/** As the hub gives it back with an acknowledgement. */
export const occurrenceOf = (raisedUs: number): number => Math.round(raisedUs);

const isAsNew = ({ state, condition, sinceUs, comment }: AlarmView): boolean =>
  state === 'normal' && condition === false && sinceUs === 0 && comment === undefined;

const isSameAlarm = (a: AlarmView, b: AlarmView): boolean =>
  a.state === b.state &&
  a.condition === b.condition &&
  a.sinceUs === b.sinceUs &&
  a.raisedUs === b.raisedUs &&
  a.firstOut === b.firstOut &&
  a.shelvedUntilUs === b.shelvedUntilUs &&
  a.comment === b.comment &&
  a.priority === b.priority;

const partsOfHealth = ({ version, epoch, mode, config, acknowledge, problems, sinks }: Health): unknown => [
  ...[version, epoch, mode, config, acknowledge, problems],
  sinks.map(({ id, kind, state }) => [id, kind, state]),
];

const partsOfSource = ({ kind, state, tags, badTags, fault }: Source): unknown => [
  ...[kind, state, tags, badTags, fault],
];

function sourceOf({ ageMs, ...source }: SourceStatus, nowUs: number): Source {
  return { ...source, ...(ageMs !== undefined && { newestUs: Math.round(nowUs - ageMs * 1000) }) };
}

function waitingOf({ backlog: { rows, ageMs } }: SinkStatus, bytesPerRow: number): Waiting {
  const behindMs = rows > 0 && ageMs !== undefined ? ageMs : undefined;
  return {
    rows,
    bytes: Math.round(rows * bytesPerRow),
    ...(behindMs !== undefined && { behindMs }),
  };
}
