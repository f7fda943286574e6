import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { within } from '#kernel/within.ts';

/** Payloads under way to the broker: more would only wait in the memory of this process. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Messages sent and not yet confirmed, and the one who waits for them. */
export class Flight {
  readonly #most: number;
  #open = 0;
  #bytes = 0;
  #fault: Fault | undefined;
  #wakeAt = 0;
  #wake: (() => void) | undefined;

  /** @param most messages */
  constructor(most: number) {
    this.#most = most;
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Whether a message must wait; one alone may have any size. */
  isFull(bytes: number): boolean {
    return this.#open >= this.#most || (this.#open > 0 && this.#bytes + bytes > MOST_BYTES);
  }

  left(bytes: number): void {
    this.#open++;
    this.#bytes += bytes;
  }

  landed(bytes: number): void {
    this.#open--;
    this.#bytes -= bytes;
    if (this.#open <= this.#wakeAt) this.#wake?.();
  }

  /** Nothing that is open will land. */
  fail(fault: Fault): void {
    this.#fault ??= fault;
    this.#wake?.();
  }

  /**
   * Waits until something has landed. What is sent at once then carries the acknowledgement of TCP with it: a broker that
   * gathers its small answers (Nagle) would otherwise hold them back for 40 ms each time.
   */
  async room(timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
    await this.#until(this.#open - 1, timeoutMs, clock, signal);
  }

  /**
   * Waits until all have landed.
   * @throws Fault of `fail`; `mqtt.unconfirmed` when nothing lands for so long; the signal's reason
   */
  async end(timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
    while (this.#open > 0) await this.#until(this.#open >> 1, timeoutMs, clock, signal);
    if (this.#fault) throw this.#fault;
  }

  async #until(open: number, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
    if (this.#fault) throw this.#fault;
    const landed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wakeAt = open;
    const first = await within(landed, timeoutMs, 'late', clock, signal);
    this.#wake = undefined;
    if (first === 'late') {
      signal.throwIfAborted();
      throw unconfirmed(this.#open, timeoutMs);
    }
    if (this.#fault) throw this.#fault;
  }
}

const unconfirmed = (open: number, timeoutMs: number): Fault =>
  new Fault('mqtt.unconfirmed', `the broker left ${open} messages unconfirmed for ${timeoutMs} ms`, {
    hint: 'Look at the load and the disk of the broker; the messages are sent again.',
  });
