import type { Clock } from '#kernel/clock.ts';

/** Long enough to make guessing slow; nobody is ever locked out (IEC 62443-3-3 clause 4.2). */
const WAIT_MS = 500;
/** Above this many waiting at once, further ones are answered at once: a flood must not hold memory. */
const MOST_WAITING = 32;

/** Lets whoever brings a wrong token wait for his answer. */
export class LateRefusal {
  readonly #clock: Pick<Clock, 'sleep'>;
  #waiting = 0;

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  async wait(): Promise<void> {
    if (this.#waiting >= MOST_WAITING) return;
    this.#waiting++;
    await this.#clock.sleep(WAIT_MS);
    this.#waiting--;
  }
}
