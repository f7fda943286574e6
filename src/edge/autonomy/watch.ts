import type { SinkStatus } from '#contract/api.ts';
import type { Autonomy, AutonomySummary } from '#contract/autonomy.ts';
import type { HistorianStatus } from '#contract/historian-status.ts';
import type { SiteModel } from '#contract/model.ts';
import type { Step } from '#edge/clock-watch.ts';
import { DayRate } from '#edge/day-rate.ts';
import type { Journal } from '#journal/api.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import { type TrustStore, trustDir } from '#trust/store.ts';
import { flashLife, freeBytes, writtenByProcess } from './box.ts';
import { autonomyOf } from './budget.ts';
import { configuredCertificates, ownCertificates, peerCertificates } from './certificates.ts';
import type { CertificateFact, Facts, TimeSync, TokenFact } from './facts.ts';
import { DAY_US } from './line.ts';
import type { FilledJournal, KeptPast } from './space.ts';
import { readTimeSync } from './time-sync.ts';

/** Key of what was counted, in the journal's state. */
export const AUTONOMY_STATE = 'autonomy';
/** As it is on a box of which nothing is known. */
export const NOTHING_COUNTED = { writtenBytes: 0, isLow: false };

/** Rates of fewer minutes tell of the start. */
const SETTLED_US = 600e6;
const LOOK_EVERY_US = 300e6;
/** Programs of the box are asked no more often. */
const SYNC_EVERY_US = 3_600e6;
/** Whoever asks again within this time gets the same answer. */
const FRESH_US = 10e6;
/** What was counted is kept this often: a record of bytes written should not be most of them. */
const KEEP_EVERY_US = DAY_US;
/** Told as over once the budget is this much above its limit, so that nobody is told every hour. */
const CLEARLY = 1.1;
const TERABYTE = 1e12;

/** What the watch asks of the site around it. */
export interface AutonomyPorts {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly trust: Pick<TrustStore, 'list'>;
  model(): SiteModel;
  sinks(): { readonly [id: string]: SinkStatus };
  historian(): HistorianStatus | undefined;
  /** Written to the disk since start, by journal and historian. */
  writtenBytes(): number;
  /** The last step of the wall clock that was seen. */
  corrected(): Step | undefined;
  event(name: string, detail: { readonly [key: string]: Json }): void;
}

/** What only some sites have: an encrypted door, accounts. */
export interface AccessFacts {
  readonly certificates: readonly CertificateFact[];
  readonly tokens: readonly TokenFact[] | string;
}

/** Gathers from time to time what the autonomy budget is made of, and tells when it falls below its limit. */
export class AutonomyWatch {
  /** Of whoever lets people in; absent where nobody can ask the site. */
  access: (() => AccessFacts) | undefined;
  readonly #ports: AutonomyPorts;
  readonly #startedUs: number;
  readonly #rates: { readonly [what in 'rows' | 'entries' | 'written' | 'others']: DayRate };
  /** Bytes written in earlier runs, and whether the last of them told that the budget is low. */
  #before: { readonly writtenBytes: number; readonly isLow: boolean };
  #isLow: boolean;
  #keptUs: number;
  #nextUs: number;
  #last: { readonly steadyUs: number; readonly autonomy: Promise<Autonomy> } | undefined;
  #known: Autonomy | undefined;
  #written = 0;
  #sync: { readonly steadyUs: number; readonly read: Promise<TimeSync> } | undefined;

  constructor(ports: AutonomyPorts) {
    this.#ports = ports;
    const nowUs = ports.clock.steadyUs();
    this.#startedUs = nowUs;
    this.#keptUs = nowUs;
    this.#nextUs = nowUs + LOOK_EVERY_US;
    const rate = () => new DayRate(nowUs);
    this.#rates = { rows: rate(), entries: rate(), written: rate(), others: rate() };
    this.#before = keptOf(ports.journal.opened.state.get(AUTONOMY_STATE));
    this.#isLow = this.#before.isLow;
  }

  /** As it was found last; undefined in the first five minutes, unless somebody has asked. */
  get known(): Autonomy | undefined {
    return this.#known;
  }

