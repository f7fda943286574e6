/** Fields of an aggregate, in a stretch of a column of doubles. Times are seconds. */
const N = 0;
const MEAN = 1;
/** Sum of squared distances from the mean. */
const M2 = 2;
const MIN = 3;
const MAX = 4;
const MEAN_T = 5;
const M2_T = 6;
/** Sum of the products of the distances of value and time. */
const C_TV = 7;
const FIELDS = 8;

/** What is known of the rows in a window. */
export interface Aggregate {
  readonly n: number;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly m2: number;
  readonly min: number;
  readonly max: number;
  /** Slope of the least-squares line, a second; NaN when all rows have one time. */
  readonly slope: number;
}

function clear(into: Float64Array): void {
  into.fill(0);
  into[MIN] = Number.POSITIVE_INFINITY;
  into[MAX] = Number.NEGATIVE_INFINITY;
}

/**
 * Adds one aggregate to another, never subtracting (pairwise update of Chan, Golub and LeVeque: stable where sums of
 * squares are not). `a` and `b` are where they begin.
 */
function merge(into: Float64Array, a: number, from: Float64Array, b: number): void {
  const nB = from[b + N] as number;
  if (nB === 0) return;
  const nA = into[a + N] as number;
  const n = nA + nB;
  const dV = (from[b + MEAN] as number) - (into[a + MEAN] as number);
  const dT = (from[b + MEAN_T] as number) - (into[a + MEAN_T] as number);
  const weight = (nA * nB) / n;
  (into[a + M2] as number) += (from[b + M2] as number) + dV * dV * weight;
  (into[a + M2_T] as number) += (from[b + M2_T] as number) + dT * dT * weight;
  (into[a + C_TV] as number) += (from[b + C_TV] as number) + dT * dV * weight;
  (into[a + MEAN] as number) += (dV * nB) / n;
  (into[a + MEAN_T] as number) += (dT * nB) / n;
  into[a + N] = n;
  into[a + MIN] = Math.min(into[a + MIN] as number, from[b + MIN] as number);
  into[a + MAX] = Math.max(into[a + MAX] as number, from[b + MAX] as number);
}

/**
 * A queue of cells that always knows the aggregate of all its rows, at constant cost a row, amortised. It is two
 * stacks in one ring: cells before `#mid` hold the aggregate of themselves and everything up to `#mid`; cells behind
 * it hold their own. So the oldest cell leaves without a subtraction, and no rounding error stays behind.
 */
export class SlidingAggregate {
  readonly #cellUs: number;
  #size = 4;
  #startUs = new Float64Array(4);
  #cells = new Float64Array(4 * FIELDS);
  /** Positions only rise; a cell lives at its position modulo size. */
  #head = 0;
  #mid = 0;
  #tail = 0;
  /** All cells behind `#mid`. */
  readonly #back = new Float64Array(FIELDS);
  readonly #one = new Float64Array(FIELDS);

  /** @param cellUs rows that lie less than this behind the start of the newest cell share it */
  constructor(cellUs: number) {
    this.#cellUs = cellUs;
    clear(this.#back);
  }

  /** Start of the oldest cell; Infinity when empty. */
  get oldestUs(): number {
    return this.#head === this.#tail ? Number.POSITIVE_INFINITY : this.#start(this.#head);
  }

  /** @param timeUs not before the last row's. @param seconds the same time, from an origin near it */
  add(timeUs: number, seconds: number, value: number): void {
    const one = this.#one;
    clear(one);
    one[N] = 1;
    one[MEAN] = one[MIN] = one[MAX] = value;
    one[MEAN_T] = seconds;
    merge(this.#back, 0, one, 0);
    const newest = this.#tail - 1;
    if (this.#tail > this.#mid && timeUs - this.#start(newest) < this.#cellUs) {
      merge(this.#cells, this.#begin(newest), one, 0);
      return;
    }
    if (this.#tail - this.#head === this.#size) this.#grow();
    this.#startUs[this.#tail & (this.#size - 1)] = timeUs;
    this.#cells.set(one, this.#begin(this.#tail++));
  }

  /** Drops the cells that start at or before `untilUs`. */
  drop(untilUs: number): void {
    while (this.#head < this.#tail && this.#start(this.#head) <= untilUs) {
      if (this.#head === this.#mid) this.#flip();
      this.#head++;
    }
  }

  /** All rows that are in; undefined when there are none. */
  total(): Aggregate | undefined {
    if (this.#head === this.#tail) return undefined;
    const all = this.#one;
    clear(all);
    if (this.#head < this.#mid) merge(all, 0, this.#cells, this.#begin(this.#head));
    merge(all, 0, this.#back, 0);
    const field = (i: number): number => all[i] as number;
    const slope = field(M2_T) > 0 ? field(C_TV) / field(M2_T) : Number.NaN;
    return { n: field(N), mean: field(MEAN), m2: field(M2), min: field(MIN), max: field(MAX), slope };
  }

  #start(position: number): number {
    return this.#startUs[position & (this.#size - 1)] as number;
  }

  #begin(position: number): number {
    return (position & (this.#size - 1)) * FIELDS;
  }

  /** Makes every cell the aggregate of itself and all newer ones. */
  #flip(): void {
    for (let position = this.#tail - 2; position >= this.#head; position--) {
      merge(this.#cells, this.#begin(position), this.#cells, this.#begin(position + 1));
    }
    this.#mid = this.#tail;
    clear(this.#back);
  }

  #grow(): void {
    const { length } = this.#startUs;
    const startUs = new Float64Array(length * 2);
    const cells = new Float64Array(length * 2 * FIELDS);
    for (let p = this.#head; p < this.#tail; p++) {
      const to = p & (length * 2 - 1);
      startUs[to] = this.#start(p);
      cells.set(this.#cells.subarray(this.#begin(p), this.#begin(p) + FIELDS), to * FIELDS);
    }
    this.#startUs = startUs;
    this.#cells = cells;
    this.#size = length * 2;
  }
}
