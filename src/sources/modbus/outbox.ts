import { BatchBuilder } from '#kernel/batch.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Delivery } from '#plugin/api.ts';

/** Collects the rows of the answers that arrive until somebody reads: ready together, they leave together. */
export class Outbox {
  readonly rows = new BatchBuilder();
  readonly #limitRows: number;
  readonly #nowUs: () => number;
  #gaps: Gap[] = [];
  /** Rows that must not be mixed with later ones. */
  readonly #sealed: Delivery[] = [];
  #fault: Fault | undefined;
  #receivedUs = 0;
  #wake: (() => void) | undefined;

  /** @param limitRows rows unread at which polling pauses */
  constructor(limitRows: number, nowUs: () => number) {
    this.#limitRows = limitRows;
    this.#nowUs = nowUs;
  }

  /** Nobody has read for long: polling pauses, which loses nothing, since the device still has its values. */
  get full(): boolean {
    return this.rows.rows >= this.#limitRows;
  }

  gap(gap: Gap): void {
    this.#gaps.push(gap);
  }

  /** What was added so far may leave. */
  ready(): void {
    this.#receivedUs = this.#nowUs();
    this.#wake?.();
  }

  /** What was added so far leaves by itself, with the time at which it was ready. */
  seal(): void {
    if (this.rows.rows > 0 || this.#gaps.length > 0) this.#sealed.push(this.#take());
  }

  /** The end: what is inside can still be read. */
  fail(fault: Fault): void {
    this.#fault ??= fault;
    this.#wake?.();
  }

  /** @throws Fault given to `fail`, once all is read; the signal's reason when aborted */
  async read(signal: AbortSignal): Promise<Delivery> {
    for (;;) {
      signal.throwIfAborted();
      const sealed = this.#sealed.shift();
      if (sealed) return sealed;
      if (this.rows.rows > 0 || this.#gaps.length > 0) return this.#take();
      if (this.#fault) throw this.#fault;
      await this.#more(signal);
    }
  }

  #take(): Delivery {
    const batch = this.rows.take({ receivedUs: this.#receivedUs });
    const gaps = this.#gaps;
    this.#gaps = [];
    return gaps.length > 0 ? { batch, gaps } : { batch };
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
