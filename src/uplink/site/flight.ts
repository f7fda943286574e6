import type { Clock } from '#kernel/clock.ts';

const LEAST_BYTES = 16 * 1024;
const MOST_BYTES = 2 * 2 ** 20;
/**
 * A confirmation that takes so much longer than the way there and back shows that frames wait somewhere, where nothing can
 * pass them: what is said of now would be late by as much.
 */
const SLOW_US = 400_000;
const QUICK_US = SLOW_US / 2;

interface Sent {
  readonly upTo: number;
  readonly count: number;
  readonly bytes: number;
  readonly atUs: number;
}

/**
 * What a lane has under way, oldest first. How much may be is found by trying: twice as much while confirmations come
 * quickly, half when they come late, so that an event never waits behind megabytes of history.
 */
export class Flight {
  readonly #clock: Clock;
  #sent: Sent[] = [];
  #bytes = 0;
  #limitBytes = LEAST_BYTES * 4;
  #wasFull = false;
  #wayUs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One frame is always allowed. */
  get isFull(): boolean {
    const full = this.#bytes > 0 && this.#bytes >= this.#limitBytes;
    if (full) this.#wasFull = true;
    return full;
  }

  get isEmpty(): boolean {
    return this.#sent.length === 0;
  }

  left(upTo: number, count: number, bytes: number): void {
    this.#sent.push({ upTo, count, bytes, atUs: this.#clock.steadyUs() });
    this.#bytes += bytes;
  }

  /** @returns rows or events that are confirmed by it; undefined where nothing under way ends there */
  confirmed(upTo: number): number | undefined {
    const end = this.#sent.findIndex((one) => one.upTo === upTo);
    if (end < 0) return undefined;
    let count = 0;
    for (const one of this.#sent.splice(0, end + 1)) {
      count += one.count;
      this.#bytes -= one.bytes;
      this.#adapt(this.#clock.steadyUs() - one.atUs);
    }
    return count;
  }

  /** An answer came after so long: the quickest of a connection is its way, be it by satellite. */
  answered(tookUs: number): void {
    this.#wayUs = Math.min(this.#wayUs, tookUs);
  }

  #adapt(tookUs: number): void {
    this.answered(tookUs);
    const longerUs = tookUs - this.#wayUs;
    if (longerUs > SLOW_US) this.#limitBytes = Math.max(LEAST_BYTES, this.#limitBytes / 2);
    else if (longerUs < QUICK_US && this.#wasFull)
      this.#limitBytes = Math.min(MOST_BYTES, this.#limitBytes * 2);
    this.#wasFull = false;
  }
}
