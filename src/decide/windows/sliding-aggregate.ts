/** What is known of a set of rows; merges exactly, without ever subtracting. Times are seconds. */
export interface Aggregate {
  n: number;
  meanV: number;
  /** Sum of squared distances from the mean. */
  m2V: number;
  min: number;
  max: number;
  meanT: number;
  m2T: number;
  /** Sum of the products of both distances. */
  cTV: number;
}

const COLUMNS = ['n', 'meanV', 'm2V', 'min', 'max', 'meanT', 'm2T', 'cTV'] as const;

export const emptyAggregate = (): Aggregate => ({
  n: 0,
  meanV: 0,
  m2V: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  meanT: 0,
  m2T: 0,
  cTV: 0,
});

export function clear(into: Aggregate): void {
  into.n = into.meanV = into.m2V = into.meanT = into.m2T = into.cTV = 0;
  into.min = Number.POSITIVE_INFINITY;
  into.max = Number.NEGATIVE_INFINITY;
}

/** Adds what `b` stands for (pairwise update of Chan, Golub and LeVeque: stable where sums of squares are not). */
export function merge(into: Aggregate, b: Aggregate): void {
  if (b.n === 0) return;
  const n = into.n + b.n;
  const dV = b.meanV - into.meanV;
  const dT = b.meanT - into.meanT;
  const weight = (into.n * b.n) / n;
  into.m2V += b.m2V + dV * dV * weight;
  into.m2T += b.m2T + dT * dT * weight;
  into.cTV += b.cTV + dT * dV * weight;
  into.meanV += (dV * b.n) / n;
  into.meanT += (dT * b.n) / n;
  into.n = n;
  if (b.min < into.min) into.min = b.min;
  if (b.max > into.max) into.max = b.max;
}

/**
 * A queue of cells that always knows the aggregate of all its rows, at constant cost a row, amortised. It is two
 * stacks in one ring: cells before `#mid` hold the aggregate of themselves and everything up to `#mid`; cells behind
 * it hold their own. So the oldest cell leaves without a subtraction, and no rounding error stays behind.
 */
export class SlidingAggregate {
  #size = 16;
  #startUs = new Float64Array(16);
  #columns = COLUMNS.map(() => new Float64Array(16));
  /** Positions only rise; a cell lives at position modulo size. */
  #head = 0;
  #mid = 0;
  #tail = 0;
  readonly #back = emptyAggregate();
  readonly #one = emptyAggregate();
  readonly #total = emptyAggregate();
  readonly #cellUs: number;
  /** Rows that lie less than `cellUs` behind the start of the newest cell share it. */
  constructor(cellUs: number) {
    this.#cellUs = cellUs;
  }

  get cells(): number {
    return this.#tail - this.#head;
  }

  /** Start of the oldest cell; Infinity when empty. */
  get oldestUs(): number {
    return this.cells === 0 ? Number.POSITIVE_INFINITY : this.#start(this.#head);
  }

  /** @param timeUs not before the last row's. @param seconds the same time, from an origin near it */
  add(timeUs: number, seconds: number, value: number): void {
    const one = this.#one;
    clear(one);
    one.n = 1;
    one.meanV = one.min = one.max = value;
    one.meanT = seconds;
    merge(this.#back, one);
    const newest = this.#tail - 1;
    if (this.#tail > this.#mid && timeUs - this.#start(newest) < this.#cellUs) {
      this.#read(newest, this.#total);
      merge(this.#total, one);
      this.#write(newest, this.#total);
      return;
    }
    if (this.cells === this.#size) this.#grow();
    this.#startUs[this.#tail & (this.#size - 1)] = timeUs;
    this.#write(this.#tail++, one);
  }

  /** Drops the cells that start at or before `untilUs`. */
  drop(untilUs: number): void {
    while (this.#head < this.#tail && this.#start(this.#head) <= untilUs) {
      if (this.#head === this.#mid) this.#flip();
      this.#head++;
    }
  }

  /** All rows that are in; the object is reused by the next call. */
  total(): Aggregate {
    const total = this.#total;
    clear(total);
    if (this.#head < this.#mid) this.#read(this.#head, total);
    merge(total, this.#back);
    return total;
  }

  #start(position: number): number {
    return this.#startUs[position & (this.#size - 1)] as number;
  }

  /** Makes every cell the aggregate of itself and all newer ones. */
  #flip(): void {
    const sum = this.#total;
    clear(sum);
    for (let position = this.#tail - 1; position >= this.#head; position--) {
      this.#read(position, this.#one);
      merge(sum, this.#one);
      this.#write(position, sum);
    }
    this.#mid = this.#tail;
    clear(this.#back);
  }

  #read(position: number, into: Aggregate): void {
    const i = position & (this.#size - 1);
    for (let c = 0; c < COLUMNS.length; c++) {
      into[COLUMNS[c] as keyof Aggregate] = (this.#columns[c] as Float64Array)[i] as number;
    }
  }

  #write(position: number, from: Aggregate): void {
    const i = position & (this.#size - 1);
    for (let c = 0; c < COLUMNS.length; c++) {
      (this.#columns[c] as Float64Array)[i] = from[COLUMNS[c] as keyof Aggregate];
    }
  }

  #grow(): void {
    const old = this.#size;
    const moved = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const wider = new Float64Array(old * 2);
      for (let p = this.#head; p < this.#tail; p++) {
        wider[p & (old * 2 - 1)] = column[p & (old - 1)] as number;
      }
      return wider;
    };
    this.#startUs = moved(this.#startUs);
    this.#columns = this.#columns.map(moved);
    this.#size = old * 2;
  }
}
