import type { Detector, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { Episode } from '#decide/detectors/episode.ts';
import { cholesky, solve } from '#decide/detectors/matrix.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import { deviation, mean, quantile } from '#decide/detectors/statistics.ts';
import { figure, times } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Relation}. */
export interface RelationSettings {
  /** Weight of the newest moment in the smoothed difference. */
  readonly weight: number;
  /** Found beyond this many usual deviations of that. */
  readonly limit: number;
  /** A finding ends below this part of the limit. */
  readonly end: number;
  /** Inputs may go beyond what was learned by this part of its range; further out nothing is said. */
  readonly beyond: number;
}

export const RELATION: RelationSettings = { weight: 0.1, limit: 6, end: 0.5, beyond: 0.1 };

/** Of a variance of 1: keeps inputs that are multiples of each other apart. */
const HOLD = 1e-6;

/**
 * Learns {@link Relation}: the first signal as a weighted sum of the others.
 * @throws RangeError where there are fewer complete moments than signals, or the first one never moved
 */
export function learnRelation({ signals, columns }: Period, settings: RelationSettings = RELATION): Learned {
  const whole = Array.from(columns[0] ?? [], (_, row) => row).filter((row) =>
    columns.every((column) => Number.isFinite(column[row])),
  );
  if (whole.length <= signals.length)
    throw new RangeError(
      `${whole.length} complete moments are too few for a relation of ${signals.length} signals`,
    );
  const kept = columns.map((column) => Float64Array.from(whole, (row) => column[row] as number));
  const centre = kept.map(mean);
  const scale = kept.map((column) => deviation(column) || 1);
  const [output, ...inputs] = kept.map((column, i) =>
    column.map((value) => (value - (centre[i] as number)) / (scale[i] as number)),
  );
  if (!output || deviation(output) === 0)
    throw new RangeError(`${signals[0]} never moved: there is nothing to learn`);
  const size = inputs.length;
  const matrix = new Float64Array(size * size);
  for (const [r, a] of inputs.entries())
    for (const [c, b] of inputs.entries()) matrix[r * size + c] = meanProduct(a, b) + (r === c ? HOLD : 0);
  const weights = Float64Array.from(inputs, (input) => meanProduct(input, output));
  const lower = cholesky(matrix, size);
  if (!lower) throw new RangeError('a held covariance is positive definite');
  solve(lower, size, weights);
  const unit = scale[0] as number;
  const factors = [...weights].map((weight, i) => (weight * unit) / (scale[i + 1] as number));
  const rest = output.map(
    (value, row) =>
      unit *
      (value - inputs.reduce((sum, input, i) => sum + (weights[i] as number) * (input[row] as number), 0)),
  );
  let level = 0;
  const smooth = rest.map((one) => {
    level += settings.weight * (one - level);
    return level;
  });
  // White noise would be smoothed to this; what wanders is smoothed to more. Rounding is no noise.
  const white = deviation(rest) * Math.sqrt(settings.weight / (2 - settings.weight));
  return {
    kind: 'relation',
    signals,
    settings: { ...settings },
    state: {
      factors,
      offset:
        (centre[0] as number) - factors.reduce((sum, one, i) => sum + one * (centre[i + 1] as number), 0),
      spread: Math.max(white, deviation(smooth), unit * 1e-6),
      low: kept.map((column) => quantile(column, 0)),
      high: kept.map((column) => quantile(column, 1)),
    },
  };
}

function meanProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum / a.length;
}

interface RelationState {
  readonly factors: readonly number[];
  readonly offset: number;
  readonly spread: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * One signal against what others make expect: a motor's current given flow and pressure, what leaves a pipe given what
 * enters it. Where an input is outside of what was learned nothing is known, and a finding stays as it is.
 */
export class Relation implements Detector {
  readonly learned: Learned;
  readonly #settings: RelationSettings;
  readonly #state: RelationState;
  readonly #episode: Episode;
  #rest = 0;
  #value = Number.NaN;
  #ratio = Number.NaN;

  constructor(learned: Learned) {
    this.learned = learned;
    this.#settings = learned.settings as unknown as RelationSettings;
    this.#state = learned.state as unknown as RelationState;
    if (this.#state.factors.length !== learned.signals.length - 1)
      throw new RangeError('a factor for each input');
    this.#episode = new Episode(this.#settings.end);
  }

  observe(values: Float64Array, timeUs: number): void {
    const { factors, offset, spread } = this.#state;
    let expected = offset;
    let known = !Number.isNaN(values[0] as number);
    for (let i = 1; i < values.length; i++) {
      known &&= this.#within(i, values[i] as number);
      expected += (factors[i - 1] as number) * (values[i] as number);
    }
    if (known) {
      this.#value = values[0] as number;
      this.#rest += this.#settings.weight * (this.#value - expected - this.#rest);
    }
    this.#ratio = known ? Math.abs(this.#rest) / (spread * this.#settings.limit) : Number.NaN;
    this.#episode.take(this.#ratio, known, timeUs);
  }

  /** False for a missing value too. */
  #within(i: number, value: number): boolean {
    const [low, high] = [this.#state.low[i] as number, this.#state.high[i] as number];
    const more = this.#settings.beyond * (high - low);
    return value >= low - more && value <= high + more;
  }

  get ratio(): number {
    return this.#ratio;
  }

  get found(): boolean {
    return this.#episode.found;
  }

  get sinceUs(): number {
    return this.#episode.sinceUs;
  }

  reasons(): readonly Reason[] {
    const [signal = '', ...inputs] = this.learned.signals;
    if (Number.isNaN(this.#value)) return [];
    const away = this.#rest / this.#state.spread;
    const expected = this.#value - this.#rest;
    const side = away > 0 ? 'more' : 'less';
    const text = `${signal} is ${figure(Math.abs(this.#rest))} ${side} than ${inputs.join(', ')} ${inputs.length === 1 ? 'makes' : 'make'} expect, ${times(Math.abs(away))} the usual deviation`;
    return [{ signal, share: 1, value: this.#value, expected, deviation: away, text }];
  }

  snapshot(): Json {
    return { rest: this.#rest, episode: this.#episode.snapshot() };
  }

  restore(from: Json): void {
    const { rest, episode } = objectOf(from);
    if (typeof rest !== 'number') return;
    this.#rest = rest;
    this.#episode.restore(episode);
  }
}
