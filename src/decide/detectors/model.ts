import type { Detector, Learned, Reason } from '#decide/detectors/api.ts';
import { Episode } from '#decide/detectors/episode.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import { figure } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Model}. */
export interface ModelSettings {
  /** The score that is too much: of a reconstruction the root of the mean square of its errors. */
  readonly limit: number;
  /** For so many moments in a row. */
  readonly moments: number;
  /** A finding ends below this part of the limit. */
  readonly end: number;
}

export const MODEL: ModelSettings = { limit: 1, moments: 3, end: 0.8 };

/**
 * {@link Model} needs no learning: its model has.
 * @param signals a score; or errors, and behind them the signals that they are of
 * @throws RangeError where a setting makes no sense
 */
export function modelOf(signals: readonly string[], settings: ModelSettings): Learned {
  const { limit, moments, end } = settings;
  if (!(limit > 0)) throw new RangeError(`limit is ${limit}; it must be above 0`);
  if (!(moments >= 1)) throw new RangeError(`moments is ${moments}; it must be at least 1`);
  if (!(end > 0 && end <= 1)) throw new RangeError(`end is ${end}; it must be above 0, at most 1`);
  if (signals.length > 1 && signals.length % 2 === 1) throw new RangeError('an error for each signal');
  return { kind: 'model', signals, settings: { ...settings }, state: {} };
}

/**
 * What comes out of a model that runs elsewhere, in a process of its own: here are only its scores or errors, as signals like
 * others, so that a replay needs no model. While one of them is missing, as when the process was killed, nothing is known.
 */
export class Model implements Detector {
  readonly learned: Learned;
  readonly #settings: ModelSettings;
  /** How many of the signals come from the model. */
  readonly #given: number;
  readonly #values: Float64Array;
  readonly #episode: Episode;
  #beyond = 0;
  #ratio = Number.NaN;

  constructor(learned: Learned) {
    this.learned = learned;
    this.#settings = modelOf(learned.signals, learned.settings as unknown as ModelSettings)
      .settings as unknown as ModelSettings;
    this.#given = Math.max(1, learned.signals.length / 2);
    this.#values = new Float64Array(learned.signals.length).fill(Number.NaN);
    this.#episode = new Episode(this.#settings.end);
  }

  observe(values: Float64Array, timeUs: number): void {
    this.#values.set(values);
    this.#ratio = this.#score(values) / this.#settings.limit;
    if (Number.isNaN(this.#ratio)) return;
    this.#beyond = this.#ratio > 1 ? this.#beyond + 1 : 0;
    const lasts = this.#beyond >= this.#settings.moments;
    this.#episode.take(lasts ? this.#ratio : Math.min(1, this.#ratio), true, timeUs);
  }

  #score(values: Float64Array): number {
    // A score below 0 says that all is well, however far below.
    if (values.length === 1) return Math.max(0, values[0] as number);
    let squares = 0;
    for (let i = 0; i < this.#given; i++) squares += (values[i] as number) ** 2;
    return Math.sqrt(squares / this.#given);
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

  reasons(units: readonly string[] = []): readonly Reason[] {
    if (Number.isNaN(this.#ratio)) return [];
    const { signals } = this.learned;
    const { limit } = this.#settings;
    const unknown = { expected: Number.NaN, deviation: Number.NaN };
    if (signals.length === 1) {
      const [value, signal] = [this.#values[0] as number, signals[0] as string];
      const text = `the model gives ${figure(value)}; ${figure(limit)} is its limit`;
      return [{ signal, share: 1, value, ...unknown, text }];
    }
    const sum = this.#given * (this.#ratio * limit) ** 2 || 1;
    return signals
      .slice(this.#given)
      .map((signal, i): Reason => {
        const [error, value] = [this.#values[i] as number, this.#values[this.#given + i] as number];
        const text = `${signal} at ${figure(value, units[this.#given + i])} is not what the model makes of it: it is off by ${figure(Math.abs(error))}`;
        return { signal, share: error ** 2 / sum, value, ...unknown, text };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  snapshot(): Json {
    return { beyond: this.#beyond, episode: this.#episode.snapshot() };
  }

  restore(from: Json): void {
    const { beyond, episode } = objectOf(from);
    if (typeof beyond !== 'number') return;
    this.#beyond = beyond;
    this.#episode.restore(episode);
  }
}
