import type { Detector, Lack, Learned, Reason } from '#decide/detectors/api.ts';
import { Episode } from '#decide/detectors/episode.ts';
import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import { Trend } from '#decide/detectors/trend.ts';
import { between, figure } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Limit}. */
export interface LimitSettings {
  /** In the unit of the signal. Has no default. */
  readonly limit: number;
  /** Where the forbidden side is: 1 above the limit, −1 below it. */
  readonly side: number;
  /** How far back the line is drawn; no shorter than what comes and goes by itself, such as a day. */
  readonly windowHours: number;
  /** Found when the limit is reached within this time. Much further ahead than the window looks back is guessing. */
  readonly horizonHours: number;
  /** A finding ends below this part of the horizon's limit. */
  readonly end: number;
  /** 1: a rest is when what clogs or wears was made new, and the line begins anew after it; 0: it goes on over rests. */
  readonly anew: number;
}

export const LIMIT: LimitSettings = {
  limit: Number.NaN,
  side: 1,
  windowHours: 24,
  horizonHours: 72,
  end: 0.5,
  anew: 0,
};

const HOUR_US = 3600e6;
/** Means that the window is kept as: so few that the slopes of all pairs cost less than the values that they are made of. */
const CELLS = 32;
/** From the first to the last of them, for a line. */
const LEAST_CELLS = CELLS / 2;
/** Deviations of the slope: a signal that goes nowhere is found so once in a thousand independent windows. */
const SURE = 3.09;
/** A limit that is reached already is so many times at it. */
const MOST = 100;

/**
 * {@link Limit} needs no learning: what it knows is what people set.
 * @throws RangeError where it watches more than one signal, or a setting makes no sense
 */
export function limitOf(signals: readonly string[], settings: LimitSettings): Learned {
  const { limit, side, windowHours, horizonHours, end, anew } = settings;
  if (signals.length !== 1)
    throw new RangeError(`it watches one signal, not ${signals.length}: give each a detector of its own`);
  if (!Number.isFinite(limit))
    throw new RangeError('limit is missing: what the signal must not reach, in its unit');
  if (side !== 1 && side !== -1) throw new RangeError(`side is ${side}; 1 is above the limit, -1 below`);
  if (!(windowHours > 0) || !(horizonHours > 0))
    throw new RangeError('windowHours and horizonHours must be above 0');
  if (!(end > 0 && end <= 1)) throw new RangeError(`end is ${end}; it must be above 0, at most 1`);
  if (anew !== 0 && anew !== 1) throw new RangeError(`anew is ${anew}; it is 0 or 1`);
  return { kind: 'limit', signals, settings: { ...settings }, state: {} };
}

/**
 * Time left until a signal reaches a limit that people stated. The line is drawn through means of the window, each a
 * 32nd of it, whenever one of these is complete; it counts by the end of its slope that is surely reached, and only as far as
 * the newer half goes on, so that neither noise nor one step is taken for a way to the limit.
 */
export class Limit implements Detector {
  readonly learned: Learned;
  readonly #limit: number;
  /** Values are turned by it, so that the forbidden side is above. */
  readonly #side: number;
  readonly #cellUs: number;
  readonly #horizonUs: number;
  readonly #episode: Episode;
  readonly #anew: boolean;
  /** Means of what is complete, the oldest first. */
  #timesUs: number[] = [];
  #means: number[] = [];
  /** The part that is being filled: its number since 1970, sums of values and of times within it, their count. */
  #cell = Number.NaN;
  #sum = 0;
  #sumUs = 0;
  #count = 0;
  #nowUs = Number.NaN;
  #trend: Trend | undefined;
  #ratio = Number.NaN;

  constructor(learned: Learned) {
    const { limit, side, windowHours, horizonHours, end, anew } = limitOf(
      learned.signals,
      learned.settings as unknown as LimitSettings,
    ).settings as unknown as LimitSettings;
    this.learned = learned;
    this.#side = side;
    this.#limit = side * limit;
    this.#cellUs = (windowHours * HOUR_US) / CELLS;
    this.#horizonUs = horizonHours * HOUR_US;
    this.#episode = new Episode(end);
    this.#anew = anew === 1;
  }

