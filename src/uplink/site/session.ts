import type { Duplex } from 'node:stream';
import { Fault } from '#kernel/fault.ts';
import { within } from '#kernel/within.ts';
import {
  type FromHub,
  type FromSite,
  OLDEST_VERSION,
  REPORTS_SINCE,
  VERSION,
  type Welcome,
} from '../messages.ts';
import type { AnswerMessage } from '../reports.ts';
import type { UplinkConfig, UplinkPorts } from './api.ts';
import { Budget } from './budget.ts';
import { EventsLane, HistoryLane, type Outgoing } from './lanes.ts';
import { ChangedPages } from './pages.ts';
import { Reporter } from './reporter.ts';
import { Wire } from './wire.ts';

const GREETING_MS = 30_000;
const PING_US = 20_000_000;
/** A hub that says nothing at all for so long is gone: every ping has an answer. */
const SILENT_US = 60_000_000;
const LEDGER_EVERY_US = 10_000_000;

/**
 * Greets the hub, and waits to hear where it stands.
 * @throws Fault `uplink.lost`, `uplink.silent`, `uplink.version`, `uplink.unknown-past`, `uplink.no-journal`; what the hub
 *   refused with
 */
export async function openSession(
  stream: Duplex,
  config: UplinkConfig,
  ports: UplinkPorts,
  signal: AbortSignal,
): Promise<UplinkSession> {
  const { id, epoch } = ports.journal.opened;
  if (id === undefined) throw noJournal();
  const greeted = Promise.withResolvers<Welcome>();
  let session: UplinkSession | undefined;
  /** What came in one piece with the welcome; undefined before that. */
  let early: FromHub[] | undefined;
  const wire = new Wire(stream, (message) => {
    if (session) session.heard(message);
    else if (early) early.push(message);
    else if (message.kind === 'welcome') {
      early = [];
      greeted.resolve(message);
    } else greeted.reject(unexpected(message));
  });
  void wire.lost.then((fault) => greeted.reject(fault));
  const version = config.asOldest ? OLDEST_VERSION : VERSION;
  wire.send({
    kind: 'hello',
    version,
    site: ports.site,
    journal: id,
    epoch,
    software: ports.software,
  });
  try {
    const welcome = await within(greeted.promise, GREETING_MS, undefined, ports.clock, signal);
    signal.throwIfAborted();
    if (!welcome) throw silent('has not answered');
    checkWelcome(welcome, version, ports);
    ports.welcomed(welcome.hub, welcome.positions);
    session = new UplinkSession(wire, config, ports, welcome);
    for (const message of early ?? []) session.heard(message);
    return session;
  } catch (error) {
    wire.close(Fault.from(error, 'uplink.failed', 'the uplink'));
    throw error;
  }
}

/** One connection to the hub: what goes next is decided anew before each frame. */
export class UplinkSession implements AsyncDisposable {
  readonly lost: Promise<Fault>;
  readonly #wire: Wire;
  readonly #config: UplinkConfig;
  readonly #ports: UplinkPorts;
  readonly #budget: Budget;
  readonly #events: readonly EventsLane[];
  readonly #history: HistoryLane;
  /** Of a hub that takes reports. */
  readonly #reporter: Reporter | undefined;
  readonly #answers: AnswerMessage[] = [];
  readonly #pages: ChangedPages;
  /** Whether the hub takes what the site counts. */
  readonly #isCounted: boolean;
  #ledgerAtUs = 0;
  #ledgerSeen = -1;
  #values = 0;
  #valuesThen = 0;
  #isLiveUnderWay = false;
  #stamp = 0;
  #liveAtUs = 0;
  /** Bytes of live values that history has not had its share for, while it waits. */
  #owed = 0;
  #sentAtUs: number;
  #heardAtUs: number;
  /** When the first ping left, until its answer is here. */
  #askedAtUs: number | undefined;
  #wake = Promise.withResolvers<void>();
  /** When the next sleeper wakes; steady. */
  #alarmUs = Number.POSITIVE_INFINITY;
  #rejected: Fault | undefined;

