/** The first minute is left out: a new journal fills its reserve once. */
const SETTLING_US = 60e6;
const SPACING_US = 10e6;
/** One hour of samples. */
const MOST = 360;

/** Bytes a day that the flash has to bear, over the last hour: a budget that people plan the box by. */
export class WearMeter {
  readonly #startedUs: number;
  readonly #seen: { readonly atUs: number; readonly bytes: number }[] = [];

  constructor(startedUs: number) {
    this.#startedUs = startedUs;
  }

  /** @param bytes written since start */
  note(atUs: number, bytes: number): void {
    if (atUs - this.#startedUs < SETTLING_US) return;
    const last = this.#seen.at(-1);
    if (last && atUs - last.atUs < SPACING_US) return;
    this.#seen.push({ atUs, bytes });
    if (this.#seen.length > MOST) this.#seen.shift();
  }

  /** Undefined until two looks lie ten seconds apart. */
  get bytesPerDay(): number | undefined {
    const first = this.#seen[0];
    const last = this.#seen.at(-1);
    if (!first || !last || first === last) return undefined;
    return Math.round(((last.bytes - first.bytes) / (last.atUs - first.atUs)) * 86_400e6);
  }
}
