import type { Duplex } from 'node:stream';
import type { SinkStatus, SiteStatus } from '#contract/api.ts';
import type { SiteModel } from '#contract/model.ts';
import type { Settings } from '#contract/settings.ts';
import { Backlog } from '#edge/backlog.ts';
import type { Core } from '#edge/core.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { countedFor, hubSink } from '#edge/hub-ledger.ts';
import { KeptOpen } from '#edge/kept-open.ts';
import type { SiteReport } from '#edge/report/site-report.ts';
import { faultStatus } from '#edge/status.ts';
import type { FedEntry, Feed } from '#journal/api.ts';
import { type Batch, BatchBuilder } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { CarriedState } from '#trust/hub/carried.ts';
import type { EventPositions } from '#trust/hub/linked.ts';
import type { Lane, LedgerMessage, Positions } from '#uplink/messages.ts';
import type { UplinkConfig } from '#uplink/site/api.ts';
import type { UplinkSession } from '#uplink/site/session.ts';

/** A connection to the hub, the site known to it. */
export interface Dialled {
  readonly socket: Duplex;
  /** What came with the answer to the upgrade. */
  readonly head: Uint8Array;
}

export interface HubLinkPorts {
  readonly site: string;
  readonly software: string;
  readonly core: Pick<Core, 'clock' | 'journal' | 'table' | 'values' | 'path' | 'decisions'>;
  readonly feed: Feed;
  readonly log: Log;
  status(): SiteStatus;
  model(): SiteModel;
  /** Paths of the tags that the condition of an alarm reads. */
  reads(alarm: string): readonly string[];
  /** @throws Fault where the hub cannot be reached, or refuses this site */
  dial(signal: AbortSignal): Promise<Dialled>;
  /** How far the hub has the events. */
  events?(positions: EventPositions): void;
}

/**
 * The uplink of a site that has joined a hub: kept open, with growing pauses; while the hub is away everything waits in the
 * journal, and nothing else changes. The hub keeps the positions; the cursor says how far samples are delivered.
 */
export class HubLink implements AsyncDisposable {
  readonly #ports: HubLinkPorts;
  #settings: Settings['hub'];
  readonly #link: KeptOpen<UplinkSession>;
  readonly #backlog: Backlog;
  /** What was given away by hand, and no receipt says that it has come. */
  carried: CarriedState['sent'];
  #position: number;
  #events: EventPositions = { security: 0, others: 0 };
  #oldest: FedEntry | undefined;
  #delivered = 0;
  /** What the hub said last that it has: samples up to a position. */
  #counted: { readonly upTo: number; readonly total: number } | undefined;
  /** Samples that the hub will never get, until the position passes them. */
  #lost: { readonly upTo: number; readonly rows: number }[] = [];
  #report: Promise<SiteReport> | undefined;
  /** Whether the next connection speaks the oldest version: the hub has refused the newest one. */
  #isHubOld = false;

