/** Time without a new alarm after which the next one is the first of a new burst. */
const QUIET_US = 60e6;

/** Numbers the alarms of a burst in the order in which they came, so that the first one is found afterwards. */
export class FirstOut {
  #lastUs = Number.NEGATIVE_INFINITY;
  #count = 0;

  rank(atUs: number): number {
    if (atUs - this.#lastUs > QUIET_US) this.#count = 0;
    this.#lastUs = atUs;
    return ++this.#count;
  }

  snapshot(): { readonly lastUs: number; readonly count: number } | null {
    return this.#count === 0 ? null : { lastUs: this.#lastUs, count: this.#count };
  }

  restore(lastUs: number, count: number): void {
    this.#lastUs = lastUs;
    this.#count = count;
  }
}
