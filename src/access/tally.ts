import type { Clock } from '#kernel/clock.ts';

const TELL_AGAIN_US = 60e6;
/** Whoever can change what he is counted by must not fill the memory. */
const MOST_KEYS = 256;

/** Counts what comes in floods: the first of each key is told at once, the others once a minute with their number. */
export class Tally {
  readonly #clock: Pick<Clock, 'steadyUs'>;
  readonly #known = new Map<string, { toldUs: number; since: number }>();
  /** Told in this minute, over all keys. */
  #told = { sinceUs: 0, count: 0 };

  constructor(clock: Pick<Clock, 'steadyUs'>) {
    this.#clock = clock;
  }

  /** @returns how many there were since this key was told last; 0 while it is not to be told */
  count(key: string): number {
    const nowUs = this.#clock.steadyUs();
    const known = this.#known.get(key);
    if (known && nowUs - known.toldUs < TELL_AGAIN_US) {
      known.since++;
      return 0;
    }
    if (!this.#mayTell(nowUs)) {
      if (known) known.since++;
      return 0;
    }
    const [oldest] = this.#known.keys();
    if (!known && this.#known.size >= MOST_KEYS && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, { toldUs: nowUs, since: 0 });
    return (known?.since ?? 0) + 1;
  }

  /** Keys that change with every attempt are a flood as well. */
  #mayTell(nowUs: number): boolean {
    if (nowUs - this.#told.sinceUs >= TELL_AGAIN_US) this.#told = { sinceUs: nowUs, count: 0 };
    return this.#told.count++ < MOST_KEYS;
  }
}
