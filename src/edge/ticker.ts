import type { Clock } from '#kernel/clock.ts';

const LONGEST_MS = 1000;

/** Calls back when the next deadline is due, and at least once a second for what has no deadline of its own. */
export class Ticker implements Disposable {
  readonly #clock: Clock;
  readonly #nextUs: () => number;
  readonly #due: () => void;
  #timer: NodeJS.Timeout | undefined;
  #armedUs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, nextUs: () => number, due: () => void) {
    this.#clock = clock;
    this.#nextUs = nextUs;
    this.#due = due;
  }

  /** After every step: cheap unless a deadline moved closer. */
  arm(): void {
    const nextUs = this.#nextUs();
    if (nextUs < this.#armedUs) this.#set(nextUs);
  }

  start(): void {
    this.#set(this.#nextUs());
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#armedUs = Number.NEGATIVE_INFINITY;
  }

  #set(nextUs: number): void {
    clearTimeout(this.#timer);
    const nowUs = this.#clock.steadyUs();
    const waitMs = Math.min(Math.max((nextUs - nowUs) / 1000, 0), LONGEST_MS);
    this.#armedUs = nowUs + waitMs * 1000;
    this.#timer = setTimeout(() => {
      this.#due();
      if (this.#armedUs !== Number.NEGATIVE_INFINITY) this.#set(this.#nextUs());
    }, Math.ceil(waitMs));
  }
}
