import type { Detector, Learned, Period, Reason } from '#decide/detectors/api.ts';
import {
  expectedAt,
  HOUR_FIELDS,
  hourOfDay,
  hourSnapshot,
  remainderOf,
  restoreHours,
} from '#decide/detectors/hours.ts';
import {
  baseOf,
  LEVEL_FIELDS,
  levelOf,
  levelShift,
  levelSnapshot,
  restoreLevel,
} from '#decide/detectors/level.ts';
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
  const looks = new Looks(signals.length, settings);
  for (const i of signals.keys()) {
    const column = columns[i] ?? [];
    for (let row = 0; row < column.length; row++) looks.take(i, column[row] as number, times[row] as number);
  }
  return { kind: 'unusual', signals, settings: { ...settings }, state: { looks: looks.snapshot() } };
}

const LOOKS = 3;

/** Where what lies of a signal: its value, how rare each look finds it and how far off, then what the looks remember. */
const [VALUE, RARE, FAR] = [0, 1, 1 + LOOKS];
const LEVEL = FAR + LOOKS;
const REMAINDER = LEVEL + LEVEL_FIELDS;
const HOUR = REMAINDER + LEVEL_FIELDS;
const RARITIES = HOUR + HOUR_FIELDS;
const FIELDS = RARITIES + Rarity.fields(LOOKS);

/**
 * Three looks at each signal: its level, its hour of the day, the level of what the hour leaves. All that they remember is
 * one array, what goes together side by side: of ten thousand tags none is in the processor's cache when its moment comes,
 * and what a moment costs is how many lines of memory it touches.
 */
class Looks {
  readonly #memory: Float64Array;
  readonly #rarity: Rarity;
  readonly #settings: UnusualSettings;
  readonly #signals: number;

  constructor(signals: number, settings: UnusualSettings) {
    this.#memory = new Float64Array(signals * FIELDS);
    this.#rarity = new Rarity(this.#memory, LOOKS);
    this.#settings = settings;
    this.#signals = signals;
  }

  /** @returns rarity over all looks; NaN where there is no value */
  take(signal: number, value: number, timeUs: number): number {
    if (!Number.isFinite(value)) return Number.NaN;
    const memory = this.#memory;
    const { level, remainder, slow, most } = this.#settings;
    const at = signal * FIELDS;
    memory[at + VALUE] = value;
    memory[at + FAR + 1] = hourOfDay(memory, at + HOUR, value, timeUs);
    memory[at + FAR] = levelShift(memory, at + LEVEL, level, slow, value);
    const left = remainderOf(memory, at + HOUR);
    memory[at + FAR + 2] = levelShift(memory, at + REMAINDER, remainder, slow, left);
    let sum = 0;
    for (let look = 0; look < LOOKS; look++) {
      const far = Math.abs(memory[at + FAR + look] as number);
      const rare = this.#rarity.take(at + RARITIES, look, far, most);
      memory[at + RARE + look] = rare;
      sum += rare;
    }
    return sum;
  }

  /** Rarity of the newest value by each look. */
  rare(signal: number): number[] {
    return [...this.#memory.subarray(signal * FIELDS + RARE, signal * FIELDS + RARE + LOOKS)];
  }

  /** How far a look saw the signal from what was to be expected, in usual deviations. */
  far(signal: number, look: number): number {
    return this.#memory[signal * FIELDS + FAR + look] as number;
  }

  /** What each look sees, and what it had expected. */
  seen(
    signal: number,
    look: number,
  ): { readonly what: string; readonly value: number; readonly expected: number } {
    const memory = this.#memory;
    const at = signal * FIELDS;
    const value = memory[at + VALUE] as number;
    const expected = expectedAt(memory, at + HOUR);
    if (look === 0) {
      const level = at + LEVEL;
      return { what: 'its level', value: levelOf(memory, level), expected: baseOf(memory, level) };
    }
    if (look === 1) return { what: 'it', value, expected };
    return {
      what: 'its level without the hour of the day',
      value: expected + levelOf(memory, at + REMAINDER),
      expected: expected + baseOf(memory, at + REMAINDER),
    };
  }

  snapshot(): Json[] {
    const memory = this.#memory;
    return Array.from({ length: this.#signals }, (_, signal) => {
      const at = signal * FIELDS;
      return {
        level: levelSnapshot(memory, at + LEVEL),
        remainder: levelSnapshot(memory, at + REMAINDER),
        hour: hourSnapshot(memory, at + HOUR),
        rarities: Array.from({ length: LOOKS }, (_, look) => this.#rarity.snapshot(at + RARITIES, look)),
      };
    });
  }

  restore(from: Json | undefined): void {
    if (!Array.isArray(from) || from.length !== this.#signals) return;
    const memory = this.#memory;
    for (const [signal, one] of from.entries()) {
      const at = signal * FIELDS;
      const kept = objectOf(one);
      restoreLevel(memory, at + LEVEL, kept.level);
      restoreLevel(memory, at + REMAINDER, kept.remainder);
      restoreHours(memory, at + HOUR, kept.hour);
      const rarities = Array.isArray(kept.rarities) ? kept.rarities : [];
      for (let look = 0; look < LOOKS; look++) this.#rarity.restore(at + RARITIES, look, rarities[look]);
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
  readonly #looks: Looks;
  #ratio = Number.NaN;
  #sinceUs = Number.NaN;
  #strongest = 0;
  #below = 0;

  constructor(learned: Learned) {
    this.learned = learned;
    this.#settings = learned.settings as unknown as UnusualSettings;
    this.#looks = new Looks(learned.signals.length, this.#settings);
    this.#looks.restore(learned.state.looks);
  }

  observe(values: Float64Array, timeUs: number): void {
    let most = Number.NaN;
    for (let i = 0; i < values.length; i++) {
      const rare = this.#looks.take(i, values[i] as number, timeUs);
      if (!Number.isNaN(rare) && !(rare <= most)) {
        most = rare;
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
    const strongest = this.#strongest;
    const signal = this.learned.signals[strongest];
    if (signal === undefined) return [];
    const rares = this.#looks.rare(strongest);
    const sum = rares.reduce((all, one) => all + one, 0) || 1;
    return rares
      .map((rare, look): Reason => {
        const { what, value, expected } = this.#looks.seen(strongest, look);
        const deviation = this.#looks.far(strongest, look);
        const side = deviation > 0 ? 'above' : 'below';
        const text = `${signal}: ${what} is ${figure(value)}, ${times(Math.abs(deviation))} its usual deviation ${side} ${figure(expected)}`;
        return { signal, share: rare / sum, value, expected, deviation, text };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  snapshot(): Json {
    return {
      looks: this.#looks.snapshot(),
      sinceUs: this.found ? this.#sinceUs : null,
      below: this.#below,
    };
  }

  restore(from: Json): void {
    const { looks, sinceUs, below } = objectOf(from);
    this.#looks.restore(looks);
    this.#sinceUs = typeof sinceUs === 'number' ? sinceUs : Number.NaN;
    this.#below = typeof below === 'number' ? below : 0;
  }
}
