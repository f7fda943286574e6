import type { SourceStatus } from '#contract/api.ts';
import { KeptOpen } from '#edge/kept-open.ts';
import type { LoadMeter } from '#edge/load-meter.ts';
import { StaleRows, type StaleTag } from '#edge/stale-rows.ts';
import { faultStatus } from '#edge/status.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import { isBad } from '#kernel/quality.ts';
import { within } from '#kernel/within.ts';
import type { Delivery, Deps, Found, Log, Point, Source, SourceDef } from '#plugin/api.ts';

export interface SourcePorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Those it starts with; see {@link SourceLoop.change}. */
  readonly deps: Deps;
  readonly load: LoadMeter;
  /** Why it must not be opened: a shadow of a device that bears one session only. */
  readonly shadowed?: Fault | undefined;
  /** Takes rows into the decision path; synchronous. */
  accept(delivery: Delivery): void;
  /** Undefined while the journal has room; the source is not read before it resolves. */
  room(): Promise<void> | undefined;
  /** The source is gone: its tags turn bad. */
  lost(fault: Fault): void;
  /** End of the last run, steady; undefined when there was none. */
  readonly downSinceUs: number | undefined;
  /** Rows come again after an absence, in steady µs. @param but tags whose hole the source fills or tells itself */
  resumed(
    fromUs: number,
    toUs: number,
    reason: 'device-silent' | 'site-down',
    but: ReadonlySet<number>,
  ): void;
}

/** What a source goes on with. */
export interface SourceChange {
  readonly config: unknown;
  readonly deps: Deps;
  /** Whether it must be opened anew, whatever it could take on the way. */
  readonly anew: boolean;
  /** Tags whose rows of before are not to be decided on: they mean something else now, or nobody wants them. */
  readonly stale: Iterable<StaleTag>;
}

/** For writes under way when a source is closed or opened anew; longer than the guard lets one live by itself. */
const WRITES_END_MS = 6000;
const RECONFIGURE_MS = 10_000;
/** A session this old is no flash: pauses may begin small again after it. */
const STANDS_MS = 5000;
const NONE: ReadonlySet<number> = new Set();

/** One source: kept open, read, and its rows handed to the decision path. */
export class SourceLoop implements AsyncDisposable {
  readonly id: string;
  readonly kind: string;
  readonly #ports: SourcePorts;
  readonly #source: KeptOpen<Source>;
  readonly #stale: StaleRows;
  readonly #writes = new Set<Promise<WriteResult>>();
  #config: unknown;
  #deps: Deps;
  /** Counts the changes asked for. */
  #wanted = 0;
  #anew = false;
  #changing = false;
  #retired = false;
  #samples = 0;
  #lastRowUs = 0;
  readonly #startedUs: number;
  #lostAtUs: number | undefined;
  /** No row has come since this run began. */
  #fresh = true;

  constructor(id: string, def: SourceDef, config: unknown, ports: SourcePorts) {
    this.id = id;
    this.kind = def.kind;
    this.#ports = ports;
    this.#config = config;
    this.#deps = ports.deps;
    this.#stale = new StaleRows(id, ports.clock);
    this.#startedUs = ports.clock.steadyUs();
    this.#source = new KeptOpen({
      what: 'source',
      id,
      clock: ports.clock,
      log: ports.log,
      open: (signal) => def.open(this.#config, this.#deps, signal),
      openMs: () => def.openMs?.(this.#config),
      serve: (source, signal) => this.#read(source, signal),
      lost: (fault) => this.#lost(fault),
    });
  }

  /** The tags of the site file that are read from it. */
  get points(): readonly Point[] {
    return this.#deps.points;
  }

  get status(): Omit<SourceStatus, 'tags' | 'badTags'> {
    const nowUs = this.#ports.clock.steadyUs();
    const { opened } = this.#source;
    const { shadowed } = this.#ports;
    const state = shadowed ? 'shadowed' : this.#source.state;
    const fault = shadowed ?? this.#source.fault;
    return {
      kind: this.kind,
      state,
      samples: this.#samples,
      opened,
      ageMs: this.#lastRowUs === 0 ? undefined : Math.round((nowUs - this.#lastRowUs) / 1000),
      load: this.#ports.load.status(nowUs),
      ...(fault && { fault: faultStatus(fault) }),
    };
  }

