import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import type { Json } from '#kernel/event.ts';

export const HOURS = 24;
const HOUR_US = 3600e6;
const FURTHEST = 4;
const FOLLOW = 0.1;
const SPREAD = 0.002;
const LEVEL = 0.005;

/** What a signal is at each hour of the day (UTC), learned as it comes, and how far a value is from that. */
export class HourOfDay {
  readonly #mean = new Float64Array(HOURS);
  readonly #count = new Float64Array(HOURS);
  /** Variance of the remainder, level over all hours, moments. */
  readonly #all = new Float64Array(3);
  /** What is left of the newest value without its hour. */
  remainder = 0;
  /** Of the newest value: what its hour had made expect. */
  expected = Number.NaN;

  /** @returns the remainder in usual deviations, with its sign; 0 while the hour is new */
  take(value: number, timeUs: number): number {
    const hour = ((Math.floor(timeUs / HOUR_US) % HOURS) + HOURS) % HOURS;
    const all = this.#all;
    const seen = this.#count[hour] as number;
    const n = (all[2] as number) + 1;
    this.expected = seen > 1 ? (this.#mean[hour] as number) : n > 1 ? (all[1] as number) : value;
    const rest = value - this.expected;
    this.remainder = rest;
    const spread = Math.sqrt(all[0] as number);
    const far = seen > 1 && spread > 0 ? rest / spread : 0;
    const bounded = Math.abs(far) > FURTHEST ? Math.sign(rest) * FURTHEST * spread : rest;
    const weight = Math.max(FOLLOW, 1 / (seen + 1));
    const from = seen > 0 ? (this.#mean[hour] as number) : value - bounded;
    this.#mean[hour] = from + (seen > 1 ? weight * bounded : weight * (value - from));
    this.#count[hour] = seen + 1;
    if (seen > 0)
      all[0] = (all[0] as number) + Math.max(SPREAD, 1 / n) * (bounded * bounded - (all[0] as number));
    all[1] = (all[1] as number) + Math.max(LEVEL, 1 / n) * (value - (all[1] as number));
    all[2] = n;
    return far;
  }

  snapshot(): Json {
    return { mean: [...this.#mean], count: [...this.#count], all: [...this.#all] };
  }

  restore(from: Json | undefined): void {
    const kept = objectOf(from);
    const [mean, count, all] = [
      numbersOf(kept.mean, HOURS),
      numbersOf(kept.count, HOURS),
      numbersOf(kept.all, 3),
    ];
    if (!mean || !count || !all) return;
    this.#mean.set(mean);
    this.#count.set(count);
    this.#all.set(all);
  }
}
