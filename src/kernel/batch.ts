import { Quality } from '#kernel/quality.ts';

/** What is no double: 64-bit integers, text, bytes, arrays, structures. */
export type Value =
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [field: string]: Value }
  | Scalar;
/** Leaves inside arrays and structures; a row's own number or boolean lives in the `value` column instead. */
type Scalar = number | boolean | null;

/** Samples by column; row i is one reading. Never changed once emitted. */
export interface Batch {
  readonly rows: number;
  /** Number from the site's tag table. */
  readonly tag: Uint32Array;
  /** Source time, µs since 1970: exact in a double until 2255. */
  readonly timeUs: Float64Array;
  /** Numbers, booleans as 0/1, enum codes; NaN where `wide` holds the row. */
  readonly value: Float64Array;
  /** See {@link Quality}. */
  readonly quality: Uint16Array;
  /** Arrival, wall clock; order and identity come from arrival, never from the device's clock. */
  readonly receivedUs: number;
  /** History sent by the device: stored, never an edge, never a write. */
  readonly late: boolean;
  /** Rows that are no double; `row` ascends. */
  readonly wide?: Wide;
}

export interface Wide {
  readonly row: Uint32Array;
  readonly value: readonly Value[];
}

export interface BatchHead {
  readonly receivedUs: number;
  readonly late?: boolean;
}

/** An empty batch to be filled by the one who emits it. Quality starts as good, tag and value as 0. */
export function allocBatch(rows: number, head: BatchHead): Batch {
  return {
    rows,
    tag: new Uint32Array(rows),
    timeUs: new Float64Array(rows),
    value: new Float64Array(rows),
    quality: new Uint16Array(rows),
    receivedUs: head.receivedUs,
    late: head.late ?? false,
  };
}

/**
 * Column access that satisfies `noUncheckedIndexedAccess`: callers stay below `rows`. Not for loops over rows: it sees columns
 * of every kind, so V8 cannot specialise it, and an index there costs several times one that stands in the loop itself.
 */
export const at = (column: ArrayLike<number>, i: number): number => column[i] as number;

/** The rows whose mark is not 0, in their order; the batch itself when that is all of them. */
export function pickRows(batch: Batch, keep: Uint8Array): Batch {
  let rows = 0;
  for (let i = 0; i < batch.rows; i++) if (keep[i]) rows++;
  if (rows === batch.rows) return batch;
  const out = allocBatch(rows, batch);
  const moved = batch.wide ? new Map<number, number>() : undefined;
  for (let i = 0, o = 0; i < batch.rows; i++) {
    if (!keep[i]) continue;
    out.tag[o] = batch.tag[i] as number;
    out.timeUs[o] = batch.timeUs[i] as number;
    out.value[o] = batch.value[i] as number;
    out.quality[o] = batch.quality[i] as number;
    moved?.set(i, o);
    o++;
  }
  if (!batch.wide || !moved) return out;
  return withWide(out, batch.wide, (row) => moved.get(row));
}

function withWide(out: Batch, wide: Wide, newRow: (row: number) => number | undefined): Batch {
  const row: number[] = [];
  const value: Value[] = [];
  for (let w = 0; w < wide.row.length; w++) {
    const moved = newRow(wide.row[w] as number);
    if (moved === undefined) continue;
    row.push(moved);
    value.push(wide.value[w] as Value);
  }
  return row.length === 0 ? out : { ...out, wide: { row: Uint32Array.from(row), value } };
}

/** Up to this many rows V8 keeps columns in its heap, where a copy costs less than a view. */
const COPIED_ROWS = 8;

/**
 * Cuts one long batch into short ones, from its first row on. These share its memory where that is cheaper than a copy:
 * whoever keeps one for long, or sends it to a thread, copies it.
 */
export class BatchCutter {
  readonly #all: Batch;
  #from = 0;
  #wideFrom = 0;

  constructor(all: Batch) {
    this.#all = all;
  }

