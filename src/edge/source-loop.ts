import type { SourceStatus } from '#contract/api.ts';
import { KeptOpen } from '#edge/kept-open.ts';
import type { LoadMeter } from '#edge/load-meter.ts';
import { faultStatus } from '#edge/status.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import { isBad } from '#kernel/quality.ts';
import type { Delivery, Deps, Found, Log, Point, Source, SourceDef } from '#plugin/api.ts';

export interface SourcePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly deps: Deps;
  readonly load: LoadMeter;
  /** Takes rows into the decision path; synchronous. */
  accept(delivery: Delivery): void;
  /** Undefined while the journal has room; the source is not read before it resolves. */
  room(): Promise<void> | undefined;
  /** The source is gone: its tags turn bad. */
  lost(fault: Fault): void;
  /** End of the last run, steady; undefined when there was none. */
  readonly downSinceUs: number | undefined;
  /** Rows come again after an absence, in steady µs. */
  resumed(fromUs: number, toUs: number, reason: 'device-silent' | 'site-down'): void;
}

/** One source: kept open, read, and its rows handed to the decision path. */
export class SourceLoop implements AsyncDisposable {
  readonly id: string;
  readonly kind: string;
  readonly #ports: SourcePorts;
  readonly #source: KeptOpen<Source>;
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
    this.#startedUs = ports.clock.steadyUs();
    this.#source = new KeptOpen({
      what: 'source',
      id,
      clock: ports.clock,
      log: ports.log,
      open: (signal) => def.open(config, ports.deps, signal),
      serve: (source, signal) => this.#read(source, signal),
      lost: (fault) => this.#lost(fault),
    });
  }

  /** The tags of the site file that are read from it. */
  get points(): readonly Point[] {
    return this.#ports.deps.points;
  }

  get status(): SourceStatus {
    const nowUs = this.#ports.clock.steadyUs();
    const { state, opened, fault } = this.#source;
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
    this.#source.start();
  }

  /** @throws Fault `edge.source-down` before anything was sent */
  async write(command: Command, signal: AbortSignal): Promise<WriteResult> {
    const { running, state } = this.#source;
    if (!running?.write) {
      const why = running ? 'it takes no writes' : `it is ${state}`;
      throw new Fault('edge.source-down', `source ${this.id} cannot be written: ${why}`);
    }
    return await running.write(command, signal);
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
        hint: `\`holdfast source test ${this.id}\` says why, step by step.`,
      });
    }
    return browseOf(running, this.id, ...asked);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#source[Symbol.asyncDispose]();
  }

  async #read(source: Source, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const delivery = await source.read(signal);
      this.#take(delivery, source.resumed ?? false);
      const room = this.#ports.room();
      if (room) await room;
    }
  }

  #take(delivery: Delivery, resumed: boolean): void {
    this.#samples += delivery.batch.rows;
    if (!delivery.batch.quality.every(isBad)) this.#alive(resumed);
    this.#ports.accept(delivery);
  }

  /** The device itself spoke, which a source that reports its silence does not mean. */
  #alive(resumed: boolean): void {
    this.#source.alive();
    this.#lastRowUs = this.#ports.clock.steadyUs();
    const { downSinceUs } = this.#ports;
    const wasDown = this.#fresh && downSinceUs !== undefined;
    const fromUs = wasDown ? downSinceUs : this.#lostAtUs;
    if (fromUs !== undefined && !resumed) {
      this.#ports.resumed(fromUs, this.#lastRowUs, wasDown ? 'site-down' : 'device-silent');
    }
    this.#fresh = false;
    this.#lostAtUs = undefined;
  }

  #lost(fault: Fault): void {
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