  constructor(wire: Wire, config: UplinkConfig, ports: UplinkPorts, welcome: Welcome) {
    const { positions, pages, version } = welcome;
    this.lost = wire.lost;
    this.#wire = wire;
    this.#config = config;
    this.#ports = ports;
    this.#budget = new Budget(config.budget, ports.clock);
    const { security, others, history } = positions;
    this.#events = [new EventsLane('security', security, ports), new EventsLane('others', others, ports)];
    this.#history = new HistoryLane(history, ports, config.everyMs);
    this.#isCounted = version >= REPORTS_SINCE;
    if (this.#isCounted && ports.reports) this.#reporter = new Reporter(ports.reports, ports.clock);
    this.#pages = new ChangedPages(ports, pages, this.#reporter, () => this.#wake.resolve());
    this.#sentAtUs = this.#heardAtUs = ports.clock.steadyUs();
  }

  heard(message: FromHub): void {
    this.#heardAtUs = this.#ports.clock.steadyUs();
    if (message.kind === 'stored') this.#stored(message);
    else if (message.kind === 'counted') this.#ports.counted(message.upTo, message.total);
    else if (message.kind === 'asked')
      this.#ports.reports?.asked(message.asked, (answer) => {
        this.#answers.push(answer);
        this.#wake.resolve();
      });
    else if (message.kind === 'pong') this.#answered();
    else {
      this.#rejected = unexpected(message);
      this.#wire.close(this.#rejected);
    }
  }

  /** Sends until the signal, or until the link is lost, with that fault. */
  async run(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    void this.lost.then((fault) => over.abort(fault));
    over.signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
    void this.#watchJournal(over.signal);
    this.#ask();
    try {
      await this.#sendUntil(over.signal);
    } finally {
      signal.removeEventListener('abort', end);
    }
    if (!signal.aborted) throw this.#rejected ?? (await this.lost);
  }

  async #sendUntil(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const drained = this.#wire.drained();
      if (drained) await drained;
      const waitMs = this.#budget.waitMs();
      if (waitMs > 0) await this.#ports.clock.sleep(waitMs, over).catch(() => {});
      else if (!over.aborted && !(await this.#sendNext())) await this.#idle(over);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wire.close(new Fault('uplink.closed', 'the uplink is closing'));
  }

  /** Before anything waits: how long the way is. */
  #ask(): void {
    this.#askedAtUs = this.#ports.clock.steadyUs();
    this.#send({ kind: 'ping' });
  }

  #answered(): void {
    if (this.#askedAtUs === undefined) return;
    const tookUs = this.#heardAtUs - this.#askedAtUs;
    this.#askedAtUs = undefined;
    for (const lane of [...this.#events, this.#history]) lane.answered(tookUs);
  }

  #stored({ lane, upTo }: FromHub & { readonly kind: 'stored' }): void {
    if (lane === 'live') this.#isLiveUnderWay = upTo !== this.#stamp;
    else if (lane === 'report') this.#reporter?.stored(upTo);
    else if (lane === 'history') this.#history.confirmed(upTo);
    else for (const one of this.#events) if (one.lane === lane) one.confirmed(upTo);
    this.#wake.resolve();
  }

  /** @returns false when nothing is to be sent now */
  async #sendNext(): Promise<boolean> {
    for (const lane of this.#events) {
      const outgoing = lane.isReady ? await lane.next() : undefined;
      if (!outgoing) continue;
      this.#send(outgoing.message, (bytes) => lane.left(outgoing.upTo, outgoing.count, bytes));
      return true;
    }
    const answer = this.#answers.shift();
    if (answer) this.#send(answer);
    if (answer || (await this.#sendPage())) return true;
    if (this.#isLiveDue() && (await this.#sendLive())) return true;
    if (this.#sendReport()) return true;
    if (this.#history.isDue) {
      const outgoing = await this.#history.next();
      if (this.#history.isCurrent) this.#carriedByHistory();
      if (outgoing) {
        await this.#sendHistory(outgoing);
        return true;
      }
    }
    if (await this.#sendLedger()) return true;
    const { clock } = this.#ports;
    const nowUs = clock.steadyUs();
    if (nowUs - this.#heardAtUs > SILENT_US) this.#wire.close(silent('has said nothing for a minute'));
    else if (nowUs - this.#sentAtUs >= PING_US) this.#send({ kind: 'ping' });
    return false;
  }

  /** What had changed when it was read the last time is on its way with it. */
  #carriedByHistory(): void {
    this.#values = Math.max(this.#values, this.#valuesThen);
    this.#valuesThen = this.#ports.newest(Number.POSITIVE_INFINITY).version;
  }

  async #sendHistory({ message, upTo, count }: Outgoing): Promise<void> {
    // Its tags may have come with it.
    while (await this.#sendPage());
    this.#send(message, (bytes) => {
      this.#history.left(upTo, count, bytes);
      this.#owed = Math.max(0, this.#owed - bytes);
    });
  }

  /** Both ends compare what they have; while nothing new was written there is nothing new to tell. */
  async #sendLedger(): Promise<boolean> {
    if (!this.#isCounted) return false;
    const { clock, journal, ledger } = this.#ports;
    const nowUs = clock.steadyUs();
    if (nowUs < this.#ledgerAtUs || journal.durableSeq === this.#ledgerSeen) return false;
    this.#ledgerAtUs = nowUs + LEDGER_EVERY_US;
    const seen = journal.durableSeq;
    const counted = await ledger();
    if (!counted) return false;
    this.#ledgerSeen = seen;
    this.#send({ kind: 'ledger', ...counted });
    return true;
  }

  async #sendPage(): Promise<boolean> {
    const page = await this.#pages.next();
    if (page) this.#send(page);
    return page !== undefined;
  }

  #sendReport(): boolean {
    if (!this.#reporter?.isDue) return false;
    const report = this.#reporter.next();
    if (report)
      this.#send(report, (bytes) => {
        this.#reporter?.left(report.revision, bytes, this.#budget.bytesPerS);
        if (this.#history.isDue) this.#owed += bytes;
      });
    return report !== undefined;
  }

  /**
   * While the history is of the present it says all. Otherwise half of a link that cannot carry everything is for it: live
   * values alone would never let it go.
   */
  #isLiveDue(): boolean {
    const nowUs = this.#ports.clock.steadyUs();
    if (nowUs < this.#liveAtUs || this.#isLiveUnderWay) return false;
    if (this.#history.isCurrent) {
      this.#liveAtUs = nowUs + this.#config.everyMs * 1000;
      return false;
    }
    if (!this.#history.isDue) this.#owed = 0;
    return this.#owed === 0;
  }

  async #sendLive(): Promise<boolean> {
    const { clock, feed, journal, newest } = this.#ports;
    this.#liveAtUs = clock.steadyUs() + this.#config.everyMs * 1000;
    const { version, batch } = newest(this.#values);
    if (batch.rows === 0) return false;
    const stamp = journal.seq;
    const block = await feed.pack(stamp, batch);
    this.#values = version;
    this.#stamp = stamp;
    this.#isLiveUnderWay = true;
    this.#send({ kind: 'live', stamp, block }, (bytes) => {
      if (this.#history.isDue) this.#owed += bytes;
    });
    return true;
  }

  #send(message: FromSite, before?: (bytes: number) => void): void {
    this.#sentAtUs = this.#ports.clock.steadyUs();
    this.#wire.send(message, (bytes) => {
      this.#budget.spend(bytes);
      before?.(bytes);
    });
  }

  /** Until something comes, or is due. */
  async #idle(over: AbortSignal): Promise<void> {
    const history = this.#history.isReady ? this.#history.dueAtUs : Number.POSITIVE_INFINITY;
    const report = this.#reporter?.dueAtUs ?? Number.POSITIVE_INFINITY;
    this.#wakeAt(Math.min(this.#sentAtUs + PING_US, this.#liveDueAtUs(), history, report), over);
    await this.#wake.promise;
    this.#wake = Promise.withResolvers();
  }

  /** A sleeper that is up already is left to it: to be woken for nothing is cheaper than to set another each time. */
  #wakeAt(dueUs: number, over: AbortSignal): void {
    if (dueUs >= this.#alarmUs) return;
    this.#alarmUs = dueUs;
    const { clock } = this.#ports;
    const woken = () => {
      if (this.#alarmUs === dueUs) this.#alarmUs = Number.POSITIVE_INFINITY;
      this.#wake.resolve();
    };
    clock.sleep(Math.max(1, Math.ceil((dueUs - clock.steadyUs()) / 1000)), over).then(woken, woken);
  }

  /** While a confirmation or history is waited for, that wakes; while history is of the present, it says all. */
  #liveDueAtUs(): number {
    if (this.#isLiveUnderWay || this.#owed > 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.#liveAtUs, this.#history.currentUntilUs);
  }

  async #watchJournal(signal: AbortSignal): Promise<void> {
    const { journal } = this.#ports;
    try {
      for (let seen = journal.durableSeq; ; seen = journal.durableSeq) {
        await journal.beyond(seen, signal);
        this.#wake.resolve();
      }
    } catch {
      // The signal ended it.
    }
  }
}

