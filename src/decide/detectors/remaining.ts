import type { Detector, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { Course } from '#decide/detectors/course.ts';
import { cholesky, solve } from '#decide/detectors/matrix.ts';
import { Projection } from '#decide/detectors/projection.ts';
import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import { deviation, mean, quantile } from '#decide/detectors/statistics.ts';
import { figure } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link RemainingLife}. */
export interface RemainingSettings {
  /** More moments than this are all the same: far away. */
  readonly most: number;
  /** It is found when the lower end of the interval comes down to this many moments. */
  readonly warn: number;
  /** How many functions what was seen is projected upon, how narrow they are, and how strongly they are held down. */
  readonly functions: number;
  readonly narrow: number;
  readonly hold: number;
}

/** The best of a few by cross-validation over the runs of turbofan engines that bench/detect learns from. */
export const REMAINING: RemainingSettings = {
  most: 125,
  warn: 30,
  functions: 400,
  narrow: 0.002,
  hold: 0.03,
};

/** Parts that the runs are divided into to see how wrong an estimate is for runs that it has not seen. */
const PARTS = 5;
/** Bands of estimates whose errors are kept apart: near the end they are smaller. */
const BANDS = 5;
const LOW = 0.1;
const HIGH = 0.9;

/** Learns {@link RemainingLife} from runs, each of which went on until the end of its life. */
export function learnRemaining(runs: readonly Period[], settings: RemainingSettings = REMAINING): Learned {
  const signals = runs[0]?.signals ?? [];
  const all = signals.map((_, i) =>
    Float64Array.from(runs.flatMap(({ columns }) => [...(columns[i] ?? [])])),
  );
  // A signal that never moves, or only between two values, says nothing of wear.
  const used = all.map((column) => new Set(column).size > 2 && deviation(column) > 1e-9);
  const centre = all.map(mean);
  const scale = all.map((column) => deviation(column) || 1);
  const rows: Float64Array[] = [];
  const left: number[] = [];
  const part: number[] = [];
  for (const [run, { columns }] of runs.entries()) {
    const course = new Course(used, centre, scale);
    const values = new Float64Array(signals.length);
    const length = columns[0]?.length ?? 0;
    for (let row = 0; row < length; row++) {
      for (let i = 0; i < values.length; i++) values[i] = columns[i]?.[row] as number;
      rows.push(Float64Array.from(course.take(values)));
      left.push(Math.min(settings.most, length - 1 - row));
      part.push(run % PARTS);
    }
  }
  const width = rows[0]?.length ?? 0;
  const columnOf = (i: number): Float64Array => Float64Array.from(rows, (row) => row[i] as number);
  const means = Array.from({ length: width }, (_, i) => mean(columnOf(i)));
  const scales = Array.from({ length: width }, (_, i) => deviation(columnOf(i)) || 1);
  const projection = new Projection(settings, means, scales);
  const points = rows.map((row) => Float64Array.from(projection.take(row)));
  const offset = mean(left);
  const parts = Array.from({ length: PARTS }, (_, p) => sums(points, left, offset, (row) => part[row] === p));
  const errors: [number, number][] = [];
  for (let p = 0; p < PARTS; p++) {
    const weights = fit(
      parts.filter((_, other) => other !== p),
      settings.hold,
    );
    for (const [row, point] of points.entries()) {
      if (part[row] !== p) continue;
      const estimate = bounded(offset + dot(weights, point), settings.most);
      errors.push([estimate, (left[row] as number) - estimate]);
    }
  }
  const bands = Array.from({ length: BANDS }, (_, band) => {
    const own = errors
      .filter(([estimate]) => bandOf(estimate, settings.most) === band)
      .map(([, error]) => error);
    return own.length > 0 ? [quantile(own, LOW), quantile(own, HIGH)] : [-settings.most, settings.most];
  });
  const weights = [...fit(parts, settings.hold)];
  return {
    kind: 'remaining-life',
    signals,
    settings: { ...settings },
    state: { used, centre, scale, means, scales, offset, weights, bands },
  };
}

interface Sums {
  readonly squares: Float64Array;
  readonly products: Float64Array;
}

function sums(
  points: readonly Float64Array[],
  left: readonly number[],
  offset: number,
  has: (row: number) => boolean,
): Sums {
  const size = points[0]?.length ?? 0;
  const squares = new Float64Array(size * size);
  const products = new Float64Array(size);
  for (const [row, point] of points.entries()) {
    if (!has(row)) continue;
    const target = (left[row] as number) - offset;
    for (let r = 0; r < size; r++) {
      const a = point[r] as number;
      products[r] = (products[r] as number) + a * target;
      for (let c = 0, at = r * size; c <= r; c++, at++)
        squares[at] = (squares[at] as number) + a * (point[c] as number);
    }
  }
  return { squares, products };
}

