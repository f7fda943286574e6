import type { Detector, Lack, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { Episode } from '#decide/detectors/episode.ts';
import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import { bulkOf, mean, quantile } from '#decide/detectors/statistics.ts';
import {
  type Context,
  contextText,
  isContext,
  MOST_PARTS,
  partOf,
  partText,
  placesOf,
  type Visit,
  type VisitSettings,
  visitsOf,
  watchedOf,
} from '#decide/detectors/visits.ts';
import { figure, times } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Season}. */
export interface SeasonSettings extends VisitSettings {
  /** Weight of the newest moment in the smoothed distance. */
  readonly weight: number;
  /** Found beyond this many usual deviations of that. */
  readonly limit: number;
  /** A finding ends below this part of the limit. */
  readonly end: number;
}

export const SEASON: SeasonSettings = {
  hours: 1,
  offsetHours: 0,
  context: 0,
  settle: 60,
  visits: 3,
  weight: 0.05,
  limit: 6,
  end: 0.5,
};

/** A moment counts as at most so many deviations: one reading decides nothing. */
const FURTHEST = 8;
const ROUNDING = 1e-6;
/** Moments after which a new context has a level. */
const FEW = 5;

/** What the signals are in one part of the day of one context. */
interface Usual {
  readonly code: Context;
  readonly part: number;
  readonly visits: number;
  /** Of each signal: median, deviation of its moments, usual deviation of the smoothed distance; null where it was never there. */
  readonly centre: readonly (number | null)[];
  readonly scale: readonly (number | null)[];
  readonly spread: readonly (number | null)[];
}

/**
 * Learns {@link Season}.
 * @param timeUs of each moment
 * @throws RangeError where a setting makes no sense, or nothing was seen often enough
 */
export function learnSeason(
  period: Period,
  timeUs: ArrayLike<number>,
  settings: SeasonSettings = SEASON,
): Learned {
  const { signals, columns } = period;
  const watched = watchedOf(signals, settings);
  const often = [...placesOf(visitsOf(period, timeUs, settings))].filter(
    ({ visits }) => visits.length >= settings.visits,
  );
  if (often.length === 0)
    throw new RangeError(
      `no ${settings.context ? 'context' : 'part of a day'} was there ${settings.visits} times`,
    );
  const usual = often.map(({ context, part, visits }): Usual => {
    const learned = watched.map((_, i) => usualOf(columns[i] as Float64Array, visits, settings.weight));
    return {
      code: context,
      part,
      visits: visits.length,
      centre: learned.map((one) => one?.centre ?? null),
      scale: learned.map((one) => one?.scale ?? null),
      spread: learned.map((one) => one?.spread ?? null),
    };
  });
  return { kind: 'season', signals, settings: { ...settings }, state: { usual: usual as unknown as Json } };
}

/** Undefined where the signal was never there. */
function usualOf(
  column: Float64Array,
  visits: readonly Visit[],
  weight: number,
): { readonly centre: number; readonly scale: number; readonly spread: number } | undefined {
  const pieces = visits.map(({ from, to }) => column.subarray(from, to).filter(Number.isFinite));
  const all = Float64Array.from(pieces.flatMap((piece) => [...piece]));
  if (all.length === 0) return undefined;
  const centre = quantile(all, 0.5);
  const rounding = ROUNDING * Math.max(Math.abs(centre), Number.MIN_VALUE);
  const scale = Math.max(bulkOf(all.map((value) => value - centre)), rounding);
  const strayed = pieces.flatMap((piece) => {
    let away = 0;
    return [...piece].map((value, i) => {
      away += Math.max(weight, 1 / (i + 1)) * (value - centre - away);
      return (i + 1) * weight < 2 ? Number.NaN : away;
    });
  });
  // White noise would be smoothed to this; what is another level on every visit is smoothed to more.
  const white = scale * Math.sqrt(weight / (2 - weight));
  const levels = pieces.filter(({ length }) => length > 0).map((piece) => mean(piece) - centre);
  const between = Math.sqrt(mean(levels.map((one) => one * one)));
  return { centre, scale, spread: Math.max(white, between, bulkOf(Float64Array.from(strayed)) || 0) };
}

