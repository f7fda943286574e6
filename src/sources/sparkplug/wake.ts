import type { Clock } from '#kernel/clock.ts';

/** One timer for many deadlines: whoever is woken says when it wants to be woken next. */
export class Wake {
  readonly #clock: Clock;
  readonly #onDue: () => number;
  readonly #ended = new AbortController();
  #sleeping: AbortController | undefined;
  #atUs = Number.POSITIVE_INFINITY;

  /** @param onDue called when a deadline is there. @returns steady time of the next one; Infinity for none */
  constructor(clock: Clock, onDue: () => number) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** There is a deadline at this steady time. */
  at(us: number): void {
    if (us >= this.#atUs || this.#ended.signal.aborted) return;
    this.#sleeping?.abort();
    this.#atUs = us;
    const sleeping = new AbortController();
    this.#sleeping = sleeping;
    const signal = AbortSignal.any([sleeping.signal, this.#ended.signal]);
    const ms = Math.max(0, Math.ceil((us - this.#clock.steadyUs()) / 1000));
    this.#clock.sleep(ms, signal).then(
      () => this.#due(),
      () => {}, // an earlier deadline, or the end
    );
  }

  close(): void {
    this.#ended.abort();
  }

  #due(): void {
    this.#atUs = Number.POSITIVE_INFINITY;
    this.#sleeping = undefined;
    this.at(this.#onDue());
  }
}