  get summary(): AutonomySummary | undefined {
    if (!this.#known) return undefined;
    const { lines: _, ...summary } = nameless(this.#known);
    return summary;
  }

  /** Called once a second; asks the disk for nothing. */
  look(nowUs: number): void {
    const { health, seq } = this.#ports.journal;
    this.#rates.rows.note(nowUs, health.durableRows);
    this.#rates.entries.note(nowUs, seq);
    if (nowUs < this.#nextUs) return;
    this.#nextUs = nowUs + LOOK_EVERY_US;
    void this.read().then(
      (autonomy) => this.#tell(autonomy),
      () => {}, // asked again in five minutes
    );
  }

  /** The budget as it is now. Never waits for a disk in the way of decisions. */
  read(): Promise<Autonomy> {
    const steadyUs = this.#ports.clock.steadyUs();
    if (this.#last && steadyUs - this.#last.steadyUs < FRESH_US) return this.#last.autonomy;
    const autonomy = this.#gather(steadyUs).then(autonomyOf);
    this.#last = { steadyUs, autonomy };
    autonomy.then(
      (one) => {
        this.#known = one;
      },
      () => {
        this.#last = undefined;
      },
    );
    return autonomy;
  }

  /** What was counted, for the next run. */
  keep(): void {
    this.#keptUs = this.#ports.clock.steadyUs();
    const writtenBytes = Math.round(this.#before.writtenBytes + this.#written);
    this.#ports.journal.state(AUTONOMY_STATE, { writtenBytes, isLow: this.#isLow });
  }

  async #gather(steadyUs: number): Promise<Facts> {
    const { dataDir, clock, journal, trust, model, historian } = this.#ports;
    const { settings, ...site } = model();
    const { box } = settings;
    const dir = trustDir(dataDir);
    const [free, byProcess, life, sync, own, configured] = await Promise.all([
      freeBytes(dataDir),
      writtenByProcess(),
      flashLife(dataDir),
      this.#timeSync(steadyUs),
      ownCertificates(dir),
      configuredCertificates(site),
    ]);
    const past = historian();
    this.#written = Math.max(this.#ports.writtenBytes(), byProcess ?? 0);
    this.#rates.written.note(steadyUs, this.#written);
    const used = journal.health.usedBytes + (past?.usedBytes ?? 0);
    if (free !== undefined) this.#rates.others.note(steadyUs, -(free + used));
    const settled = steadyUs - this.#startedUs >= SETTLED_US;
    const of = (rate: DayRate) => (settled ? rate.perDay : undefined);
    const [perDay, othersPerDay, writtenPerDay] = [
      of(this.#rates.entries),
      of(this.#rates.others),
      of(this.#rates.written),
    ];
    const access = this.access?.();
    return {
      nowUs: clock.nowUs(),
      leastDays: settings.autonomy.leastDays,
      certificates: [
        ...(access?.certificates ?? []),
        ...own,
        ...peerCertificates(trust.list()),
        ...configured,
      ],
      tokens: access?.tokens ?? [],
      journal: this.#journal(of(this.#rates.rows)),
      ...(past && { historian: pastOf(past, settings.historian.maxAgeDays, journal.health.fill.recordedUs) }),
      disk: { freeBytes: free, ...(othersPerDay !== undefined && { othersPerDay }) },
      clock: {
        sync,
        toleranceMs: settings.clock.maxAheadMs,
        ...(box.clockDriftPpm !== undefined && { statedPpm: box.clockDriftPpm }),
        ...this.#corrected(steadyUs),
      },
      flash: {
        device: life.said,
        writtenBytes: this.#before.writtenBytes + this.#written,
        ...(life.usedShare !== undefined && { usedShare: life.usedShare }),
        ...(box.flashEnduranceTB !== undefined && { enduranceBytes: box.flashEnduranceTB * TERABYTE }),
        ...(writtenPerDay !== undefined && { writtenPerDay }),
      },
      sequence: { seq: journal.seq, ...(perDay !== undefined && { perDay }) },
    };
  }

  #timeSync(steadyUs: number): Promise<TimeSync> {
    if (!this.#sync || steadyUs - this.#sync.steadyUs >= SYNC_EVERY_US)
      this.#sync = { steadyUs, read: readTimeSync() };
    return this.#sync.read;
  }

  #journal(rowsPerDay: number | undefined): FilledJournal {
    const { fill, usedBytes, quotaBytes } = this.#ports.journal.health;
    const backlogs = Object.entries(this.#ports.sinks()).map(([sink, { backlog }]) => ({
      sink,
      rows: backlog.rows,
    }));
    const { maxAgeDays } = this.#ports.model().settings.journal;
    const rate = rowsPerDay === undefined ? {} : { rowsPerDay };
    return { fill, usedBytes, quotaBytes, maxAgeDays, backlogs, ...rate };
  }

  #corrected(steadyUs: number): Pick<Facts['clock'], 'corrected'> {
    const last = this.#ports.corrected();
    return last ? { corrected: { agoUs: steadyUs - last.steadyUs, byMs: last.byUs / 1000 } } : {};
  }

  #tell({ days, first, leastDays, isLow }: Autonomy): void {
    const wasLow = this.#isLow;
    if (isLow) this.#isLow = true;
    else if (days === undefined || days >= leastDays * CLEARLY) this.#isLow = false;
    if (this.#isLow !== wasLow) {
      const detail = { leastDays, ...(days !== undefined && first && { days, ...first }) };
      this.#ports.event(this.#isLow ? 'system.autonomy-low' : 'system.autonomy-restored', detail);
    }
    const isDue = this.#ports.clock.steadyUs() - this.#keptUs >= KEEP_EVERY_US;
    if (this.#isLow !== wasLow || isDue) this.keep();
  }
}

/** The same without names of API tokens, which only administrators see. */
export function nameless(autonomy: Autonomy): Autonomy {
  const hidden = <L extends Pick<Autonomy['lines'][number], 'reason' | 'subject'>>(one: L): L =>
    one.reason === 'token' ? { ...one, subject: 'API token' } : one;
  const { first, lines } = autonomy;
  return { ...autonomy, ...(first && { first: hidden(first) }), lines: lines.map(hidden) };
}

function keptOf(state: Json | undefined): { readonly writtenBytes: number; readonly isLow: boolean } {
  const { writtenBytes = 0, isLow = false } = (state ?? {}) as { writtenBytes?: number; isLow?: boolean };
  return { writtenBytes, isLow };
}

function pastOf(
  { usedBytes, quotaBytes, rows, oldestUs, newestUs }: HistorianStatus,
  maxAgeDays: number,
  recordedUs: number,
): KeptPast {
  const spanUs = oldestUs === undefined || newestUs === undefined ? 0 : newestUs - oldestUs;
  // What was imported is older than the site, and is kept as long as what came on that day.
  const keptDays = Math.min(spanUs, recordedUs) / DAY_US;
  return { usedBytes, quotaBytes, rows, maxAgeDays, keptDays };
}
