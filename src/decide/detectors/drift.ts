import type { Detector, Lack, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { Episode } from '#decide/detectors/episode.ts';
import { inverse } from '#decide/detectors/matrix.ts';
import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import {
  autocorrelation,
  bulkOf,
  chiSquareAbove,
  correlation,
  deviation,
  quantile,
} from '#decide/detectors/statistics.ts';
import { figure, times } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Drift}; the defaults fit signals that come once a moment with white noise upon a level. */
export interface DriftSettings {
  /** Weight of the newest moment in the smoothed level. */
  readonly fast: number;
  /**
   * Weight of the smoothed level in the baseline, which so follows what changes slowly, as day and season do. With 0 it
   * is the median of what was learned, for ever.
   */
  readonly slow: number;
  /** A signal further than this from its baseline, in usual deviations, no longer moves that baseline. */
  readonly hold: number;
  /** A signal whose moments are kin to those `wandersLag` later by more than this has no level to be judged by. */
  readonly wanders: number;
  readonly wandersLag: number;
  /** The limit, as a multiple of the value that independent normal signals exceed once in a thousand moments. */
  readonly limit: number;
  /** A finding ends below this part of the limit. */
  readonly end: number;
}

export const DRIFT: DriftSettings = {
  fast: 0.2,
  slow: 1 / 75,
  hold: 3,
  wanders: 0.6,
  wandersLag: 10,
  limit: 1.25,
  end: 0.3,
};

/** A smoothed level of normal noise never strays less than this part of what theory says of white noise. */
const LEAST_SPREAD = 0.7;
/** Values further away than this many deviations count as this far: one of them says enough. */
const FURTHEST = 50;
const ONCE_IN = 1e-3;
const LEAST_SHRINK = 0.1;

/** Learns {@link Drift} from good running. */
export function learnDrift({ signals, columns }: Period, settings: DriftSettings = DRIFT): Learned {
  const centre = columns.map((column) => quantile(column, 0.5));
  const scale = columns.map((column) => deviation(column) || Number.NaN);
  const wanders = columns.map((column) => autocorrelation(column, settings.wandersLag) > settings.wanders);
  const smooth = new Smooth(settings, centre, scale);
  const rows = columns[0]?.length ?? 0;
  const values = new Float64Array(signals.length);
  const away = columns.map(() => new Float64Array(rows).fill(Number.NaN));
  for (let row = 0; row < rows; row++) {
    for (const [i, column] of columns.entries()) values[i] = column[row] as number;
    smooth.take(values, wanders, undefined);
    if (row < smooth.warmUp) continue;
    for (const [i, column] of away.entries()) column[row] = smooth.away(i);
  }
  // The ninth tenth tells the width of the bulk: a few moments of unrest at the start of a period do not widen it.
  const white = LEAST_SPREAD * Math.sqrt(settings.fast / (2 - settings.fast));
  const spread = away.map((column) => Math.max(white, bulkOf(column) || Number.POSITIVE_INFINITY));
  const kin = away.map((a) => away.map((b) => correlation(a, b)));
  const independent = (rows * settings.fast) / 2;
  return {
    kind: 'drift',
    signals,
    settings: { ...settings },
    state: { centre, scale: scale.map(finite), spread: spread.map(finite), wanders, kin, independent },
  };
}

/** JSON knows no NaN: null for a signal that never moved. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Levels and baselines of all signals, in deviations from the learned centre. */
class Smooth {
  readonly warmUp: number;
  readonly level: Float64Array;
  readonly base: Float64Array;
  /** Moments that each signal has given. */
  readonly count: Float64Array;
  readonly #settings: DriftSettings;
  readonly #centre: Float64Array;
  readonly #scale: Float64Array;

  constructor(settings: DriftSettings, centre: readonly number[], scale: readonly (number | null)[]) {
    this.#settings = settings;
    this.warmUp = Math.ceil(2 / settings.fast);
    this.#centre = Float64Array.from(centre);
    this.#scale = Float64Array.from(scale, (value) => value ?? Number.NaN);
    this.level = new Float64Array(centre.length);
    this.base = new Float64Array(centre.length);
    this.count = new Float64Array(centre.length);
  }

