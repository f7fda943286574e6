import type { SourceStatus } from '#contract/api.ts';
import { Backoff } from '#kernel/backoff.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#plugin/api.ts';

export interface KeptOpenPorts<Running> {
  readonly what: 'source' | 'sink' | 'actuator';
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  /** @param signal covers opening only */
  open(signal: AbortSignal): Promise<Running>;
  /** Longest that opening may take. */
  openMs?(): number | undefined;
  /** Works with it until a fault, or until the signal. */
  serve(running: Running, signal: AbortSignal): Promise<void>;
  /** The peer is gone, or did not let itself be opened. */
  lost(fault: Fault): void;
}

/** For peers that say nothing else. */
export const OPEN_MS = 15_000;

/**
 * Keeps one peer open: opens it, lets it be served, and after a fault opens it anew with growing pauses. An unreachable
 * peer is never an error of the site. Memory stays flat however long it is away.
 */
export class KeptOpen<Running extends AsyncDisposable> implements AsyncDisposable {
  readonly #ports: KeptOpenPorts<Running>;
  /** Of the present session, or of the pause before the next one. */
  #round = new AbortController();
  #stopped = false;
  readonly #backoff = new Backoff();
  #running: Running | undefined;
  #loop: Promise<void> | undefined;
  #state: SourceStatus['state'] = 'opening';
  #fault: Fault | undefined;
  #opened = 0;

  constructor(ports: KeptOpenPorts<Running>) {
    this.#ports = ports;
  }

  get running(): Running | undefined {
    return this.#running;
  }

  get state(): SourceStatus['state'] {
    return this.#state;
  }

  /** Why it is not well; until the peer itself has spoken again. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** How often it was opened. */
  get opened(): number {
    return this.#opened;
  }

  start(): void {
    if (!this.#stopped) this.#loop = this.#run();
  }

  /** Ends the present session, or the pause, and opens at once; also where it has given up. */
  reopen(): void {
    if (!this.#loop || this.#stopped) return;
    const { what, id } = this.#ports;
    this.#round.abort(new Fault(`${what}.reopened`, `${what} ${id} is opened anew`, { retry: 'now' }));
    if (this.#state === 'failed') this.start();
  }

  /** The peer itself spoke, or stands where it has nothing to say: pauses begin small again. */
  alive(): void {
    this.#backoff.reset();
    this.#fault = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { what, id } = this.#ports;
    this.#stopped = true;
    this.#round.abort(new Fault(`${what}.closed`, `${what} ${id} is closing`, { retry: 'never' }));
    await this.#loop;
    this.#state = 'closed';
  }

  async #run(): Promise<void> {
    const { what, id, clock } = this.#ports;
    while (!this.#stopped) {
      const { signal } = this.#newRound();
      const fault = await this.#session(signal).then(
        () => undefined,
        (error) => Fault.from(error, `${what}.failed`, `${what} ${id}`),
      );
      await this.#close();
      if (this.#stopped) return;
      if (signal.aborted) {
        this.#leave(signal.reason as Fault);
        continue;
      }
      if (!fault) return;
      this.#lose(fault);
      if (fault.retry === 'never') {
        this.#state = 'failed';
        return;
      }
      this.#state = 'waiting';
      const pauseMs = fault.retry === 'now' ? 50 : Math.max(this.#backoff.nextMs(), fault.afterMs ?? 0);
      await clock.sleep(pauseMs, signal).catch(() => {});
    }
  }

  #newRound(): AbortController {
    this.#round = new AbortController();
    return this.#round;
  }

  async #session(signal: AbortSignal): Promise<void> {
    this.#state = 'opening';
    this.#running = await this.#open(signal);
    this.#opened++;
    this.#state = 'running';
    await this.#ports.serve(this.#running, signal);
  }

  /** Within its time. The timer ends with the opening: a peer that comes and goes would leave one behind each time. */
  async #open(signal: AbortSignal): Promise<Running> {
    const { clock, open } = this.#ports;
    const openMs = this.#ports.openMs?.() ?? OPEN_MS;
    const opening = new AbortController();
    const done = new AbortController();
    const stop = () => opening.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    clock.sleep(openMs, done.signal).then(
      () => opening.abort(new DOMException(`not open within ${openMs} ms`, 'TimeoutError')),
      () => {},
    );
    try {
      return await open(opening.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      done.abort();
    }
  }

  /** On purpose: nothing is wrong with the peer. */
  #leave(fault: Fault): void {
    this.alive();
    this.#ports.lost(fault);
    this.#ports.log.info({ [this.#ports.what]: this.#ports.id }, fault.message);
  }

  #lose(fault: Fault): void {
    const first = this.#fault?.code !== fault.code;
    this.#fault = fault;
    this.#ports.lost(fault);
    const { what, id, log } = this.#ports;
    const detail = { [what]: id, code: fault.code, hint: fault.hint };
    if (first) log.warn(detail, fault.message);
    else log.debug(detail, fault.message);
  }

  async #close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    try {
      await running?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#ports.log.debug({ [this.#ports.what]: this.#ports.id, error }, 'closing failed');
    }
  }
}
