import { quantile } from '#decide/detectors/statistics.ts';

/** How long until a line through the values meets a limit. */
export interface TimeLeft {
  /** From the newest value; 0 where it is beyond already, Infinity where the line does not lead there. */
  readonly us: number;
  /** The line is somewhere in here with 80 %; the later end may be Infinity. */
  readonly fromUs: number;
  readonly toUs: number;
}

/** A normal variable is between −this and this in four cases of five. */
const FOUR_OF_FIVE = 1.2816;
/** Values before a line says something. */
const FEW = 10;
const MOST_KIN = 0.95;

/**
 * A straight line through values by the median of the slopes of all pairs (Theil 1950): a quarter of them may be far off and
 * it stays where it is. How sure its slope is comes from the ranks of these slopes (Sen 1968); noise that is kin to itself
 * makes it less sure than it looks, so the ranks are widened by the kinship of neighbours.
 */
export class Trend {
  /** In units a µs. */
  readonly slope: number;
  /** The line at the newest value. */
  readonly newest: number;
  /** Slope of the newer half alone: a step in the middle is no slope there. */
  readonly newer: number;
  /** Middle of the line: time from the newest value, which is not above 0, and value. */
  readonly #middleUs: number;
  readonly #middle: number;
  readonly #slopes: Float64Array;
  /** Deviation of the number of slopes above 0 less those below, where there is no trend. */
  readonly #spread: number;

  private constructor(x: Float64Array, y: Float64Array) {
    const size = x.length;
    const all = slopesOf(x, y, 0);
    this.#slopes = all;
    this.slope = middleOf(all);
    this.newer = middleOf(slopesOf(x, y, size >> 1));
    this.newest = quantile(
      y.map((one, i) => one - this.slope * (x[i] as number)),
      0.5,
    );
    this.#middleUs = x.reduce((sum, one) => sum + one, 0) / size;
    this.#middle = this.newest + this.slope * this.#middleUs;
    const kin = this.#kin(x, y);
    this.#spread = Math.sqrt((((size * (size - 1) * (2 * size + 5)) / 18) * (1 + kin)) / (1 - kin));
  }

  /**
   * @param timeUs ascending. @param value as many; NaN is passed over
   * @returns undefined where there are too few values, or all at one time
   */
  static of(timeUs: ArrayLike<number>, value: ArrayLike<number>): Trend | undefined {
    const rows = Array.from(timeUs, (_, i) => i).filter((i) => Number.isFinite(value[i]));
    const newest = rows.at(-1);
    if (newest === undefined || rows.length < FEW) return undefined;
    const x = Float64Array.from(rows, (i) => (timeUs[i] as number) - (timeUs[newest] as number));
    if (x[0] === 0) return undefined;
    return new Trend(
      x,
      Float64Array.from(rows, (i) => value[i] as number),
    );
  }

  /** Kinship of what the line leaves. A line through few values takes some of it away: that is put back (after Kendall 1954). */
  #kin(x: Float64Array, y: Float64Array): number {
    const rest = y.map((one, i) => one - this.newest - this.slope * (x[i] as number));
    let [own, next] = [0, 0];
    for (let i = 0; i < rest.length; i++) {
      own += (rest[i] as number) ** 2;
      if (i > 0) next += (rest[i] as number) * (rest[i - 1] as number);
    }
    const kin = own > 0 ? next / own : 0;
    return Math.min(MOST_KIN, Math.max(0, kin + (2 + 4 * kin) / rest.length));
  }

  /** @param deviations how sure: 1.2816 for four of five. @returns ends of the slope; infinite where there are too few values */
  slopes(deviations: number): readonly [low: number, high: number] {
    const all = this.#slopes;
    const off = Math.floor((all.length - deviations * this.#spread) / 2) - 1;
    if (off < 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return [all[off] as number, all[all.length - 1 - off] as number];
  }

  /** @param side where the forbidden side of the limit is */
  until(limit: number, side: 'above' | 'below'): TimeLeft {
    const sign = side === 'above' ? 1 : -1;
    const [low, high] = this.slopes(FOUR_OF_FIVE);
    const slopes = side === 'above' ? [high, low] : [low, high];
    const [fromUs = 0, toUs = 0] = slopes.map((slope) =>
      // Every line goes through the middle of the values, whichever its slope is.
      reached(sign * (this.#middle - slope * this.#middleUs - limit), sign * slope),
    );
    return { us: reached(sign * (this.newest - limit), sign * this.slope), fromUs, toUs };
  }
}

/** Slopes of all pairs from a row on, ascending; those of two rows at one time are left out. */
function slopesOf(x: Float64Array, y: Float64Array, from: number): Float64Array {
  const rows = x.length - from;
  const slopes = new Float64Array((rows * (rows - 1)) / 2);
  let count = 0;
  for (let a = from; a < x.length; a++) {
    for (let b = a + 1; b < x.length; b++) {
      const between = (x[b] as number) - (x[a] as number);
      if (between > 0) slopes[count++] = ((y[b] as number) - (y[a] as number)) / between;
    }
  }
  return slopes.subarray(0, count).sort();
}

function middleOf(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/**
 * Time left of a signal that goes towards a limit, with its interval.
 * @param timeUs ascending. @param value as many; NaN is passed over
 * @param side where the forbidden side of the limit is
 * @returns undefined where there are too few values, or all at one time
 */
export const timeToLimit = (
  timeUs: ArrayLike<number>,
  value: ArrayLike<number>,
  limit: number,
  side: 'above' | 'below',
): TimeLeft | undefined => Trend.of(timeUs, value)?.until(limit, side);

/** @param now distance beyond the limit, negative on its good side. @param slope towards the limit, in units a µs */
function reached(now: number, slope: number): number {
  if (now >= 0) return 0;
  return slope > 0 ? -now / slope : Number.POSITIVE_INFINITY;
}
