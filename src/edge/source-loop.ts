import type { SourceStatus } from '#contract/api.ts';
import { Backoff } from '#edge/backoff.ts';
import type { LoadMeter } from '#edge/load-meter.ts';
import { faultStatus } from '#edge/status.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { Fault } from '#kernel/fault.ts';
import { isBad } from '#kernel/quality.ts';
import type { Delivery, Deps, Log, Source, SourceDef } from '#plugin/api.ts';

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
  /** Rows come again after an absence, in steady µs. */
  resumed(fromUs: number, toUs: number): void;
}

const OPEN_TIMEOUT_MS = 15_000;

/**
 * Keeps one source running: opens it, reads it, and after a fault opens it anew with growing pauses. An unreachable
 * peer is never an error of the site. Memory stays flat however long it is away.
 */
export class SourceLoop implements AsyncDisposable {
  readonly id: string;
  readonly kind: string;
  readonly #def: SourceDef;
  readonly #config: unknown;
  readonly #ports: SourcePorts;
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff();
  #running: Source | undefined;
  #loop: Promise<void> | undefined;
  #state: SourceStatus['state'] = 'opening';
  #fault: Fault | undefined;
  #samples = 0;
  #opened = 0;
  #lastRowUs = 0;
  #lostAtUs: number | undefined;

  constructor(id: string, def: SourceDef, config: unknown, ports: SourcePorts) {
    this.id = id;
    this.kind = def.kind;
    this.#def = def;
    this.#config = config;
    this.#ports = ports;
  }

  get status(): SourceStatus {
    const nowUs = this.#ports.clock.steadyUs();
    return {
      kind: this.kind,
      state: this.#state,
      samples: this.#samples,
      opened: this.#opened,
      ageMs: this.#lastRowUs === 0 ? undefined : Math.round((nowUs - this.#lastRowUs) / 1000),
      load: this.#ports.load.status(nowUs),
      ...(this.#fault && { fault: faultStatus(this.#fault) }),
    };
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** @throws Fault `edge.source-down` before anything was sent */
  async write(command: Command, signal: AbortSignal): Promise<WriteResult> {
    if (!this.#running?.write) {
      const why = this.#running ? 'it takes no writes' : `it is ${this.#state}`;
      throw new Fault('edge.source-down', `source ${this.id} cannot be written: ${why}`);
    }
    return await this.#running.write(command, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Fault('source.closed', `source ${this.id} is closing`, { retry: 'never' }));
    await this.#loop;
    this.#state = 'closed';
  }

  async #run(): Promise<void> {
    const signal = this.#stop.signal;
    while (!signal.aborted) {
      const fault = await this.#session(signal).then(
        () => undefined,
        (error) => Fault.from(error, 'source.failed', `source ${this.id}`),
      );
      await this.#close();
      if (signal.aborted || !fault) return;
      this.#lose(fault);
      if (fault.retry === 'never') {
        this.#state = 'failed';
        return;
      }
      this.#state = 'waiting';
      const pauseMs = fault.retry === 'now' ? 50 : this.#backoff.nextMs();
      await this.#ports.clock.sleep(pauseMs, signal).catch(() => {});
    }
  }

  async #session(signal: AbortSignal): Promise<void> {
    this.#state = 'opening';
    const opening = AbortSignal.any([signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)]);
    this.#running = await this.#def.open(this.#config, this.#ports.deps, opening);
    this.#opened++;
    this.#state = 'running';
    while (!signal.aborted) {
      const delivery = await this.#running.read(signal);
      this.#take(delivery);
      const room = this.#ports.room();
      if (room) await room;
    }
  }

  #take(delivery: Delivery): void {
    this.#samples += delivery.batch.rows;
    if (!delivery.batch.quality.every(isBad)) this.#alive();
    this.#ports.accept(delivery);
  }

  /** The device itself spoke, which a source that reports its silence does not mean. */
  #alive(): void {
    this.#backoff.reset();
    this.#fault = undefined;
    this.#lastRowUs = this.#ports.clock.steadyUs();
    if (this.#lostAtUs !== undefined && !this.#running?.resumed) {
      this.#ports.resumed(this.#lostAtUs, this.#lastRowUs);
    }
    this.#lostAtUs = undefined;
  }

  #lose(fault: Fault): void {
    const first = this.#fault?.code !== fault.code;
    this.#fault = fault;
    if (this.#opened > 0) this.#lostAtUs ??= this.#lastRowUs || this.#ports.clock.steadyUs();
    this.#ports.lost(fault);
    const detail = { source: this.id, code: fault.code, hint: fault.hint };
    if (first) this.#ports.log.warn(detail, fault.message);
    else this.#ports.log.debug(detail, fault.message);
  }

  async #close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    try {
      await running?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#ports.log.debug({ source: this.id, error }, 'closing failed');
    }
  }
}
