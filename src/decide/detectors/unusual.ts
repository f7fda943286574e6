import type { Detector, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { HourOfDay } from '#decide/detectors/hours.ts';
import { LevelShift } from '#decide/detectors/level.ts';
import { Rarity } from '#decide/detectors/rarity.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import { figure, times } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Unusual}. */
export interface UnusualSettings {
  /** Weight of the newest moment in the level. */
  readonly level: number;
  /** The same for the level of what is left without the hour of the day. */
  readonly remainder: number;
  /** Weight of the newest moment in both baselines. */
  readonly slow: number;
  /** What one of the three looks says at most, so that none decides alone. */
  readonly most: number;
  /** The limit: natural logarithms of rarity, over all three looks. */
  readonly limit: number;
  /** Moments below the limit after which a finding ends. */
  readonly rest: number;
}

export const UNUSUAL: UnusualSettings = {
  level: 0.1,
  remainder: 0.03,
  slow: 0.001,
  most: 12,
  limit: 13,
  rest: 200,
};

/** Runs over the period and keeps what it then knows. It goes on learning afterwards: what comes often is not unusual. */
export function learnUnusual(
  { signals, columns }: Period,
  times: ArrayLike<number>,
  settings = UNUSUAL,
): Learned {
  const looks = signals.map(() => new Looks(settings));
  for (const [i, one] of looks.entries()) {
    const column = columns[i] ?? [];
    for (let row = 0; row < column.length; row++) one.take(column[row] as number, times[row] as number);
  }
  return {
    kind: 'unusual',
    signals,
    settings: { ...settings },
    state: { looks: looks.map((one) => one.snapshot()) },
  };
}

/** Three looks at one signal: its level, its hour of the day, the level of what the hour leaves. */
class Looks {
  readonly #level: LevelShift;
  readonly #remainder: LevelShift;
  readonly #hour = new HourOfDay();
  readonly #rarities = [new Rarity(), new Rarity(), new Rarity()] as const;
  readonly #most: number;
  value = Number.NaN;
  /** Rarity by each look, and how far it saw the signal from what was to be expected. */
  readonly rare = new Float64Array(3);
  readonly far = new Float64Array(3);

  constructor({ level, remainder, slow, most }: UnusualSettings) {
    this.#level = new LevelShift(level, slow);
    this.#remainder = new LevelShift(remainder, slow);
    this.#most = most;
  }

  /** @returns rarity over all looks; NaN where there is no value */
  take(value: number, timeUs: number): number {
    if (!Number.isFinite(value)) return Number.NaN;
    this.value = value;
    const { far, rare } = this;
    far[1] = this.#hour.take(value, timeUs);
    far[0] = this.#level.take(value);
    far[2] = this.#remainder.take(this.#hour.remainder);
    let sum = 0;
    for (let look = 0; look < 3; look++) {
      rare[look] = (this.#rarities[look] as Rarity).take(Math.abs(far[look] as number), this.#most);
      sum += rare[look] as number;
    }
    return sum;
  }

  /** What each look sees, and what it had expected. */
  seen(look: number): { readonly what: string; readonly value: number; readonly expected: number } {
    if (look === 0) return { what: 'its level', value: this.#level.level, expected: this.#level.base };
    if (look === 1) return { what: 'it', value: this.value, expected: this.#hour.expected };
    const { level, base } = this.#remainder;
    const { expected } = this.#hour;
    return {
      what: 'its level without the hour of the day',
      value: expected + level,
      expected: expected + base,
    };
  }

  snapshot(): Json {
    return {
      level: this.#level.snapshot(),
      remainder: this.#remainder.snapshot(),
      hour: this.#hour.snapshot(),
      rarities: this.#rarities.map((one) => one.snapshot()),
    };
  }

  restore(from: Json | undefined): void {
    const kept = objectOf(from);
    this.#level.restore(kept.level);
    this.#remainder.restore(kept.remainder);
    this.#hour.restore(kept.hour);
    const rarities = Array.isArray(kept.rarities) ? kept.rarities : [];
    for (const [i, one] of this.#rarities.entries()) {
      const { count, sum } = objectOf(rarities[i]);
      one.restore(count, sum);
    }
  }
}

/**
 * Signals each by itself: what has hardly ever been so. Three looks - the level against a slow baseline, the value against
 * its hour of the day, the level of what the hour leaves - each say how rare what they see is among all that they have seen;
 * these rarities add up. Nothing need be learned beforehand, but it says nothing before it has seen a hundred moments.
 */
export class Unusual implements Detector {
  readonly learned: Learned;
  readonly #settings: UnusualSettings;
  readonly #looks: readonly Looks[];
  #ratio = Number.NaN;
  #sinceUs = Number.NaN;
  #strongest = 0;
  #below = 0;

  constructor(learned: Learned) {
    this.learned = learned;
    this.#settings = learned.settings as unknown as UnusualSettings;
    this.#looks = learned.signals.map(() => new Looks(this.#settings));
    this.#restoreLooks(learned.state.looks);
  }

  observe(values: Float64Array, timeUs: number): void {
    let most = Number.NaN;
    for (let i = 0; i < values.length; i++) {
      const rarity = (this.#looks[i] as Looks).take(values[i] as number, timeUs);
      if (!Number.isNaN(rarity) && !(rarity <= most)) {
        most = rarity;
        this.#strongest = i;
      }
    }
    this.#ratio = most / this.#settings.limit;
    if (Number.isNaN(most)) return;
    if (this.#ratio >= 1) {
      if (!this.found) this.#sinceUs = timeUs;
      this.#below = 0;
    } else if (++this.#below > this.#settings.rest) this.#sinceUs = Number.NaN;
  }

  get ratio(): number {
    return this.#ratio;
  }

  get found(): boolean {
    return !Number.isNaN(this.#sinceUs);
  }

  get sinceUs(): number {
    return this.#sinceUs;
  }

  reasons(): readonly Reason[] {
    const looks = this.#looks[this.#strongest];
    const signal = this.learned.signals[this.#strongest];
    if (!looks || signal === undefined) return [];
    const sum = looks.rare.reduce((all, one) => all + one, 0) || 1;
    return [...looks.rare]
      .map((rare, look): Reason => {
        const { what, value, expected } = looks.seen(look);
        const deviation = looks.far[look] as number;
        const side = deviation > 0 ? 'above' : 'below';
        const text = `${signal}: ${what} is ${figure(value)}, ${times(Math.abs(deviation))} its usual deviation ${side} ${figure(expected)}`;
        return { signal, share: rare / sum, value, expected, deviation, text };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  snapshot(): Json {
    return {
      looks: this.#looks.map((one) => one.snapshot()),
      sinceUs: this.found ? this.#sinceUs : null,
      below: this.#below,
    };
  }

  restore(from: Json): void {
    const { looks, sinceUs, below } = objectOf(from);
    this.#restoreLooks(looks);
    this.#sinceUs = typeof sinceUs === 'number' ? sinceUs : Number.NaN;
    this.#below = typeof below === 'number' ? below : 0;
  }

  #restoreLooks(kept: Json | undefined): void {
    if (!Array.isArray(kept) || kept.length !== this.#looks.length) return;
    for (const [i, one] of this.#looks.entries()) one.restore(kept[i]);
  }
}
