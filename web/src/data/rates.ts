/** Over so long a time changes are counted, in milliseconds. */
const WINDOW_MS = 20_000;

interface Reading {
  readonly atMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** How fast counters rise: what they said some seconds ago beside what they say now. */
export class Rates {
  #readings: Reading[] = [];

  /** The same answer again changes nothing. @param atMs when it was answered, on a clock that does not jump */
  take(atMs: number, counts: ReadonlyMap<string, number>): void {
    const newest = this.#readings.at(-1);
    if (newest && atMs <= newest.atMs) return;
    this.#readings.push({ atMs, counts });
    // One that is older than the window stays: without it there would be no rate.
    while (this.#readings.length > 2 && (this.#readings[1] as Reading).atMs <= atMs - WINDOW_MS)
      this.#readings.shift();
  }

  /** By how much it rose in the window; undefined before two answers, and after the counter began anew. */
  rise(name: string): number | undefined {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    const before = first?.counts.get(name);
    const now = last?.counts.get(name);
    if (first === last || before === undefined || now === undefined) return undefined;
    return now < before ? undefined : now - before;
  }

  perSecond(name: string): number | undefined {
    const rise = this.rise(name);
    const spanMs = (this.#readings.at(-1)?.atMs ?? 0) - (this.#readings[0]?.atMs ?? 0);
    return rise === undefined ? undefined : (rise * 1000) / spanMs;
  }
}