  observe(values: Float64Array, timeUs: number): void {
    const cell = Math.floor(timeUs / this.#cellUs);
    this.#nowUs = timeUs;
    if (cell !== this.#cell) {
      if (!Number.isNaN(this.#cell)) this.#close(cell, timeUs);
      this.#cell = cell;
    }
    const value = values[0] as number;
    if (Number.isNaN(value)) return;
    this.#sum += this.#side * value;
    this.#sumUs += timeUs - cell * this.#cellUs;
    this.#count++;
  }

  renew(): void {
    if (!this.#anew) return;
    this.#timesUs = [];
    this.#means = [];
    this.#cell = Number.NaN;
    this.#sum = 0;
    this.#sumUs = 0;
    this.#count = 0;
    this.#trend = undefined;
    this.#ratio = Number.NaN;
    this.#episode.end();
  }

  #close(next: number, timeUs: number): void {
    if (this.#count > 0) {
      this.#timesUs.push(this.#cell * this.#cellUs + this.#sumUs / this.#count);
      this.#means.push(this.#sum / this.#count);
    }
    this.#sum = 0;
    this.#sumUs = 0;
    this.#count = 0;
    const oldestUs = (next - CELLS) * this.#cellUs;
    while ((this.#timesUs[0] ?? oldestUs) < oldestUs) {
      this.#timesUs.shift();
      this.#means.shift();
    }
    this.#look();
    this.#episode.take(this.#ratio, !Number.isNaN(this.#ratio), timeUs);
  }

  #look(): void {
    const [first = 0, last = 0] = [this.#timesUs[0], this.#timesUs.at(-1)];
    const enough = last - first >= LEAST_CELLS * this.#cellUs;
    this.#trend = enough ? Trend.of(this.#timesUs, this.#means) : undefined;
    this.#ratio = this.#trend ? this.#way(this.#trend) : Number.NaN;
  }

  #way(trend: Trend): number {
    const distance = this.#limit - trend.newest;
    if (distance <= 0) return MOST;
    const slope = Math.min(trend.slopes(SURE)[0], 2 * trend.newer);
    return slope > 0 ? Math.min(MOST, (this.#horizonUs * slope) / distance) : 0;
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
    if (this.#trend) return undefined;
    // The mean that completes the line lies in the middle of its cell, which must be over.
    const enoughUs = (LEAST_CELLS + 0.5) * this.#cellUs;
    const hasUs = this.#nowUs - (this.#timesUs[0] ?? this.#nowUs);
    return { us: Math.max(0, enoughUs - hasUs) };
  }

  reasons(units: readonly string[] = []): readonly Reason[] {
    const [signal = ''] = this.learned.signals;
    if (!this.#trend) return [];
    const value = this.#side * this.#trend.newest;
    const limit = figure(this.#side * this.#limit, units[0]);
    const text = `${signal} ${this.#words(this.#trend, figure(value, units[0]), limit)}`;
    return [{ signal, share: 1, value, expected: Number.NaN, deviation: Number.NaN, text }];
  }

  #words(trend: Trend, value: string, limit: string): string {
    const left = trend.until(this.#limit, 'above');
    if (left.us === 0) return `is at ${value}, beyond ${limit}`;
    if (this.#ratio === 0 || left.us === Number.POSITIVE_INFINITY)
      return `is at ${value} and does not surely go towards ${limit}`;
    // The line ends where the newest mean is: the time since then has gone by.
    const goneUs = this.#nowUs - (this.#timesUs.at(-1) as number);
    const [fromUs, toUs] = [Math.max(0, left.fromUs - goneUs), Math.max(0, left.toUs - goneUs)];
    return `reaches ${limit} in ${between(fromUs, toUs)}; now it is at ${value}`;
  }

  snapshot(): Json {
    return {
      cellUs: this.#cellUs,
      timesUs: [...this.#timesUs],
      means: [...this.#means],
      filling: Number.isNaN(this.#cell) ? null : [this.#cell, this.#sum, this.#sumUs, this.#count],
      nowUs: Number.isNaN(this.#nowUs) ? null : this.#nowUs,
      episode: this.#episode.snapshot(),
    };
  }

  restore(from: Json): void {
    const { cellUs, timesUs, means, filling, nowUs, episode } = objectOf(from);
    // Of another window: its means are of another length.
    if (cellUs !== this.#cellUs) return;
    const size = Array.isArray(timesUs) ? timesUs.length : 0;
    const [times, values, parts] = [numbersOf(timesUs, size), numbersOf(means, size), numbersOf(filling, 4)];
    if (!times || !values || size > CELLS + 1 || !parts || typeof nowUs !== 'number') return;
    this.#timesUs = times;
    this.#means = values;
    [this.#cell, this.#sum, this.#sumUs, this.#count] = parts as [number, number, number, number];
    this.#nowUs = nowUs;
    this.#look();
    this.#episode.restore(episode);
  }
}
