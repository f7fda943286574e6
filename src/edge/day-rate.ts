/** The first minute is left out: a new journal fills its reserve once. */
const SETTLING_US = 60e6;
const SPACING_US = 10e6;
/** One hour of samples. */
const MOST = 360;

/** By how much a counter rises in a day, over the last hour: bytes that the flash has to bear, samples that come. */
export class DayRate {
  readonly #startedUs: number;
  readonly #seen: { readonly atUs: number; readonly count: number }[] = [];

  constructor(startedUs: number) {
    this.#startedUs = startedUs;
  }

  /** @param atUs steady time @param count since start */
  note(atUs: number, count: number): void {
    if (atUs - this.#startedUs < SETTLING_US) return;
    const last = this.#seen.at(-1);
    if (last && atUs - last.atUs < SPACING_US) return;
    this.#seen.push({ atUs, count });
    if (this.#seen.length > MOST) this.#seen.shift();
  }

  /** Undefined until two looks lie ten seconds apart. */
  get perDay(): number | undefined {
    const first = this.#seen[0];
    const last = this.#seen.at(-1);
    if (!first || !last || first === last) return undefined;
    return Math.round(((last.count - first.count) / (last.atUs - first.atUs)) * 86_400e6);
  }
}