  constructor(settings: Settings['hub'], ports: HubLinkPorts) {
    this.#ports = ports;
    this.#settings = settings;
    const { clock, journal } = ports.core;
    this.#position = journal.opened.cursors.get(HUB_CURSOR) ?? 0;
    // Known from the start: what the hub has not taken yet does not count as delivered because a sink has it.
    journal.setCursor(HUB_CURSOR, this.#position);
    this.#backlog = new Backlog(ports.feed, journal, clock);
    this.#link = new KeptOpen({
      what: 'sink',
      id: 'hub',
      clock,
      log: ports.log,
      open: (signal) => this.#openOrSpeakOlder(signal),
      serve: (session, signal) => session.run(signal),
      lost: () => {},
    });
  }

  get status(): SinkStatus {
    const { state, opened, fault } = this.#link;
    void this.#backlog.count(this.#position);
    return {
      kind: 'hub',
      state,
      delivers: 'exactly-once',
      opened,
      delivered: this.#delivered,
      rejected: 0,
      ...this.#backlog.status(this.#oldest),
      ...this.#unconfirmedStatus(),
      ...(fault && { fault: faultStatus(fault) }),
    };
  }

  /** What was given away by hand, unless the link has confirmed it as well. */
  get unconfirmed(): CarriedState['sent'] {
    const { carried } = this;
    return carried && this.#link.opened > 0 && this.#position >= carried.upTo.history ? undefined : carried;
  }

  #unconfirmedStatus(): Pick<SinkStatus, 'unconfirmed'> {
    if (!this.unconfirmed) return {};
    const { upTo: _, ...unconfirmed } = this.unconfirmed;
    return { unconfirmed };
  }

  start(): void {
    this.#link.start();
  }

  /** The hub has said by a receipt that it has the samples up to there. */
  confirmed(history: number): void {
    if (history > this.#position) this.#moved(history);
  }

  /** The settings have changed, or the site's certificate has: connects anew. */
  change(settings = this.#settings): void {
    this.#settings = settings;
    this.#link.reopen();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link[Symbol.asyncDispose]();
  }

  async #openOrSpeakOlder(signal: AbortSignal): Promise<UplinkSession> {
    const asOldest = this.#isHubOld;
    this.#isHubOld = false;
    try {
      return await this.#open(signal, asOldest);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'uplink.version' || asOldest) throw error;
      this.#isHubOld = true;
      this.#ports.log.warn(
        { hint: 'update the hub' },
        'the hub is older than this site: it hears nothing of health, sources and alarms',
      );
      throw new Fault(error.code, error.message, { retry: 'now', hint: 'update the hub', cause: error });
    }
  }

  async #open(signal: AbortSignal, asOldest: boolean): Promise<UplinkSession> {
    const { core, feed, log, site, software } = this.#ports;
    this.#lost = []; // what lies ahead is met again
    const { entries } = await feed.next(HUB_CURSOR, this.#position, 1);
    this.#oldest = entries[0]; // so that the age of the backlog shows although nobody answers
    const { socket, head } = await this.#ports.dial(signal);
    if (head.length > 0) socket.unshift(head);
    this.#report ??= this.#openReport();
    const ports = {
      site,
      software,
      clock: core.clock,
      journal: core.journal,
      feed,
      tagsVersion: () => core.table.version,
      newest: (since: number) => newestOf(core, since),
      welcomed: (_: string, positions: Positions) => this.#welcomed(positions),
      stored: (lane: Lane, upTo: number, count: number) => this.#stored(lane, upTo, count),
      counted: (upTo: number, total: number) => this.#heardCount(upTo, total),
      ledger: () => hubLedger(core.clock, feed),
      lost: (upTo: number, rows: number) => void this.#lost.push({ upTo, rows }),
      reports: await this.#report,
      gap: core.journal.gap.bind(core.journal),
      damage: (what: string) => log.warn({}, `cannot be delivered to the hub: ${what}`),
    };
    // Loaded here: most sites have no hub.
    const { openSession } = await import('#uplink/site/session.ts');
    return await openSession(socket, { ...configOf(this.#settings), asOldest }, ports, signal);
  }

  async #openReport(): Promise<SiteReport> {
    const { SiteReport } = await import('#edge/report/site-report.ts');
    return new SiteReport(this.#ports);
  }

  #welcomed({ history, ...events }: Positions): void {
    const { log, core } = this.#ports;
    this.#eventsAt(events);
    if (history < this.#position) {
      const detail = { hub: history, site: this.#position };
      log.warn(detail, 'the hub stands further back than it did: it gets again what is still here');
      core.path.event({
        kind: 'system',
        name: 'hub.went-back',
        subject: 'hub',
        timeUs: core.clock.nowUs(),
        detail,
      });
    }
    this.#moved(history);
    this.#link.alive();
  }

  #stored(lane: Lane, upTo: number, count: number): void {
    this.#link.alive();
    if (lane !== 'history') {
      this.#eventsAt({ ...this.#events, [lane]: upTo });
      return;
    }
    this.#delivered += count;
    this.#moved(upTo);
    this.#backlog.went(count);
  }

  #eventsAt(positions: EventPositions): void {
    this.#events = positions;
    this.#ports.events?.(positions);
  }

  #moved(position: number): void {
    this.#position = position;
    this.#oldest = undefined;
    const counted = this.#counted;
    const passed = this.#lost.filter(({ upTo }) => upTo <= position);
    this.#lost = this.#lost.filter(({ upTo }) => upTo > position);
    const lost = passed.reduce((sum, { rows }) => sum + rows, 0);
    const handled = counted?.upTo === position ? { total: counted.total, lost } : undefined;
    this.#ports.core.journal.setCursor(HUB_CURSOR, position, handled);
  }

  /** Comes before the confirmation of that position, but for the one with which the hub greets. */
  #heardCount(upTo: number, total: number): void {
    this.#counted = { upTo, total };
    if (upTo === this.#position) this.#moved(upTo);
  }
}

/** As the hub can compare it with what it has; undefined while its own count has not been heard, or none can be read. */
async function hubLedger(clock: Clock, feed: Feed): Promise<Omit<LedgerMessage, 'kind'> | undefined> {
  const ledger = await feed.ledger().catch(() => undefined);
  if (!ledger) return undefined;
  const hub = hubSink(ledger);
  if (hub.beyond === undefined) return undefined;
  const { at: position, lostBefore, lost, waiting, beyond } = hub;
  const counted = countedFor(ledger, hub, beyond);
  return { atUs: clock.nowUs(), position, ...counted, lost: lostBefore + lost, waiting };
}

function newestOf(
  { table, values, clock }: Pick<Core, 'clock' | 'table' | 'values'>,
  since: number,
): { readonly version: number; readonly batch: Batch } {
  const { version } = values;
  const rows = new BatchBuilder();
  for (let tag = 0; version > since && tag < table.size; tag++) {
    if (!values.changedSince(tag, since)) continue;
    const { value, timeUs, quality } = values.get(tag);
    rows.addValue(tag, timeUs, value, quality);
  }
  return { version, batch: rows.take({ receivedUs: clock.nowUs() }) };
}

const configOf = ({ bytesPerS, hours, everyMs }: Settings['hub']): UplinkConfig => ({
  budget: {
    bytesPerS,
    hours: hours.map(({ from, to, bytesPerS: rate }) => ({
      fromMin: minuteOf(from),
      toMin: minuteOf(to),
      bytesPerS: rate,
    })),
  },
  everyMs,
});

function minuteOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}
