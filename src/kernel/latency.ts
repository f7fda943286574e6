/**
 * Distribution of durations in fixed memory: 24 buckets per factor of ten from 1 µs to 100 s, so a quantile is
 * right to 10 %. Recording allocates nothing.
 */
export class Latency {
  static readonly #PER_DECADE = 24;
  static readonly #DECADES = 8;
  readonly #buckets = new Float64Array(Latency.#PER_DECADE * Latency.#DECADES + 1);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  record(ms: number): void {
    const position = Math.ceil(Math.log10(Math.max(ms * 1000, 1)) * Latency.#PER_DECADE);
    const bucket = Math.min(position, this.#buckets.length - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1;
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** Upper edge of the bucket that holds the quantile, ms; 0 when nothing was recorded. @param q from 0 to 1 */
  quantileMs(q: number): number {
    let left = Math.ceil(this.#count * q);
    if (left === 0) return 0;
    // The last bucket holds whatever is longer than the scale: its edge is the longest of all.
    for (let bucket = 0; bucket < this.#buckets.length - 1; bucket++) {
      left -= this.#buckets[bucket] as number;
      if (left <= 0) return Math.min(10 ** (bucket / Latency.#PER_DECADE) / 1000, this.#maxMs);
    }
    return this.#maxMs;
  }
}