  /** @param spread of the distance between both; undefined while that is being learned: then nothing is held */
  take(values: Float64Array, wanders: readonly boolean[], spread: Float64Array | undefined): void {
    const { fast, slow, hold } = this.#settings;
    for (let i = 0; i < values.length; i++) {
      const far = ((values[i] as number) - (this.#centre[i] as number)) / (this.#scale[i] as number);
      if (Number.isNaN(far)) continue;
      const z = far > FURTHEST ? FURTHEST : far < -FURTHEST ? -FURTHEST : far;
      const n = (this.count[i] as number) + 1;
      this.count[i] = n;
      // A plain mean at first, so that one odd moment does not decide where it begins.
      const level = (this.level[i] as number) + Math.max(fast, 1 / n) * (z - (this.level[i] as number));
      this.level[i] = level;
      const base = this.base[i] as number;
      if (slow === 0) continue;
      if (n <= this.warmUp) this.base[i] = level;
      else if (!spread || wanders[i] || Math.abs(level - base) < hold * (spread[i] as number))
        this.base[i] = base + slow * (level - base);
    }
  }

  away(i: number): number {
    return this.left(i) > 0 ? Number.NaN : (this.level[i] as number) - (this.base[i] as number);
  }

  /** Moments until a signal can be judged. */
  left(i: number): number {
    return Math.max(0, this.warmUp + 1 - (this.count[i] as number));
  }

  /** In the signal's own unit. */
  shown(i: number, z: number): number {
    return (this.#centre[i] as number) + z * (this.#scale[i] as number);
  }
}

/**
 * Levels of many signals that move together: MEWMA (Lowry et al. 1992) with Hotelling's T² over the distances of the
 * smoothed levels from slow baselines. A baseline stands still while its signal is away from it, so that a fault that
 * stays is not taken for the new normal. Signals whose level wanders in good running, as temperatures that follow the
 * weather, have no level to be judged by and are left out; the learned state says which.
 */
export class Drift implements Detector {
  readonly learned: Learned;
  readonly #settings: DriftSettings;
  readonly #smooth: Smooth;
  readonly #wanders: readonly boolean[];
  readonly #spread: Float64Array;
  readonly #inverse: Float64Array;
  readonly #limit: number;
  readonly #away: Float64Array;
  readonly #part: Float64Array;
  readonly #episode: Episode;
  #ratio = Number.NaN;

  constructor(learned: Learned) {
    const state = learned.state as unknown as DriftState;
    this.learned = learned;
    this.#settings = learned.settings as unknown as DriftSettings;
    this.#wanders = state.wanders;
    this.#spread = Float64Array.from(state.spread, (value) => value ?? Number.NaN);
    this.#smooth = new Smooth(this.#settings, state.centre, state.scale);
    const judged = state.spread.map((spread, i) => spread !== null && state.wanders[i] === false);
    this.#inverse = inverseKinship(state, judged);
    this.#limit = this.#settings.limit * chiSquareAbove(Math.max(1, judged.filter(Boolean).length), ONCE_IN);
    this.#away = new Float64Array(learned.signals.length);
    this.#part = new Float64Array(learned.signals.length);
    this.#episode = new Episode(this.#settings.end);
  }

  observe(values: Float64Array, timeUs: number): void {
    const smooth = this.#smooth;
    smooth.take(values, this.#wanders, this.#spread);
    const size = values.length;
    let known = false;
    for (let i = 0; i < size; i++) {
      const away = this.#wanders[i] ? Number.NaN : smooth.away(i) / (this.#spread[i] as number);
      known ||= !Number.isNaN(away);
      this.#away[i] = Number.isNaN(away) ? 0 : away;
    }
    let square = 0;
    for (let r = 0; r < size; r++) {
      let sum = 0;
      for (let c = 0; c < size; c++)
        sum += (this.#inverse[r * size + c] as number) * (this.#away[c] as number);
      const part = sum * (this.#away[r] as number);
      this.#part[r] = part;
      square += part;
    }
    this.#ratio = known ? Math.sqrt(square / this.#limit) : Number.NaN;
    this.#episode.take(square / this.#limit, known, timeUs);
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

  get lacks(): Lack | undefined {
    const judged = [...this.learned.signals.keys()].filter(
      (i) => !this.#wanders[i] && !Number.isNaN(this.#spread[i]),
    );
    const moments = Math.min(...judged.map((i) => this.#smooth.left(i)));
    return moments > 0 && Number.isFinite(moments) ? { moments } : undefined;
  }

  reasons(): readonly Reason[] {
    // Kinship can make a part negative: it says that this signal speaks against.
    const sum = this.#part.reduce((all, part) => all + Math.max(0, part), 0) || 1;
    return this.learned.signals
      .map((signal, i) => this.#reason(signal, i, Math.max(0, this.#part[i] as number) / sum))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  #reason(signal: string, i: number, share: number): Reason {
    const value = this.#smooth.shown(i, this.#smooth.level[i] as number);
    const expected = this.#smooth.shown(i, this.#smooth.base[i] as number);
    const away = this.#away[i] as number;
    const side = away > 0 ? 'above' : 'below';
    const text = `${signal} is at ${figure(value)}, ${times(Math.abs(away))} its usual deviation ${side} ${figure(expected)}`;
    return { signal, share, value, expected, deviation: away, text };
  }

  snapshot(): Json {
    const { level, base, count } = this.#smooth;
    return {
      level: [...level],
      base: [...base],
      count: [...count],
      episode: this.#episode.snapshot(),
    };
  }

  restore(from: Json): void {
    const kept = objectOf(from);
    const size = this.learned.signals.length;
    const [level, base, count] = [kept.level, kept.base, kept.count].map((one) => numbersOf(one, size));
    if (!level || !base || !count) return;
    this.#smooth.level.set(level);
    this.#smooth.base.set(base);
    this.#smooth.count.set(count);
    this.#episode.restore(kept.episode);
  }
}

interface DriftState {
  readonly centre: readonly number[];
  readonly scale: readonly (number | null)[];
  readonly spread: readonly (number | null)[];
  readonly wanders: readonly boolean[];
  readonly kin: readonly (readonly number[])[];
  /** How many of the learned moments count as independent of each other. */
  readonly independent: number;
}

/**
 * Kinship learned from few independent moments is drawn towards none: by as much as there are signals beside moments. And
 * always a little: two signals that are almost copies would else make an alarm of a difference that nobody could see.
 */
function inverseKinship({ kin, independent }: DriftState, judged: readonly boolean[]): Float64Array {
  const size = judged.length;
  const width = judged.filter(Boolean).length;
  const shrink = Math.max(LEAST_SHRINK, width / (width + independent));
  const matrix = new Float64Array(size * size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      const both = judged[r] && judged[c];
      matrix[r * size + c] = r === c ? 1 : both ? (1 - shrink) * (kin[r]?.[c] ?? 0) : 0;
    }
  }
  const found = inverse(matrix, size);
  if (!found) throw new RangeError('a shrunk correlation matrix is positive definite');
  return found;
}
