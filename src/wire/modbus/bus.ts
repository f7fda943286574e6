import { Exception, type Request } from '#codec/modbus/pdu.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { Breaker, type BreakerOptions } from '#wire/modbus/breaker.ts';
import type { Exchange, Link } from '#wire/modbus/link.ts';

export interface BusOptions {
  /** Open requests at a time. */
  readonly outstanding: number;
  readonly requestsPerS: number;
  /** Rest after each answer before the next request. */
  readonly pauseMs: number;
  readonly timeoutMs: number;
  readonly breaker: BreakerOptions;
}

export interface BusPorts {
  readonly clock: Clock;
  /** Dials; used again when the connection was spoiled or lost. Rejects with a Fault. */
  connect(signal: AbortSignal): Promise<Link>;
  /** Told of each request once it has ended. */
  done(ms: number, how: Exchange): void;
  /** A unit fell silent, or answers again. */
  unit(unit: number, state: 'silent' | 'answering'): void;
  /** The bus has come to its end, by fault. */
  failed(fault: Fault): void;
}

/** Lower goes first. */
export const PRIORITIES = { write: 0, poll: 1, browse: 2 } as const;

export interface Ask {
  readonly unit: number;
  readonly request: Request;
  readonly priority: keyof typeof PRIORITIES;
  /** Steady time after which it must not be sent any more. */
  readonly deadlineUs?: number;
  readonly signal?: AbortSignal;
}

/** Nothing left: the unit is silent, the deadline has passed, the asker has gone, or the bus is closed. */
export type NotSent = { readonly kind: 'notSent'; readonly why: 'silent' | 'expired' | 'aborted' | 'closed' };
export type Answer = Exchange | NotSent;

interface Job extends Ask {
  end(answer: Answer): void;
}

interface Lane {
  readonly unit: number;
  readonly breaker: Breaker;
  readonly queues: readonly [Job[], Job[], Job[]];
  inFlight: number;
}

/** Nonsense or losses in a row after which the connection as a whole is given up. */
const MOST_STRIKES = 3;
/** Silent units together get at most one part in four of the time: after a vain probe the others have three. */
const PROBE_REST = 3;
/** With every unit silent for this long, a new connection is worth a try. */
const ALL_SILENT_MS = 20_000;

/**
 * The one way to a device: a queue per unit, served in turn; writes before polls; never more requests open, or more a
 * second, than allowed. A silent unit is left out and probed now and then, so that it costs the others little.
 */
export class Bus implements Disposable {
  readonly #options: BusOptions;
  readonly #ports: BusPorts;
  readonly #closed = new AbortController();
  readonly #lanes: Lane[] = [];
  #turn = 0;
  #link: Link | undefined;
  #inFlight = 0;
  #nextSendUs = 0;
  #nextProbeUs = 0;
  #lastAnswerUs: number;
  #strikes = 0;
  /** Requests in a row, of whatever unit, that brought nothing. */
  #misses = 0;
  #wake: (() => void) | undefined;

  constructor(options: BusOptions, ports: BusPorts, link: Link) {
    this.#options = options;
    this.#ports = ports;
    this.#link = link;
    this.#lastAnswerUs = ports.clock.steadyUs();
    void this.#run();
  }

  silent(unit: number): boolean {
    return this.#lane(unit).breaker.open;
  }

  /** Units that are asked no more say nothing of whether the device is there. */
  keepOnly(units: ReadonlySet<number>): void {
    const isIdle = (lane: Lane) => lane.inFlight === 0 && lane.queues.every((queue) => queue.length === 0);
    for (let i = this.#lanes.length - 1; i >= 0; i--) {
      const lane = this.#lanes[i] as Lane;
      if (!units.has(lane.unit) && isIdle(lane)) this.#lanes.splice(i, 1);
    }
  }

