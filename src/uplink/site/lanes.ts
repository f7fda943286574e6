import type { Carried, EventLane } from '#journal/api.ts';
import { FRAME_BYTES } from '../frames.ts';
import type { FromSite, Lane } from '../messages.ts';
import type { UplinkPorts } from './api.ts';
import { Flight } from './flight.ts';

/** Raw bytes of a frame: one is under way for a moment only, so that an event can pass soon. */
const BLOCK_BYTES = 256 * 1024;
/** By which a frame may be late. */
const SLACK_US = 500_000;
const LIST_BYTES = 64 * 1024;
/** A hub that has not confirmed what was sent before gets this much time before the next few samples go all the same. */
const MOST_HELD_US = 5_000_000;

/** One lane with a position: what was sent, what is confirmed, what was looked at. */
abstract class PositionedLane<L extends Lane> {
  readonly lane: L;
  protected readonly ports: UplinkPorts;
  readonly #flight: Flight;
  /** Up to here it was sent in this session. */
  protected sent: number;
  /** Up to here nothing more is to be sent: beyond `sent` there was nothing of this lane. */
  protected seen: number;

  constructor(lane: L, position: number, ports: UplinkPorts) {
    this.lane = lane;
    this.ports = ports;
    this.sent = position;
    this.seen = position;
    this.#flight = new Flight(ports.clock);
  }

  /** Whether there may be something to send, and room for it on the way. */
  get isReady(): boolean {
    return this.seen < this.ports.journal.durableSeq && !this.#flight.isFull;
  }

  /** Something is sent and not confirmed. */
  protected get isUnderWay(): boolean {
    return !this.#flight.isEmpty;
  }

  left(upTo: number, count: number, bytes: number): void {
    this.sent = upTo;
    this.#flight.left(upTo, count, bytes);
  }

  /** What the hub answers at once, without storing anything, took so long. */
  answered(tookUs: number): void {
    this.#flight.answered(tookUs);
  }

  confirmed(upTo: number): void {
    const count = this.#flight.confirmed(upTo);
    if (count !== undefined) this.ports.stored(this.lane, upTo, count);
  }
}

export interface Outgoing {
  readonly message: FromSite;
  readonly upTo: number;
  readonly count: number;
}

export class EventsLane extends PositionedLane<EventLane> {
  /** @returns undefined when there is nothing */
  async next(): Promise<Outgoing | undefined> {
    while (this.isReady) {
      const { bytes, upTo, count, full } = await this.ports.feed.events(this.lane, this.seen, LIST_BYTES);
      this.seen = upTo;
      if (bytes) {
        const message = { kind: 'events', lane: this.lane, after: this.sent, upTo, list: bytes } as const;
        return { message, upTo, count };
      }
      if (!full) return undefined;
    }
    return undefined;
  }
}

export class HistoryLane extends PositionedLane<'history'> {
  readonly #everyUs: number;
  #dueAtUs = 0;
  #leftAtUs = 0;
  #currentAtUs = Number.NEGATIVE_INFINITY;

  constructor(position: number, ports: UplinkPorts, everyMs: number) {
    super('history', position, ports);
    this.#everyUs = everyMs * 1000;
  }

  /** Steady time from which on it has something to send; only while it is behind. */
  get dueAtUs(): number {
    return Math.max(this.#dueAtUs, this.#heldUntilUs);
  }

  /**
   * Few samples wait until those before them are confirmed (as Nagle has it, RFC 896): a hub that has thousands of sites gets
   * larger frames when it cannot keep up with small ones. A backlog is not held back.
   */
  get #heldUntilUs(): number {
    return this.#dueAtUs > 0 && this.isUnderWay ? this.#leftAtUs + MOST_HELD_US : 0;
  }

  override left(upTo: number, count: number, bytes: number): void {
    this.#leftAtUs = this.ports.clock.steadyUs();
    super.left(upTo, count, bytes);
  }

  /**
   * Whether what it sends is of the present: then nothing else has to say what is now. It is not where the disk takes
   * nothing any more.
   */
  get isCurrent(): boolean {
    const { clock, journal } = this.ports;
    return this.seen >= journal.seq || clock.steadyUs() < this.currentUntilUs;
  }

  /** Steady time; after it, only while nothing new has come. */
  get currentUntilUs(): number {
    const heldUs = this.#heldUntilUs > 0 ? MOST_HELD_US : 0;
    return this.#currentAtUs + 2 * this.#everyUs + SLACK_US + heldUs;
  }

  get isDue(): boolean {
    return this.isReady && this.ports.clock.steadyUs() >= this.dueAtUs;
  }

  /** @returns undefined when there is nothing */
  async next(): Promise<Outgoing | undefined> {
    for (;;) {
      const carried = await this.#read(BLOCK_BYTES);
      const { bytes, upTo, count, full } = carried;
      this.seen = upTo;
      const nowUs = this.ports.clock.steadyUs();
      this.#dueAtUs = full ? 0 : nowUs + this.#everyUs;
      if (!full) this.#currentAtUs = nowUs;
      if (bytes) return { message: { kind: 'history', after: this.sent, upTo, block: bytes }, upTo, count };
      if (!full) return undefined;
    }
  }

  /** One entry that no frame can hold becomes a gap, told to both sides. */
  async #read(limitBytes: number): Promise<Carried> {
    const carried = await this.ports.feed.block(this.lane, this.seen, limitBytes);
    for (const what of carried.damage) this.ports.damage(what);
    if (carried.lostRows) this.ports.lost(carried.upTo, carried.lostRows);
    if (!carried.bytes || carried.bytes.length < FRAME_BYTES - 64) return carried;
    if (limitBytes > 1) return await this.#read(1);
    const atUs = carried.receivedUs ?? this.ports.clock.nowUs();
    this.ports.gap({ tags: 'all', fromUs: atUs, toUs: atUs, count: carried.count, reason: 'too-large' });
    this.ports.lost(carried.upTo, carried.count);
    return { ...carried, bytes: undefined };
  }
}
