/** Cosines of random directions: their products are close to those of a Gaussian kernel. Always the same ones. */
export class Projection {
  readonly #direction: Float64Array;
  readonly #phase: Float64Array;
  readonly #means: Float64Array;
  readonly #scales: Float64Array;
  readonly #scaled: Float64Array;
  readonly #point: Float64Array;

  constructor(
    { functions, narrow }: { readonly functions: number; readonly narrow: number },
    means: readonly number[],
    scales: readonly number[],
  ) {
    const random = sequence(1);
    const width = means.length;
    const spread = Math.sqrt(2 * narrow);
    this.#direction = Float64Array.from({ length: functions * width }, () => spread * normal(random));
    this.#phase = Float64Array.from({ length: functions }, () => 2 * Math.PI * random());
    this.#means = Float64Array.from(means);
    this.#scales = Float64Array.from(scales);
    this.#scaled = new Float64Array(width);
    this.#point = new Float64Array(functions);
  }

  /** @returns the point, which the next call overwrites */
  take(row: Float64Array): Float64Array {
    const width = this.#scaled.length;
    for (let i = 0; i < width; i++)
      this.#scaled[i] = ((row[i] as number) - (this.#means[i] as number)) / (this.#scales[i] as number);
    const factor = Math.sqrt(2 / this.#point.length);
    for (let f = 0; f < this.#point.length; f++) {
      let sum = this.#phase[f] as number;
      for (let i = 0, at = f * width; i < width; i++, at++)
        sum += (this.#direction[at] as number) * (this.#scaled[i] as number);
      this.#point[f] = factor * Math.cos(sum);
    }
    return this.#point;
  }
}

/** Numbers from 0 to below 1, the same for the same seed: mulberry32. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller (1958). */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
