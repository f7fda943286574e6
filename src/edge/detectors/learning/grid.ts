import type { Held } from '#edge/detectors/learning/held.ts';
import type { Resting } from '#edge/detectors/learning/resting.ts';
import type { Batch } from '#kernel/batch.ts';

export interface GridAsked {
  readonly fromUs: number;
  readonly everyUs: number;
  readonly moments: number;
  readonly signals: readonly string[];
  /** Engineering range of each signal; undefined where it has none. */
  readonly ranges: readonly (readonly [low: number, high: number] | undefined)[];
  /** For how long all signals may bring nothing before they are unknown. Infinity: for ever. */
  readonly silenceUs: number;
  readonly resting: Resting | undefined;
}

/** Columns that fill moment by moment, with what the signals hold then. */
export class Grid {
  readonly #asked: GridAsked;
  readonly #held: Held;
  readonly #timeUs: Float64Array;
  readonly #columns: readonly Float64Array[];
  readonly #breaks: number[] = [];
  readonly #outside: Uint32Array;
  #rows = 0;
  #moment = 0;
  #rested = 0;
  #isBroken = false;
  #heardUs: number;
  #silentUs = 0;
  #hasNews = false;
  #quiet = 0;

  /** @param startUs from when on rows are shown, before the first moment where something rests on the past */
  constructor(asked: GridAsked, held: Held, startUs: number) {
    this.#asked = asked;
    this.#held = held;
    this.#timeUs = new Float64Array(asked.moments);
    this.#columns = asked.signals.map(() => new Float64Array(asked.moments));
    this.#outside = new Uint32Array(asked.signals.length);
    this.#heardUs = startUs;
  }

  take(batch: Batch, atUs: number): void {
    this.#asked.resting?.observe(batch, atUs);
    if (!this.#held.take(batch)) return;
    this.#hasNews = true;
    this.#heard(atUs);
  }

  #heard(atUs: number): void {
    const { silenceUs, fromUs } = this.#asked;
    const sinceUs = Math.max(this.#heardUs, fromUs);
    if (atUs - sinceUs > silenceUs) this.#silentUs += atUs - sinceUs;
    this.#heardUs = atUs;
  }

  /** Looks at all moments before a time. */
  passUntil(untilUs: number): void {
    const { moments, everyUs, fromUs } = this.#asked;
    for (; this.#moment < moments; this.#moment++) {
      const atUs = fromUs + this.#moment * everyUs;
      if (atUs >= untilUs) return;
      this.#look(atUs);
    }
  }

  #look(atUs: number): void {
    const { resting, ranges, silenceUs } = this.#asked;
    if (atUs - this.#heardUs > silenceUs) this.#held.forget();
    if (resting?.at(atUs)) {
      this.#rested++;
      this.#isBroken ||= this.#rows > 0 && resting.isKnown;
      return;
    }
    const row = this.#rows++;
    if (this.#isBroken) this.#breaks.push(row);
    this.#isBroken = false;
    this.#timeUs[row] = atUs;
    const { values, outside } = this.#held;
    let isKnown = false;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      (this.#columns[i] as Float64Array)[row] = value;
      const range = ranges[i];
      if (Number.isNaN(value)) continue;
      isKnown = true;
      if (outside[i] || (range && (value < range[0] || value > range[1])))
        this.#outside[i] = (this.#outside[i] as number) + 1;
    }
    if (isKnown && !this.#hasNews) this.#quiet++;
    this.#hasNews = false;
  }

  done() {
    const rows = this.#rows;
    const { fromUs, moments, everyUs } = this.#asked;
    this.#heard(fromUs + moments * everyUs);
    return {
      signals: this.#asked.signals,
      timeUs: this.#timeUs.subarray(0, rows),
      columns: this.#columns.map((column) => column.subarray(0, rows)),
      ...(this.#held.texts && { texts: this.#held.texts.all }),
      breaks: this.#breaks,
      rested: this.#rested,
      outside: this.#outside,
      silentUs: this.#silentUs,
      quiet: this.#quiet,
    };
  }
}
