import type { Detector, Learned, Period, Reason } from '#decide/detectors/api.ts';
import {
  farBy,
  type LookSettings,
  lookAt,
  looksMemory,
  looksSnapshot,
  OWN,
  raresOf,
  restoreLooks,
  seenBy,
} from '#decide/detectors/looks.ts';
import { objectOf } from '#decide/detectors/snapshot.ts';
import { figure, times } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Unusual}. */
export interface UnusualSettings extends LookSettings {
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
  const memory = looksMemory(signals.length, settings);
  for (const i of signals.keys()) {
    const column = columns[i] ?? [];
    for (let row = 0; row < column.length; row++)
      lookAt(memory, i, column[row] as number, times[row] as number);
  }
  return { kind: 'unusual', signals, settings: { ...settings }, state: { looks: looksSnapshot(memory) } };
}

/** Of its own in the memory of the looks: two settings, the figure, how a finding stands, which signal is the strongest. */
const [LIMIT, REST, RATIO] = [OWN, OWN + 1, OWN + 2];
const [SINCE_US, BELOW, STRONGEST] = [OWN + 3, OWN + 4, OWN + 5];

/**
 * Signals each by itself: what has hardly ever been so. Three looks - the level against a slow baseline, the value against
 * its hour of the day, the level of what the hour leaves - each say how rare what they see is among all that they have seen;
 * these rarities add up. Nothing need be learned beforehand, but it says nothing before it has seen a hundred moments.
 */
export class Unusual implements Detector {
  readonly learned: Learned;
  /** All that a moment needs. */
  readonly #memory: Float64Array;

  constructor(learned: Learned) {
    this.learned = learned;
    const settings = learned.settings as unknown as UnusualSettings;
    this.#memory = looksMemory(learned.signals.length, settings);
    this.#memory.set([settings.limit, settings.rest, Number.NaN, Number.NaN], LIMIT);
    restoreLooks(this.#memory, learned.state.looks);
  }

  observe(values: Float64Array, timeUs: number): void {
    const memory = this.#memory;
    let most = Number.NaN;
    for (let i = 0; i < values.length; i++) {
      const rare = lookAt(memory, i, values[i] as number, timeUs);
      if (!Number.isNaN(rare) && !(rare <= most)) {
        most = rare;
        memory[STRONGEST] = i;
      }
    }
    const ratio = most / (memory[LIMIT] as number);
    memory[RATIO] = ratio;
    if (Number.isNaN(most)) return;
    if (ratio >= 1) {
      if (Number.isNaN(memory[SINCE_US])) memory[SINCE_US] = timeUs;
      memory[BELOW] = 0;
    } else {
      const below = (memory[BELOW] as number) + 1;
      memory[BELOW] = below;
      if (below > (memory[REST] as number)) memory[SINCE_US] = Number.NaN;
    }
  }

  get ratio(): number {
    return this.#memory[RATIO] as number;
  }

  get found(): boolean {
    return !Number.isNaN(this.#memory[SINCE_US]);
  }

  get sinceUs(): number {
    return this.#memory[SINCE_US] as number;
  }

  reasons(): readonly Reason[] {
    const memory = this.#memory;
    const strongest = memory[STRONGEST] as number;
    const signal = this.learned.signals[strongest];
    if (signal === undefined) return [];
    const rares = raresOf(memory, strongest);
    const sum = rares.reduce((all, one) => all + one, 0) || 1;
    return rares
      .map((rare, look): Reason => {
        const { what, value, expected } = seenBy(memory, strongest, look);
        const deviation = farBy(memory, strongest, look);
        const side = deviation > 0 ? 'above' : 'below';
        const text = `${signal}: ${what} is ${figure(value)}, ${times(Math.abs(deviation))} its usual deviation ${side} ${figure(expected)}`;
        return { signal, share: rare / sum, value, expected, deviation, text };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  snapshot(): Json {
    return {
      looks: looksSnapshot(this.#memory),
      sinceUs: this.found ? this.sinceUs : null,
      below: this.#memory[BELOW] as number,
    };
  }

  restore(from: Json): void {
    const { looks, sinceUs, below } = objectOf(from);
    const memory = this.#memory;
    restoreLooks(memory, looks);
    memory[SINCE_US] = typeof sinceUs === 'number' ? sinceUs : Number.NaN;
    memory[BELOW] = typeof below === 'number' ? below : 0;
  }
}