  start(): void {
    if (!this.#ports.shadowed) this.#source.start();
  }

  /**
   * Takes another configuration or other points: on the way where the source can, otherwise by opening it anew once
   * the writes under way have ended. Returns at once; of several changes the last one counts.
   */
  change({ config, deps, anew, stale }: SourceChange): void {
    this.#config = config;
    this.#deps = deps;
    this.#anew ||= anew;
    this.#wanted++;
    this.#stale.begin(stale);
    if (!this.#changing) void this.#change();
  }

  /**
   * For good, once the writes under way have ended. Nothing that it reads from here on is taken.
   * @param safe resolves once the last values that it has to write have ended
   */
  async retire(safe: Promise<void>): Promise<void> {
    this.#retired = true;
    // Without a session nothing can be written any more, and none is opened for it: others may wait for the device.
    if (this.#source.running) {
      await within(safe, WRITES_END_MS, undefined, this.#ports.clock);
      await this.#writesEnded();
    }
    await this[Symbol.asyncDispose]();
  }

  /** Opens it anew at once, running or waiting, after the writes under way. */
  async reopen(): Promise<void> {
    await this.#writesEnded();
    this.#source.reopen();
  }

  /** @throws Fault `edge.source-down` before anything was sent */
  async write(command: Command, signal: AbortSignal): Promise<WriteResult> {
    const { running, state } = this.#source;
    if (!running?.write) {
      const why = running ? 'it takes no writes' : `it is ${state}`;
      throw new Fault('edge.source-down', `source ${this.id} cannot be written: ${why}`);
    }
    const writing = running.write(command, signal);
    this.#writes.add(writing);
    return await writing.finally(() => this.#writes.delete(writing));
  }

  /**
   * What there is at the device, through the session that is open now.
   * @throws Fault `edge.source-down`, `source.no-browse`
   */
  browse(...asked: Parameters<NonNullable<Source['browse']>>): AsyncIterable<Found> {
    const { running, state, fault } = this.#source;
    if (!running) {
      const why = fault ? `: ${fault.message}` : '';
      throw new Fault('edge.source-down', `source ${this.id} is ${state}${why}`, {
        hint: `Ask again in a moment; \`holdfast source test ${this.id}\` says how far it gets, step by step.`,
      });
    }
    return browseOf(running, this.id, ...asked);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#source[Symbol.asyncDispose]();
  }

  async #change(): Promise<void> {
    this.#changing = true;
    let done = 0;
    while (done !== this.#wanted) {
      done = this.#wanted;
      const anew = this.#anew;
      this.#anew = false;
      const { running } = this.#source;
      const took = !anew && running !== undefined && (await this.#reconfigure(running));
      if (!took && this.#source.running === running) {
        await this.#writesEnded();
        this.#source.reopen();
      }
      this.#stale.end();
    }
    this.#changing = false;
  }

  async #reconfigure(source: Source): Promise<boolean> {
    const { clock } = this.#ports;
    try {
      const taking = source.reconfigure?.(this.#config, this.#deps.points);
      return taking ? await within(taking, RECONFIGURE_MS, false, clock) : false;
    } catch (error) {
      const { code, message } = Fault.from(error, 'source.reconfigure', `source ${this.id}`);
      this.#ports.log.warn({ source: this.id, code }, `it could not take the change on the way: ${message}`);
      return false;
    }
  }

  async #writesEnded(): Promise<void> {
    if (this.#writes.size === 0) return;
    await within(Promise.allSettled(this.#writes), WRITES_END_MS, undefined, this.#ports.clock);
  }

  async #read(source: Source, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    void this.#watchStanding(ended.signal);
    try {
      await this.#readOn(source, signal);
    } finally {
      ended.abort();
    }
  }

  /** Where nothing is read no row ever shows that the peer is back: that its session stands has to do. */
  async #watchStanding(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#ports.clock.sleep(STANDS_MS, signal).catch(() => {});
      const readsNothing = this.#deps.points.every(({ tag }) => tag.access === 'write');
      if (!signal.aborted && readsNothing) this.#source.alive();
    }
  }

  async #readOn(source: Source, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const delivery = await source.read(signal).catch((error) => {
        if (!this.#retired) throw error;
      });
      // Its tags may be another one's by now: nothing is said of them, and nothing is opened anew.
      if (this.#retired || !delivery) return await aborted(signal);
      this.#take(delivery, source.resumed ?? false);
      const room = this.#ports.room();
      if (room) await room;
    }
  }

  #take(delivery: Delivery, resumed: boolean | ReadonlySet<number>): void {
    this.#samples += delivery.batch.rows;
    if (!delivery.batch.quality.every(isBad)) this.#alive(resumed);
    this.#ports.accept(this.#stale.none ? delivery : this.#stale.without(delivery));
  }

  /** The device itself spoke, which a source that reports its silence does not mean. */
  #alive(resumed: boolean | ReadonlySet<number>): void {
    this.#source.alive();
    this.#lastRowUs = this.#ports.clock.steadyUs();
    const { downSinceUs } = this.#ports;
    const wasDown = this.#fresh && downSinceUs !== undefined;
    const fromUs = wasDown ? downSinceUs : this.#lostAtUs;
    if (fromUs !== undefined && resumed !== true) {
      const reason = wasDown ? 'site-down' : 'device-silent';
      this.#ports.resumed(fromUs, this.#lastRowUs, reason, resumed || NONE);
    }
    this.#fresh = false;
    this.#lostAtUs = undefined;
  }

  #lost(fault: Fault): void {
    if (this.#retired) return;
    this.#lostAtUs ??= this.#lastRowUs || this.#startedUs;
    this.#ports.lost(fault);
  }
}

/** @throws Fault `source.no-browse` */
export function browseOf(
  source: Source,
  id: string,
  ...asked: Parameters<NonNullable<Source['browse']>>
): AsyncIterable<Found> {
  if (source.browse) return source.browse(...asked);
  throw new Fault('source.no-browse', `what source ${id} reads cannot be browsed`, {
    retry: 'never',
    hint: 'Its protocol or its device names nothing by itself: take the addresses from the manual.',
  });
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
