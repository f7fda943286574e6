import type { Detector, Learned, Period, Reason } from '#decide/detectors/api.ts';
import { numbersOf, objectOf } from '#decide/detectors/snapshot.ts';
import { figure, times } from '#decide/detectors/words.ts';
import type { Json } from '#kernel/event.ts';

/** What may be set of {@link Frozen}. */
export interface FrozenSettings {
  /** A value may stand this many times as long as the longest that it stood in good running. */
  readonly longer: number;
  /** But never fewer moments than this are found too many. */
  readonly least: number;
}

export const FROZEN: FrozenSettings = { longer: 3, least: 10 };

/** Learns {@link Frozen}: for how many moments each signal stood still at most. One that never moved is not watched. */
export function learnFrozen({ signals, columns }: Period, settings: FrozenSettings = FROZEN): Learned {
  return {
    kind: 'frozen',
    signals,
    settings: { ...settings },
    state: { longest: columns.map(longestRun) },
  };
}

function longestRun(column: Float64Array): number | null {
  let [longest, run, last, moved] = [0, 0, Number.NaN, false];
  for (const value of column) {
    if (Number.isNaN(value)) continue;
    moved ||= run > 0 && value !== last;
    run = value === last ? run + 1 : 1;
    longest = Math.max(longest, run);
    last = value;
  }
  return moved ? longest : null;
}

/** A sensor that gives the same value for longer than it ever did: frozen, or cut off behind a device that answers. */
export class Frozen implements Detector {
  readonly learned: Learned;
  readonly #limits: Float64Array;
  readonly #longest: readonly (number | null)[];
  readonly #last: Float64Array;
  readonly #run: Float64Array;
  #ratio = Number.NaN;
  #sinceUs = Number.NaN;

  constructor(learned: Learned) {
    const { longer, least } = learned.settings as unknown as FrozenSettings;
    this.learned = learned;
    this.#longest = learned.state.longest as readonly (number | null)[];
    const limitOf = (longest: number | null): number =>
      longest === null ? Number.NaN : Math.max(least, longer * longest);
    this.#limits = Float64Array.from(learned.signals, (_, i) => limitOf(this.#longest[i] ?? null));
    this.#last = new Float64Array(learned.signals.length).fill(Number.NaN);
    this.#run = new Float64Array(learned.signals.length);
  }

  observe(values: Float64Array, timeUs: number): void {
    let most = Number.NaN;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!Number.isNaN(value)) {
        this.#run[i] = value === this.#last[i] ? (this.#run[i] as number) + 1 : 1;
        this.#last[i] = value;
      }
      const ratio = (this.#run[i] as number) / (this.#limits[i] as number);
      if (!Number.isNaN(ratio) && !(ratio <= most)) most = ratio;
    }
    this.#ratio = most;
    if (!(most > 1)) this.#sinceUs = Number.NaN;
    else if (!this.found) this.#sinceUs = timeUs;
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
    const beyond = this.learned.signals.map((_, i) => {
      const ratio = (this.#run[i] as number) / (this.#limits[i] as number);
      return ratio > 1 ? ratio : 0;
    });
    const sum = beyond.reduce((all, one) => all + one, 0) || 1;
    return this.learned.signals
      .map((signal, i): Reason => {
        const [run, value, longest] = [
          this.#run[i] as number,
          this.#last[i] as number,
          this.#longest[i] ?? 0,
        ];
        const text = `${signal} has been ${figure(value)} for ${run} moments, ${times(run / longest)} as long as it ever stood still`;
        return {
          signal,
          share: (beyond[i] as number) / sum,
          value,
          expected: Number.NaN,
          deviation: Number.NaN,
          text,
        };
      })
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  snapshot(): Json {
    const last = [...this.#last].map((one) => (Number.isNaN(one) ? null : one));
    return { last, run: [...this.#run], sinceUs: this.found ? this.#sinceUs : null };
  }

  restore(from: Json): void {
    const { last, run, sinceUs } = objectOf(from);
    const size = this.learned.signals.length;
    const [lasts, runs] = [numbersOf(last, size), numbersOf(run, size)];
    if (!lasts || !runs) return;
    this.#last.set(lasts);
    this.#run.set(runs);
    this.#sinceUs = typeof sinceUs === 'number' ? sinceUs : Number.NaN;
  }
}