/** Weights of least squares, held down. */
function fit(parts: readonly Sums[], hold: number): Float64Array {
  const size = parts[0]?.products.length ?? 0;
  const matrix = new Float64Array(size * size);
  const weights = new Float64Array(size);
  for (const { squares, products } of parts) {
    for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] as number) + (squares[i] as number);
    for (let i = 0; i < size; i++) weights[i] = (weights[i] as number) + (products[i] as number);
  }
  for (let i = 0; i < size; i++) matrix[i * size + i] = (matrix[i * size + i] as number) + hold;
  const lower = cholesky(matrix, size);
  if (!lower) throw new RangeError('sums of squares that are held down are positive definite');
  solve(lower, size, weights);
  return weights;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const bounded = (value: number, most: number): number => Math.min(most, Math.max(0, value));
const bandOf = (estimate: number, most: number): number =>
  Math.min(BANDS - 1, Math.floor((estimate / most) * BANDS));

/**
 * How many moments are left until the end of life, learned from runs that went to their end: kernel ridge regression upon
 * random cosine functions (Rahimi and Recht 2007) of how the signals went so far. The interval holds four of five of the
 * errors that were made on runs which that estimate had not learned from.
 */
export class RemainingLife implements Detector {
  readonly learned: Learned;
  readonly #settings: RemainingSettings;
  readonly #state: RemainingState;
  readonly #weights: Float64Array;
  readonly #course: Course;
  readonly #projection: Projection;
  /** Moments that are left, and the ends of their interval; NaN before the first moment. */
  estimate = Number.NaN;
  low = Number.NaN;
  high = Number.NaN;
  #sinceUs = Number.NaN;

  constructor(learned: Learned) {
    this.learned = learned;
    this.#settings = learned.settings as unknown as RemainingSettings;
    this.#state = learned.state as unknown as RemainingState;
    this.#weights = Float64Array.from(this.#state.weights);
    this.#course = new Course(this.#state.used, this.#state.centre, this.#state.scale);
    this.#projection = new Projection(this.#settings, this.#state.means, this.#state.scales);
  }

  observe(values: Float64Array, timeUs: number): void {
    const point = this.#projection.take(this.#course.take(values));
    const { most, warn } = this.#settings;
    this.estimate = bounded(this.#state.offset + dot(this.#weights, point), most);
    const band = this.#state.bands[bandOf(this.estimate, most)];
    this.low = bounded(this.estimate + (band?.[0] ?? -most), most);
    this.high = bounded(this.estimate + (band?.[1] ?? most), most);
    if (this.low > warn) this.#sinceUs = Number.NaN;
    else if (!this.found) this.#sinceUs = timeUs;
  }

  renew(): void {
    this.#course.reset();
    this.estimate = Number.NaN;
    this.low = Number.NaN;
    this.high = Number.NaN;
    this.#sinceUs = Number.NaN;
  }

  get ratio(): number {
    return (this.#settings.warn + 1) / (this.low + 1);
  }

  get found(): boolean {
    return !Number.isNaN(this.#sinceUs);
  }

  get sinceUs(): number {
    return this.#sinceUs;
  }

  reasons(): readonly Reason[] {
    const sum = this.#course.away.reduce((all, one) => all + Math.abs(one), 0) || 1;
    const left = `about ${figure(Math.round(this.estimate))} moments are left (${figure(Math.round(this.low))} to ${figure(Math.round(this.high))})`;
    return this.learned.signals
      .map((signal, i): Reason => {
        const away = this.#course.away[i] as number;
        const centre = this.#state.centre[i] as number;
        const value = centre + away * (this.#state.scale[i] as number);
        const text = `${left}; ${signal} is at ${figure(value)}, on average of all lives ${figure(centre)}`;
        return { signal, share: Math.abs(away) / sum, value, expected: centre, deviation: away, text };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  snapshot(): Json {
    return { course: [...this.#course.state], sinceUs: this.found ? this.#sinceUs : null };
  }

  restore(from: Json): void {
    const { course, sinceUs } = objectOf(from);
    const kept = numbersOf(course, this.#course.state.length);
    if (!kept) return;
    this.#course.state.set(kept);
    this.#sinceUs = typeof sinceUs === 'number' ? sinceUs : Number.NaN;
  }
}

interface RemainingState {
  readonly used: readonly boolean[];
  readonly centre: readonly number[];
  readonly scale: readonly number[];
  readonly means: readonly number[];
  readonly scales: readonly number[];
  readonly offset: number;
  readonly weights: readonly number[];
  readonly bands: readonly (readonly [number, number])[];
}
