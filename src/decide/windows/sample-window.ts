import { SlidingAggregate } from '#decide/windows/sliding-aggregate.ts';

/** Parts that a window is divided into at most: a window of 10 s tells rows apart that lie 9.8 ms from each other. */
const CELLS = 1024;

export type SampleFunction = 'mean' | 'min' | 'max' | 'rate' | 'stddev' | 'rms' | 'count';

/**
 * The rows of one tag that lie no longer than `lengthUs` back, for all window functions at once.
 *
 * - Good and uncertain rows count, one each: `mean` is the mean of the rows, not weighted by time.
 * - A window is unknown while the newest row is bad, and before the first row. Bad rows do not enter.
 * - A tag that reports by exception may be silent for long although it is healthy (a dead one turns bad). So the
 *   newest good row stays in force: with no row inside, mean, min and max are its value, rms its magnitude, stddev and
 *   rate are 0; `count` counts rows inside only.
 * - `rate` is the slope of the least-squares line, in units a second; with a single row inside, the slope from the row
 *   before it. Unknown when there is none, or when all rows have one time.
 * - `stddev` is that of a sample (n − 1), 0 for a single row.
 * - Memory is bounded: rows within 1/1024 of the length share a cell and leave with the oldest of them, so the begin
 *   of a window is sharp to 0.1 % of its length.
 */
export class SampleWindow {
  readonly lengthUs: number;
  #cells: SlidingAggregate;
  #originUs = Number.NaN;
  #newestUs = Number.NEGATIVE_INFINITY;
  #held = Number.NaN;
  #slope = Number.NaN;
  #known = false;

  constructor(lengthUs: number) {
    this.lengthUs = lengthUs;
    this.#cells = new SlidingAggregate(lengthUs / CELLS);
  }

  /** Goes on with the rows of another one of the same length, which is of no use afterwards. */
  adopt(earlier: SampleWindow): void {
    this.#cells = earlier.#cells;
    this.#originUs = earlier.#originUs;
    this.#newestUs = earlier.#newestUs;
    this.#held = earlier.#held;
    this.#slope = earlier.#slope;
    this.#known = earlier.#known;
  }

  /** @param timeUs steady; a time before the newest row's counts as that */
  add(timeUs: number, value: number, bad: boolean): void {
    this.#known = !bad && Number.isFinite(value);
    if (!this.#known) return;
    if (Number.isNaN(this.#originUs)) this.#originUs = timeUs;
    const atUs = Math.max(timeUs, this.#newestUs);
    this.#slope = atUs > this.#newestUs ? ((value - this.#held) * 1e6) / (atUs - this.#newestUs) : Number.NaN;
    this.#newestUs = atUs;
    this.#held = value;
    this.#cells.drop(this.#newestUs - this.lengthUs);
    this.#cells.add(this.#newestUs, (this.#newestUs - this.#originUs) / 1e6, value);
  }

  /** NaN when unknown. */
  value(fn: SampleFunction, nowUs: number): number {
    if (!this.#known) return Number.NaN;
    this.#cells.drop(Math.max(nowUs, this.#newestUs) - this.lengthUs);
    const all = this.#cells.total();
    if (all === undefined) return heldValue(fn, this.#held);
    switch (fn) {
      case 'count':
        return all.n;
      case 'mean':
        return all.mean;
      case 'min':
        return all.min;
      case 'max':
        return all.max;
      case 'rms':
        return Math.sqrt(all.m2 / all.n + all.mean ** 2);
      case 'stddev':
        return all.n < 2 ? 0 : Math.sqrt(all.m2 / (all.n - 1));
      case 'rate':
        return all.n === 1 ? this.#slope : all.slope;
    }
  }

  /** When the value changes by time alone; Infinity when it does not. */
  nextChangeUs(): number {
    return this.#known ? this.#cells.oldestUs + this.lengthUs : Number.POSITIVE_INFINITY;
  }
}

function heldValue(fn: SampleFunction, held: number): number {
  if (fn === 'count' || fn === 'rate' || fn === 'stddev') return 0;
  return fn === 'rms' ? Math.abs(held) : held;
}
