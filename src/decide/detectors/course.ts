/** Weights of the newest moment in the three levels of a signal. */
const WEIGHTS = [0.3, 0.1, 0.04] as const;
const WINDOW = 30;
/** Moments before a slope says something. */
const FEW = 6;
const PER_SIGNAL = WEIGHTS.length + WINDOW;

/** How signals went up to now: levels of three memories and the slope over a window, for each; and for how long. */
export class Course {
  /** For each signal its levels and a ring of its last values; behind all of them the number of moments. */
  readonly state: Float64Array;
  /** Middle level of each signal, in deviations; 0 for one that is not used. */
  readonly away: Float64Array;
  readonly #used: readonly boolean[];
  readonly #centre: readonly number[];
  readonly #scale: readonly number[];
  readonly #row: Float64Array;

  constructor(used: readonly boolean[], centre: readonly number[], scale: readonly number[]) {
    this.#used = used;
    this.#centre = centre;
    this.#scale = scale;
    this.state = new Float64Array(used.length * PER_SIGNAL + 1);
    this.away = new Float64Array(used.length);
    this.#row = new Float64Array(used.filter(Boolean).length * (WEIGHTS.length + 1) + 1);
  }

  /** @param values a missing one counts as the middle level of before. @returns the row, which the next call overwrites */
  take(values: Float64Array): Float64Array {
    const { state } = this;
    const n = (state[state.length - 1] as number) + 1;
    state[state.length - 1] = n;
    let place = 0;
    for (let i = 0; i < values.length; i++) {
      if (!this.#used[i]) continue;
      const from = i * PER_SIGNAL;
      const z = ((values[i] as number) - (this.#centre[i] as number)) / (this.#scale[i] as number);
      const value = Number.isFinite(z) ? z : (state[from + 1] as number);
      for (let w = 0; w < WEIGHTS.length; w++) {
        const level = state[from + w] as number;
        const next = level + Math.max(WEIGHTS[w] as number, 1 / n) * (value - level);
        state[from + w] = next;
        this.#row[place++] = next;
      }
      this.away[i] = state[from + 1] as number;
      state[from + WEIGHTS.length + ((n - 1) % WINDOW)] = value;
      this.#row[place++] = WINDOW * this.#slope(from + WEIGHTS.length, n);
    }
    this.#row[place] = Math.log(n);
    return this.#row;
  }

  reset(): void {
    this.state.fill(0);
    this.away.fill(0);
  }

  #slope(ring: number, n: number): number {
    const count = Math.min(n, WINDOW);
    if (count < FEW) return 0;
    const middle = (count - 1) / 2;
    let [sum, squares] = [0, 0];
    for (let k = 0; k < count; k++) {
      const x = k - middle;
      sum += x * (this.state[ring + ((n - count + k) % WINDOW)] as number);
      squares += x * x;
    }
    return sum / squares;
  }
}
