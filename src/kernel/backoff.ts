/** Pauses between attempts: doubling from 0.5 s to 30 s, each with ±25 % jitter so that sites do not retry in step. */
export class Backoff {
  #attempt = 0;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  nextMs(): number {
    const base = Math.min(500 * 2 ** this.#attempt, 30_000);
    this.#attempt = Math.min(this.#attempt + 1, 10);
    return Math.round(base * (0.75 + this.#random() / 2));
  }

  reset(): void {
    this.#attempt = 0;
  }
}