  skip(rows: number): void {
    this.#from += rows;
    const { wide } = this.#all;
    while (wide && at(wide.row, this.#wideFrom) < this.#from) this.#wideFrom++;
  }

  take(rows: number, receivedUs: number, late = false): Batch {
    const from = this.#from;
    const wideFrom = this.#wideFrom;
    this.skip(rows);
    const batch =
      rows > COPIED_ROWS
        ? this.#view(from, rows, receivedUs, late)
        : this.#copy(from, rows, receivedUs, late);
    const { wide } = this.#all;
    if (!wide || this.#wideFrom === wideFrom) return batch;
    const row = wide.row.slice(wideFrom, this.#wideFrom).map((r) => r - from);
    return { ...batch, wide: { row, value: wide.value.slice(wideFrom, this.#wideFrom) } };
  }

  #view(from: number, rows: number, receivedUs: number, late: boolean): Batch {
    const { tag, timeUs, value, quality } = this.#all;
    const to = from + rows;
    return {
      rows,
      tag: tag.subarray(from, to),
      timeUs: timeUs.subarray(from, to),
      value: value.subarray(from, to),
      quality: quality.subarray(from, to),
      receivedUs,
      late,
    };
  }

  #copy(from: number, rows: number, receivedUs: number, late: boolean): Batch {
    const all = this.#all;
    const batch = allocBatch(rows, { receivedUs, late });
    for (let i = 0; i < rows; i++) {
      batch.tag[i] = at(all.tag, from + i);
      batch.timeUs[i] = at(all.timeUs, from + i);
      batch.value[i] = at(all.value, from + i);
      batch.quality[i] = at(all.quality, from + i);
    }
    return batch;
  }
}

/** The wide value of a row, found by bisection; undefined where the row is a double. */
export function wideAt(batch: Batch, row: number): Value | undefined {
  const wide = batch.wide;
  if (!wide) return undefined;
  let low = 0;
  let high = wide.row.length - 1;
  while (low <= high) {
    const mid = (low + high) >> 1;
    const found = wide.row[mid] as number;
    if (found === row) return wide.value[mid];
    if (found < row) low = mid + 1;
    else high = mid - 1;
  }
  return undefined;
}

/** Collects rows whose number is not known beforehand, then hands out a batch of just that size. */
export class BatchBuilder {
  #rows = 0;
  #tag = new Uint32Array(64);
  #timeUs = new Float64Array(64);
  #value = new Float64Array(64);
  #quality = new Uint16Array(64);
  #wideRow: number[] = [];
  #wideValue: Value[] = [];

  get rows(): number {
    return this.#rows;
  }

  add(tag: number, timeUs: number, value: number, quality: number = Quality.good): void {
    if (this.#rows === this.#tag.length) this.#grow();
    const i = this.#rows++;
    this.#tag[i] = tag;
    this.#timeUs[i] = timeUs;
    this.#value[i] = value;
    this.#quality[i] = quality;
  }

  /** A number becomes a double row, a boolean 0/1, everything else a wide row. */
  addValue(tag: number, timeUs: number, value: Value, quality: number = Quality.good): void {
    if (typeof value === 'number' || typeof value === 'boolean') {
      this.add(tag, timeUs, Number(value), quality);
      return;
    }
    this.#wideRow.push(this.#rows);
    this.#wideValue.push(value);
    this.add(tag, timeUs, Number.NaN, quality);
  }

  /** The rows so far as a batch; the builder is empty afterwards and may be used again. */
  take(head: BatchHead): Batch {
    const n = this.#rows;
    const batch: Batch = {
      rows: n,
      tag: this.#tag.slice(0, n),
      timeUs: this.#timeUs.slice(0, n),
      value: this.#value.slice(0, n),
      quality: this.#quality.slice(0, n),
      receivedUs: head.receivedUs,
      late: head.late ?? false,
      ...(this.#wideRow.length > 0 && {
        wide: { row: Uint32Array.from(this.#wideRow), value: this.#wideValue },
      }),
    };
    this.#rows = 0;
    this.#wideRow = [];
    this.#wideValue = [];
    return batch;
  }

  #grow(): void {
    const size = this.#tag.length * 2;
    const bigger = <T extends { set(from: T): void }>(column: T, wider: T): T => {
      wider.set(column);
      return wider;
    };
    this.#tag = bigger(this.#tag, new Uint32Array(size));
    this.#timeUs = bigger(this.#timeUs, new Float64Array(size));
    this.#value = bigger(this.#value, new Float64Array(size));
    this.#quality = bigger(this.#quality, new Uint16Array(size));
  }
}
