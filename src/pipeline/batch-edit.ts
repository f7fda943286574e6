import type { Batch, Value, Wide } from '#kernel/batch.ts';
import { worseQuality } from '#kernel/quality.ts';

/**
 * A changed copy of a batch, made column by column and only where something changes: untouched columns are shared
 * with the original, which is never changed either.
 */
export class BatchEdit {
  readonly #from: Batch;
  #timeUs: Float64Array;
  #value: Float64Array;
  #quality: Uint16Array;
  #narrowed: Set<number> | undefined;

  constructor(batch: Batch) {
    this.#from = batch;
    this.#timeUs = batch.timeUs;
    this.#value = batch.value;
    this.#quality = batch.quality;
  }

  setTime(row: number, timeUs: number): void {
    if (this.#timeUs === this.#from.timeUs) this.#timeUs = this.#timeUs.slice();
    this.#timeUs[row] = timeUs;
  }

  /** The value column, copied by now, to be written by the row. */
  values(): Float64Array {
    if (this.#value === this.#from.value) this.#value = this.#value.slice();
    return this.#value;
  }

  /** Takes the quality if it is of a worse class than the row's own: the earliest reason stays. */
  worsen(row: number, quality: number): void {
    const own = this.#quality[row] as number;
    const worse = worseQuality(own, quality);
    if (worse === own) return;
    if (this.#quality === this.#from.quality) this.#quality = this.#quality.slice();
    this.#quality[row] = worse;
  }

  /** The row, entry `w` of the wide column, becomes a double. */
  narrow(row: number, w: number, value: number): void {
    this.#narrowed ??= new Set();
    this.#narrowed.add(w);
    this.values()[row] = value;
  }

  /** The batch itself when nothing was changed. */
  done(): Batch {
    const { wide, ...rest } = this.#from;
    const same = this.#timeUs === rest.timeUs && this.#value === rest.value && this.#quality === rest.quality;
    if (same) return this.#from;
    const left = wide && this.#narrowed ? withoutNarrowed(wide, this.#narrowed) : wide;
    const columns = { timeUs: this.#timeUs, value: this.#value, quality: this.#quality };
    return left ? { ...rest, ...columns, wide: left } : { ...rest, ...columns };
  }
}

function withoutNarrowed(wide: Wide, narrowed: ReadonlySet<number>): Wide | undefined {
  const row: number[] = [];
  const value: Value[] = [];
  for (let w = 0; w < wide.row.length; w++) {
    if (narrowed.has(w)) continue;
    row.push(wide.row[w] as number);
    value.push(wide.value[w] as Value);
  }
  return row.length === 0 ? undefined : { row: Uint32Array.from(row), value };
}
