import { mergeRows, type Rows, spanOf } from '#historian/format/rows.ts';
import type { Batch, Value } from '#kernel/batch.ts';
import { DAY_US, dayOf } from './partitions.ts';

/** Gathers rows in the order of arrival, and hands them out tag by tag, in the order of time. */
export class RowsByTag {
  readonly #parts = new Map<number, Rows[]>();

  /** @param only the rows of this tag, where given */
  add(batch: Batch, only?: number): void {
    const { tag } = batch;
    const counts = new Map<number, number>();
    for (let i = 0; i < batch.rows; i++) {
      const number = tag[i] as number;
      if (only === undefined || number === only) counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    const filling = new Map<number, Filling>();
    for (const [number, count] of counts) filling.set(number, new Filling(count));
    const wide = new Map<number, Value>();
    for (const [w, row] of (batch.wide?.row ?? new Uint32Array(0)).entries())
      wide.set(row, batch.wide?.value[w] as Value);
    for (let i = 0; i < batch.rows; i++) filling.get(tag[i] as number)?.take(batch, i, wide.get(i));
    for (const [number, one] of filling) {
      const parts = this.#parts.get(number);
      if (parts) parts.push(one.rows());
      else this.#parts.set(number, [one.rows()]);
    }
  }

  *[Symbol.iterator](): IterableIterator<readonly [number: number, rows: Rows]> {
    for (const [number, parts] of this.#parts) yield [number, mergeRows(parts)];
  }
}

class Filling {
  readonly #timeUs: Float64Array;
  readonly #value: Float64Array;
  readonly #quality: Uint16Array;
  readonly #wideRow: number[] = [];
  readonly #wideValue: Value[] = [];
  #count = 0;

  constructor(count: number) {
    this.#timeUs = new Float64Array(count);
    this.#value = new Float64Array(count);
    this.#quality = new Uint16Array(count);
  }

  take(batch: Batch, row: number, wide: Value | undefined): void {
    const i = this.#count++;
    this.#timeUs[i] = batch.timeUs[row] as number;
    this.#value[i] = batch.value[row] as number;
    this.#quality[i] = batch.quality[row] as number;
    if (wide === undefined) return;
    this.#wideRow.push(i);
    this.#wideValue.push(wide);
  }

  rows(): Rows {
    const columns = { timeUs: this.#timeUs, value: this.#value, quality: this.#quality };
    if (this.#wideRow.length === 0) return columns;
    return { ...columns, wide: { row: Uint32Array.from(this.#wideRow), value: this.#wideValue } };
  }
}

/** Cuts rows at midnight (UTC). */
export function* byDay(rows: Rows): Iterable<readonly [day: number, rows: Rows]> {
  const last = rows.timeUs.length - 1;
  for (let from = 0; from <= last; ) {
    const day = dayOf(rows.timeUs[from] as number);
    const part = spanOf(rows, day * DAY_US, (day + 1) * DAY_US);
    yield [day, part];
    from += part.timeUs.length;
  }
}
