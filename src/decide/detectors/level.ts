import { numbersOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

/** Deviations further out than this count as this far when a spread is learned: a fault must not teach that it is usual. */
const FURTHEST = 4;
const SETTLED = 20;
const FIELDS = 5;

/** How far a smoothed level is from a slow one, in usual deviations of that distance; both follow for ever. */
export class LevelShift {
  readonly #fast: number;
  readonly #slow: number;
  /** Level, baseline, variance of their distance, moments, moments since the level had settled. */
  readonly #state = new Float64Array(FIELDS);

  /** @param fast weight of the newest value in the level. @param slow the same in the baseline */
  constructor(fast: number, slow: number) {
    this.#fast = fast;
    this.#slow = slow;
  }

  get level(): number {
    return this.#state[0] as number;
  }

  get base(): number {
    return this.#state[1] as number;
  }

  /** @returns with its sign; 0 until there is something to compare with */
  take(value: number): number {
    const state = this.#state;
    const n = (state[3] as number) + 1;
    const level = (state[0] as number) + Math.max(this.#fast, 1 / n) * (value - (state[0] as number));
    const base = (state[1] as number) + Math.max(this.#slow, 1 / n) * (value - (state[1] as number));
    state[0] = level;
    state[1] = base;
    state[3] = n;
    // Before that both are the same mean.
    if (n * this.#fast < 2) return 0;
    const k = (state[4] as number) + 1;
    const away = level - base;
    const spread = Math.sqrt(state[2] as number);
    const far = k > SETTLED && spread > 0 ? away / spread : 0;
    const bounded = Math.abs(far) > FURTHEST ? FURTHEST * spread : away;
    state[2] =
      (state[2] as number) + Math.max(this.#slow, 1 / k) * (bounded * bounded - (state[2] as number));
    state[4] = k;
    return far;
  }

  snapshot(): Json {
    return [...this.#state];
  }

  restore(from: Json | undefined): void {
    const kept = numbersOf(from, FIELDS);
    if (kept) this.#state.set(kept);
  }
}