/**
 * Signals against what they were at this hour of the day, in this shift, with this product. Other kinds compare with what was
 * just before, and a change of product is a change for them: this one knows that the next product is another level, and says
 * nothing of one that it has never seen. It is a kind of its own, and no part of the others, because each of these would need
 * its whole state once for each context, and would have to begin anew at every change.
 */
export class Season implements Detector {
  readonly learned: Learned;
  readonly #settings: SeasonSettings;
  readonly #usual: readonly Usual[];
  /** Of each context the place of what is usual, by part of the day; −1 where that was not learned. */
  readonly #places = new Map<Context, Int32Array>();
  readonly #watched: readonly string[];
  readonly #episode: Episode;
  /** Smoothed distance of each signal, in its own unit, and moments that it rests on. */
  readonly #away: Float64Array;
  readonly #count: Float64Array;
  #context: Context = Number.NaN;
  #part = -1;
  #place = -1;
  #settled = 0;
  #ratio = Number.NaN;

  constructor(learned: Learned) {
    this.learned = learned;
    this.#settings = learned.settings as unknown as SeasonSettings;
    this.#watched = watchedOf(learned.signals, this.#settings);
    this.#usual = learned.state.usual as unknown as readonly Usual[];
    for (const [place, { code, part, spread }] of this.#usual.entries()) {
      if (spread.length !== this.#watched.length) throw new RangeError('a spread for each signal');
      if (!isContext(code)) throw new RangeError('a context is a number or a text');
      const places = this.#places.get(code) ?? new Int32Array(MOST_PARTS).fill(-1);
      places[part] = place;
      this.#places.set(code, places);
    }
    this.#away = new Float64Array(this.#watched.length);
    this.#count = new Float64Array(this.#watched.length);
    this.#episode = new Episode(this.#settings.end);
  }

  observe(values: Float64Array, timeUs: number, text?: string): void {
    const { context, settle } = this.#settings;
    this.#enter(context ? (text ?? (values[values.length - 1] as number)) : 0, timeUs);
    const usual = this.#usual[this.#place];
    let most = Number.NaN;
    if (usual && ++this.#settled > (context ? settle : 0))
      for (let i = 0; i < this.#away.length; i++) {
        const ratio = this.#look(usual, i, values[i] as number);
        if (!Number.isNaN(ratio) && !(ratio <= most)) most = ratio;
      }
    this.#ratio = most;
    this.#episode.take(most, !Number.isNaN(most), timeUs);
  }

  /** Another part of the day goes on with the distances that there are; another context begins anew. */
  #enter(context: Context, timeUs: number): void {
    const part = partOf(timeUs, this.#settings);
    if (context === this.#context && part === this.#part) return;
    if (context !== this.#context) {
      this.#away.fill(0);
      this.#count.fill(0);
      this.#settled = 0;
    }
    this.#context = context;
    this.#part = part;
    this.#place = this.#placeNow();
  }

  #placeNow(): number {
    return this.#places.get(this.#context)?.[this.#part] ?? -1;
  }

  #look({ centre, scale, spread }: Usual, i: number, value: number): number {
    const [middle, wide, usual] = [centre[i], scale[i], spread[i]];
    if (Number.isNaN(value) || middle == null || wide == null || usual == null) return Number.NaN;
    const { weight, limit } = this.#settings;
    const n = (this.#count[i] as number) + 1;
    const far = Math.max(-FURTHEST * wide, Math.min(FURTHEST * wide, value - middle));
    const away = (this.#away[i] as number) + Math.max(weight, 1 / n) * (far - (this.#away[i] as number));
    this.#count[i] = n;
    this.#away[i] = away;
    // A mean of few moments strays further than the smoothed distance of many.
    return n < FEW ? Number.NaN : Math.abs(away) / (limit * Math.max(usual, wide / Math.sqrt(n)));
  }

  get ratio(): number {
    return this.#ratio;
  }

  /** What there is now was not learned, is not known, or has not settled. */
  get rests(): boolean {
    if (this.#part < 0) return false;
    return this.#place < 0 || (this.#settings.context !== 0 && this.#settled <= this.#settings.settle);
  }

  whyRest(): string | undefined {
    if (!this.rests) return undefined;
    const signal = this.#settings.context ? this.learned.signals.at(-1) : undefined;
    if (signal !== undefined) {
      const context = this.#context;
      if (Number.isNaN(context)) return `${signal} is not known`;
      const named = `${signal} ${contextText(context)}`;
      if (!this.#places.has(context)) return `it has not learned ${named}`;
      if (this.#place < 0) return `it has not learned ${named}${this.#day(this.#part)}`;
      return `${named} has only begun: it settles for ${this.#settings.settle} moments`;
    }
    return `it has not learned what is usual${this.#day(this.#part)}`;
  }

  get found(): boolean {
    return this.#episode.found;
  }

  get sinceUs(): number {
    return this.#episode.sinceUs;
  }

  get lacks(): Lack | undefined {
    const usual = this.#usual[this.#place];
    if (!usual || !Number.isNaN(this.#ratio)) return undefined;
    const counts = this.#count.filter((_, i) => usual.spread[i] != null);
    const settle = this.#settings.context ? Math.max(0, this.#settings.settle - this.#settled) : 0;
    const moments = settle + Math.max(0, FEW - Math.max(...counts));
    return moments > 0 && Number.isFinite(moments) ? { moments } : undefined;
  }

  reasons(units: readonly string[] = []): readonly Reason[] {
    const usual = this.#usual[this.#place];
    if (!usual || Number.isNaN(this.#ratio)) return [];
    const deviations = this.#watched.map(
      (_, i) => (this.#away[i] as number) / (usual.spread[i] ?? Number.NaN),
    );
    const known = (i: number): number => (Number.isNaN(deviations[i]) ? 0 : (deviations[i] as number));
    const sum = deviations.reduce((all, _, i) => all + known(i) ** 2, 0) || 1;
    return this.#watched
      .map((signal, i): Reason => {
        const [expected, deviation] = [usual.centre[i] ?? Number.NaN, known(i)];
        const value = expected + (this.#away[i] as number);
        const side = deviation > 0 ? 'above' : 'below';
        const text = `${signal} is at ${figure(value, units[i])}, ${times(Math.abs(deviation))} its usual deviation ${side} ${figure(expected, units[i])}${this.#when(usual)}`;
        return { signal, share: deviation ** 2 / sum, value, expected, deviation, text };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  #when({ code, part }: Usual): string {
    const day = this.#day(part);
    return this.#settings.context
      ? ` where ${this.learned.signals.at(-1)} is ${contextText(code)}${day}`
      : day;
  }

  #day(part: number): string {
    return this.#settings.hours === 0 ? '' : ` between ${partText(part, this.#settings)}`;
  }

  snapshot(): Json {
    return {
      away: [...this.#away],
      count: [...this.#count],
      settled: this.#settled,
      code: Number.isNaN(this.#context) ? null : this.#context,
      part: this.#part,
      episode: this.#episode.snapshot(),
    };
  }

  restore(from: Json): void {
    const { away, count, settled, code, part, episode } = objectOf(from);
    const [aways, counts] = [away, count].map((one) => numbersOf(one, this.#watched.length));
    if (!aways || !counts || typeof settled !== 'number' || typeof part !== 'number') return;
    this.#away.set(aways);
    this.#count.set(counts);
    this.#settled = settled;
    this.#context = isContext(code) ? code : Number.NaN;
    this.#part = part;
    this.#place = this.#placeNow();
    this.#episode.restore(episode);
  }
}