function checkWelcome({ version, positions }: Welcome, spoken: number, { journal }: UplinkPorts): void {
  if (version < OLDEST_VERSION || version > spoken)
    throw new Fault(
      'uplink.version',
      `the hub speaks version ${version} of the uplink, this site ${spoken}`,
      {
        hint: 'Update the older of the two.',
      },
    );
  const furthest = Math.max(...Object.values(positions));
  if (furthest <= journal.seq) return;
  throw new Fault(
    'uplink.unknown-past',
    `the hub has entries up to ${furthest}, this journal ends at ${journal.seq}`,
    {
      retry: 'never',
      hint: 'Its data folder was put back by hand: restore it with `holdfast restore`, which goes on above all that was used.',
    },
  );
}

function unexpected(message: FromHub): Fault {
  if (message.kind !== 'refused')
    return new Fault('uplink.malformed', `the hub said '${message.kind}' where that has no meaning`);
  return new Fault(message.code, `the hub hung up: ${message.message}`);
}

const silent = (what: string): Fault =>
  new Fault('uplink.silent', `the hub ${what}`, { hint: 'Is it overloaded, or cut off from its database?' });

const noJournal = (): Fault =>
  new Fault(
    'uplink.no-journal',
    'the journal has no name yet: the disk took nothing when it was first opened',
    {
      hint: 'Start the site again once the disk is well.',
    },
  );