  /** Never rejects. */
  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve) => {
      const lane = this.#lane(ask.unit);
      const nowUs = this.#ports.clock.steadyUs();
      if (this.#closed.signal.aborted) return resolve({ kind: 'notSent', why: 'closed' });
      if (!this.#passes(lane, nowUs)) return resolve({ kind: 'notSent', why: 'silent' });
      lane.queues[PRIORITIES[ask.priority]].push({ ...ask, end: resolve });
      this.#wake?.();
    });
  }

  [Symbol.dispose](): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#link?.[Symbol.dispose]();
    for (const lane of this.#lanes) this.#flush(lane, { kind: 'notSent', why: 'closed' });
    this.#wake?.();
  }

  #lane(unit: number): Lane {
    let lane = this.#lanes.find((known) => known.unit === unit);
    if (!lane) {
      lane = { unit, breaker: new Breaker(this.#options.breaker), queues: [[], [], []], inFlight: 0 };
      this.#lanes.push(lane);
    }
    return lane;
  }

  #flush(lane: Lane, answer: NotSent): void {
    for (const queue of lane.queues) for (const job of queue.splice(0)) job.end(answer);
  }

  #passes(lane: Lane, nowUs: number): boolean {
    if (!lane.breaker.open) return true;
    return lane.inFlight === 0 && lane.breaker.lets(nowUs) && nowUs >= this.#nextProbeUs;
  }

  async #run(): Promise<void> {
    const { clock } = this.#ports;
    const signal = this.#closed.signal;
    try {
      while (!signal.aborted) {
        if (this.#inFlight >= this.#options.outstanding || !this.#anyReady()) {
          await new Promise<void>((wake) => {
            this.#wake = wake;
          });
          continue;
        }
        const waitMs = (this.#nextSendUs - clock.steadyUs()) / 1000;
        if (waitMs > 0) await clock.sleep(waitMs, signal);
        // Chosen only now: what came while waiting, a write above all, has its chance.
        const job = this.#next();
        if (job) await this.#send(job);
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(Fault.from(error, 'modbus.failed', 'modbus'));
    }
  }

  #anyReady(): boolean {
    return this.#lanes.some((lane) => this.#mayStart(lane) && lane.queues.some((queue) => queue.length > 0));
  }

  #mayStart(lane: Lane): boolean {
    return lane.inFlight === 0 || !lane.breaker.suspect;
  }

  /** The first of the highest priority, units in turn. */
  #next(): Job | undefined {
    const nowUs = this.#ports.clock.steadyUs();
    for (const priority of Object.values(PRIORITIES)) {
      for (let step = 0; step < this.#lanes.length; step++) {
        const place = (this.#turn + step) % this.#lanes.length;
        const lane = this.#lanes[place] as Lane;
        if (!this.#mayStart(lane)) continue;
        const job = this.#nextOf(lane, priority, nowUs);
        if (!job) continue;
        this.#turn = place + 1;
        return job;
      }
    }
    return undefined;
  }

  #nextOf(lane: Lane, priority: number, nowUs: number): Job | undefined {
    const queue = lane.queues[priority] as Job[];
    for (let job = queue.shift(); job; job = queue.shift()) {
      if (job.signal?.aborted) job.end({ kind: 'notSent', why: 'aborted' });
      else if (nowUs > (job.deadlineUs ?? Number.POSITIVE_INFINITY)) {
        job.end({ kind: 'notSent', why: 'expired' });
      } else if (!this.#passes(lane, nowUs)) job.end({ kind: 'notSent', why: 'silent' });
      else return job;
    }
    return undefined;
  }

  async #send(job: Job): Promise<void> {
    const { clock } = this.#ports;
    const lane = this.#lane(job.unit);
    lane.inFlight++;
    this.#inFlight++;
    const link = await this.#connected().catch((error) => error as Error);
    if (link instanceof Error || clock.steadyUs() > (job.deadlineUs ?? Number.POSITIVE_INFINITY)) {
      lane.inFlight--;
      this.#inFlight--;
      job.end({ kind: 'notSent', why: link instanceof Error ? 'closed' : 'expired' });
      if (link instanceof Error) throw link;
      return;
    }
    const sentUs = clock.steadyUs();
    this.#nextSendUs = sentUs + 1e6 / this.#options.requestsPerS;
    // Not awaited: other requests may be open meanwhile.
    void link.exchange(job.unit, job.request, this.#options.timeoutMs).then((how) => {
      lane.inFlight--;
      this.#inFlight--;
      this.#settle(lane, how, sentUs);
      job.end(how);
      this.#wake?.();
    });
  }

  async #connected(): Promise<Link> {
    if (this.#link && this.#link.dead === undefined) return this.#link;
    this.#link = undefined;
    const link = await this.#ports.connect(this.#closed.signal);
    if (this.#closed.signal.aborted) {
      link[Symbol.dispose]();
      throw this.#closed.signal.reason;
    }
    this.#link = link;
    return link;
  }

  /** Draws the conclusions from how a request ended. */
  #settle(lane: Lane, how: Exchange, sentUs: number): void {
    const nowUs = this.#ports.clock.steadyUs();
    this.#nextSendUs = Math.max(this.#nextSendUs, nowUs + this.#options.pauseMs * 1000);
    if (this.#closed.signal.aborted) return;
    this.#ports.done((nowUs - sentUs) / 1000, how);
    if (how.kind === 'lost' || how.kind === 'garbage') this.#strike(how);
    else if (how.kind !== 'timeout') this.#strikes = 0;
    if (how.kind === 'lost') return;
    // A gateway that answers for a mute unit shows that the connection itself is well.
    if (how.kind !== 'timeout' && how.kind !== 'garbage') {
      this.#lastAnswerUs = nowUs;
      this.#misses = 0;
    }
    if (unanswered(how)) this.#missed(lane, sentUs, nowUs);
    else this.#answered(lane);
  }

  #answered(lane: Lane): void {
    const allSilent = this.#lanes.every((other) => other.breaker.open);
    if (!lane.breaker.answered()) return;
    this.#ports.unit(lane.unit, 'answering');
    if (!allSilent) return;
    this.#nextProbeUs = 0;
    for (const other of this.#lanes) other.breaker.hurry();
  }

  #missed(lane: Lane, sentUs: number, nowUs: number): void {
    if (lane.breaker.open) this.#nextProbeUs = nowUs + PROBE_REST * (nowUs - sentUs);
    // When nobody answers, not each unit by itself has to prove that it is gone.
    const nobody = ++this.#misses >= this.#options.breaker.failures;
    if (lane.breaker.missed(nowUs, nobody)) this.#silence(lane);
    for (const other of nobody ? this.#lanes : []) {
      if (!other.breaker.suspect || other.breaker.open) continue;
      if (other.breaker.missed(nowUs, true)) this.#silence(other);
    }
    const silentMs = (nowUs - this.#lastAnswerUs) / 1000;
    const patienceMs = Math.max(ALL_SILENT_MS, 10 * this.#options.timeoutMs);
    if (silentMs < patienceMs || this.#lanes.some((other) => !other.breaker.open)) return;
    this.#fail(
      new Fault('modbus.silent', `no unit has answered for ${Math.round(silentMs / 1000)} s`, {
        hint: 'The connection stands, but nobody speaks Modbus on it: check the unit numbers and the device.',
      }),
    );
  }

  #silence(lane: Lane): void {
    this.#flush(lane, { kind: 'notSent', why: 'silent' });
    this.#ports.unit(lane.unit, 'silent');
  }

  #strike(how: { readonly kind: 'lost' | 'garbage'; readonly reason: string }): void {
    if (++this.#strikes < MOST_STRIKES) return;
    const hint =
      how.kind === 'lost'
        ? 'Does the device allow one more connection, and from this address?'
        : 'Is this port Modbus TCP, or a gateway that wants transport rtu-over-tcp?';
    const what = how.kind === 'lost' ? 'the connection breaks again and again' : 'only nonsense comes back';
    this.#fail(new Fault(`modbus.${how.kind}`, `${what}: ${how.reason}`, { hint }));
  }

  #fail(fault: Fault): void {
    if (this.#closed.signal.aborted) return;
    this[Symbol.dispose]();
    this.#ports.failed(fault);
  }
}

/** A gateway that says its target is mute tells the same as a time-out of our own. */
const unanswered = (how: Exchange): boolean =>
  how.kind === 'timeout' ||
  how.kind === 'garbage' ||
  (how.kind === 'exception' && (how.code === Exception.gatewayTarget || how.code === Exception.gatewayPath));
