import type { Detector, Lack, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { Episode } from '#decide/detectors/episode.ts';
import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import { deviation, present, quantile } from '#decide/detectors/statistics.ts';
import { figure } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Noise}. */
export interface NoiseSettings {
  /** Weight of the newest step in the strength of the noise. */
  readonly weight: number;
  /** Found beyond this many usual deviations of the logarithm of the strength. */
  readonly limit: number;
  /** A finding ends below this part of the limit. */
  readonly end: number;
}

export const NOISE: NoiseSettings = { weight: 0.05, limit: 6, end: 0.5 };

/** A step counts as at most so many times the strength: one jump of a set-point is no noise, many are. */
const FURTHEST = 4;
/** Steps below this part of the range of a signal are rounding. */
const ROUNDING = 1e-6;
/** The strength is never held to be steadier than this: a change by a twelfth is none. */
const STEADIEST = 0.08;

/** Learns {@link Noise}: how strong the noise of each signal is, and how much that varies. */
export function learnNoise({ signals, columns }: Period, settings: NoiseSettings = NOISE): Learned {
  const strengths = columns.map((column) => {
    const steps = new Steps(1, settings.weight);
    return present(column.map((value) => steps.take(0, value, 0)));
  });
  const moved = strengths.map((column, i) => {
    const from = columns[i] ?? [];
    const rounding =
      ROUNDING * Math.max(quantile(from, 1) - quantile(from, 0), Math.abs(quantile(from, 0.5)));
    return column.length > 0 && quantile(column, 0.5) > Math.log(rounding);
  });
  return {
    kind: 'noise',
    signals,
    settings: { ...settings },
    state: {
      centre: strengths.map((column, i) => (moved[i] ? quantile(column, 0.5) : null)),
      spread: strengths.map((column, i) => (moved[i] ? Math.max(STEADIEST, deviation(column)) : null)),
    },
  };
}

/** Strength of what is between one value and the next, as a logarithm. A slow change of level is no part of it. */
class Steps {
  /** Of each signal: the last value, the mean square of its steps, their number. */
  readonly last: Float64Array;
  readonly square: Float64Array;
  readonly count: Float64Array;
  readonly #weight: number;

  constructor(size: number, weight: number) {
    this.last = new Float64Array(size).fill(Number.NaN);
    this.square = new Float64Array(size);
    this.count = new Float64Array(size);
    this.#weight = weight;
  }

  /** @param usual strength that was learned. @returns NaN for a missing value and until it is settled; −∞ where nothing moves */
  take(i: number, value: number, usual: number): number {
    if (Number.isNaN(value)) return Number.NaN;
    const step = value - (this.last[i] as number);
    this.last[i] = value;
    if (Number.isNaN(step)) return Number.NaN;
    const n = (this.count[i] as number) + 1;
    this.count[i] = n;
    const square = this.square[i] as number;
    const settled = n * this.#weight >= 2;
    const most =
      settled || usual > 0 ? FURTHEST ** 2 * Math.max(square, usual * usual) : Number.POSITIVE_INFINITY;
    // From nothing there is no first step that is not infinitely many times as large.
    const bounded = most > 0 ? Math.min(step * step, most) : step * step;
    this.square[i] = square + Math.max(this.#weight, 1 / n) * (bounded - square);
    return !settled ? Number.NaN : Math.log(this.square[i] as number) / 2;
  }

  /** Moments until it is settled. */
  left(i: number): number {
    const steps = Math.ceil(2 / this.#weight) - (this.count[i] as number);
    return Math.max(0, Number.isNaN(this.last[i]) ? steps + 1 : steps);
  }
}

/** Noise that grows, as a loose contact or cavitation makes it, or dies, as a plugged line or a failing sensor does. */
export class Noise implements Detector {
  readonly learned: Learned;
  readonly #settings: NoiseSettings;
  readonly #centre: Float64Array;
  readonly #spread: Float64Array;
  readonly #steps: Steps;
  /** Learned strength; 0 where the signal is not watched. */
  readonly #usual: Float64Array;
  readonly #away: Float64Array;
  readonly #episode: Episode;
  #ratio = Number.NaN;

  constructor(learned: Learned) {
    const { centre, spread } = learned.state as unknown as Record<string, readonly (number | null)[]>;
    const column = (from: readonly (number | null)[] | undefined): Float64Array =>
      Float64Array.from(learned.signals, (_, i) => from?.[i] ?? Number.NaN);
    this.learned = learned;
    this.#settings = learned.settings as unknown as NoiseSettings;
    this.#centre = column(centre);
    this.#spread = column(spread);
    this.#usual = this.#centre.map((one) => (Number.isNaN(one) ? 0 : Math.exp(one)));
    this.#steps = new Steps(learned.signals.length, this.#settings.weight);
    this.#away = new Float64Array(learned.signals.length);
    this.#episode = new Episode(this.#settings.end);
  }

  observe(values: Float64Array, timeUs: number): void {
    let most = Number.NaN;
    for (let i = 0; i < values.length; i++) {
      const strength = this.#steps.take(i, values[i] as number, this.#usual[i] as number);
      const away = (strength - (this.#centre[i] as number)) / (this.#spread[i] as number);
      this.#away[i] = Number.isNaN(away) ? 0 : away;
      if (!Number.isNaN(away) && !(Math.abs(away) <= most)) most = Math.abs(away);
    }
    this.#ratio = most / this.#settings.limit;
    this.#episode.take(this.#ratio, !Number.isNaN(most), timeUs);
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
    const watched = [...this.#centre.keys()].filter((i) => !Number.isNaN(this.#centre[i]));
    const moments = Math.min(...watched.map((i) => this.#steps.left(i)));
    return moments > 0 && Number.isFinite(moments) ? { moments } : undefined;
  }

  reasons(): readonly Reason[] {
    // Noise that is gone is infinitely far away as a logarithm: ten limits say as much.
    const most = 10 * this.#settings.limit;
    const away = this.#away.map((one) => Math.min(most, Math.max(-most, one)));
    const sum = away.reduce((all, one) => all + one * one, 0) || 1;
    return this.learned.signals
      .map((signal, i): Reason => {
        const value = Math.sqrt(this.#steps.square[i] as number);
        const expected = Math.exp(this.#centre[i] as number);
        const deviation = away[i] as number;
        const what = deviation > 0 ? 'is noisier than it was' : 'has less noise than it had';
        const text = `${signal} ${what}: ${figure(value)} from one value to the next, usually ${figure(expected)}`;
        return { signal, share: deviation ** 2 / sum, value, expected, deviation, text };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  snapshot(): Json {
    const { last, square, count } = this.#steps;
    return {
      last: [...last].map((one) => (Number.isNaN(one) ? null : one)),
      square: [...square],
      count: [...count],
      episode: this.#episode.snapshot(),
    };
  }

  restore(from: Json): void {
    const kept = objectOf(from);
    const size = this.learned.signals.length;
    const [last, square, count] = [kept.last, kept.square, kept.count].map((one) => numbersOf(one, size));
    if (!last || !square || !count) return;
    this.#steps.last.set(last);
    this.#steps.square.set(square);
    this.#steps.count.set(count);
    this.#episode.restore(kept.episode);
  }
}
