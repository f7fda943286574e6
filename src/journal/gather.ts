import type { Batch } from '#kernel/batch.ts';
import { ByteSink } from './bytes.ts';
import { writeValue } from './wide.ts';

export const MarkKind = { batch: 0, tick: 1, event: 2 } as const;
export const MARK_LATE = 4;
export const MARK_DERIVED = 8;
export const MARK_SOURCE_SHIFT = 8;

const ROW_BYTES = 22;
const MARK_BYTES = 24;
/** Memory for texts and structures comes in these steps, so that nearly any block fits into that of another. */
const WIDE_STEP = 2 ** 16;

/**
 * Rows and marks in the order of the calls, as columns in shared memory: the worker reads them in place, so nothing is
 * copied twice, nothing is detached, and nothing is lost with a worker that dies. Whoever fills it must not touch it
 * between handing it over and getting it back.
 */
export class Gather {
  rows = 0;
  marks = 0;
  #row = rowColumns(0);
  #mark = markColumns(0);
  readonly #sink: ByteSink;
  #wideMemory = new Uint8Array(new SharedArrayBuffer(0));
  /** Of a sealed one: what the sink held. */
  #wide: Uint8Array | undefined;
  #lastWideRow = 0;
  #receivedUs = 0;

  /** @param sink that texts and structures are put into until this is sealed; one after the other may use it */
  constructor(sink = new ByteSink(64)) {
    this.#sink = sink;
  }

  /** Bytes of content, as they count against the window. */
  get bytes(): number {
    const wide = this.#wide ?? this.#sink;
    return this.rows * ROW_BYTES + this.marks * MARK_BYTES + wide.length;
  }

  /** Nothing comes any more before {@link clear}: the sink is free for the next one. */
  seal(): Uint8Array {
    if (this.#wide) return this.#wide;
    const { length, bytes } = this.#sink;
    if (length > this.#wideMemory.length) {
      const capacity = Math.ceil(length / WIDE_STEP) * WIDE_STEP;
      this.#wideMemory = new Uint8Array(new SharedArrayBuffer(capacity));
    }
    this.#wideMemory.set(bytes);
    this.#sink.clear();
    this.#wide = this.#wideMemory.subarray(0, length);
    return this.#wide;
  }

  clear(): void {
    if (!this.#wide) this.#sink.clear();
    this.rows = this.marks = this.#lastWideRow = 0;
    this.#wide = undefined;
  }

  /** Room for that many rows and marks, so that filling up to there allocates nothing. */
  reserve(rows: number, marks: number): void {
    if (rows > this.#row.tag.length) this.#row = grow(this.#row, rowColumns(wider(rows)));
    if (marks > this.#mark.kind.length) this.#mark = grow(this.#mark, markColumns(wider(marks)));
  }

  append(batch: Batch, flags: number, atUs: number): void {
    const from = this.rows;
    this.reserve(from + batch.rows, this.marks + 1);
    if (batch.rows < 16) copyFew(this.#row, batch, from);
    else copyMany(this.#row, batch, from);
    if (batch.wide) this.#appendWide(batch.wide, from);
    this.rows = from + batch.rows;
    this.#receivedUs = batch.receivedUs;
    this.#putMark(MarkKind.batch | flags | (batch.late ? MARK_LATE : 0), batch.rows, atUs);
  }

  /** A tick or the place of an event. */
  point(kind: number, atUs: number): void {
    this.reserve(this.rows, this.marks + 1);
    this.#putMark(kind, 0, atUs);
  }

  /** Seals it; may be called again, for a disk that takes nothing is tried again and again. */
  handOver(): Columns {
    return {
      rows: this.rows,
      marks: this.marks,
      row: this.#row,
      mark: this.#mark,
      wide: this.seal(),
    };
  }

  #putMark(kind: number, rows: number, atUs: number): void {
    const mark = this.#mark;
    const m = this.marks++;
    mark.kind[m] = kind;
    mark.rows[m] = rows;
    mark.receivedUs[m] = this.#receivedUs;
    mark.atUs[m] = atUs;
  }

  #appendWide(wide: NonNullable<Batch['wide']>, from: number): void {
    for (let w = 0; w < wide.row.length; w++) {
      const row = from + (wide.row[w] as number);
      this.#sink.varint(row - this.#lastWideRow);
      writeValue(this.#sink, wide.value[w] ?? null);
      this.#lastWideRow = row;
    }
  }
}

/** What the worker is handed; the arrays are longer than `rows` and `marks` say. */
export interface Columns {
  readonly rows: number;
  readonly marks: number;
  readonly row: RowColumns;
  readonly mark: MarkColumns;
  readonly wide: Uint8Array;
}

interface RowColumns {
  readonly tag: Uint32Array;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint16Array;
}

interface MarkColumns {
  readonly kind: Uint32Array;
  readonly rows: Uint32Array;
  readonly receivedUs: Float64Array;
  readonly atUs: Float64Array;
}

const wider = (count: number): number => Math.max(256, 2 ** Math.ceil(Math.log2(count)));

function rowColumns(capacity: number): RowColumns {
  const memory = new SharedArrayBuffer(capacity * ROW_BYTES);
  return {
    timeUs: new Float64Array(memory, 0, capacity),
    value: new Float64Array(memory, capacity * 8, capacity),
    tag: new Uint32Array(memory, capacity * 16, capacity),
    quality: new Uint16Array(memory, capacity * 20, capacity),
  };
}

function markColumns(capacity: number): MarkColumns {
  const memory = new SharedArrayBuffer(capacity * MARK_BYTES);
  return {
    receivedUs: new Float64Array(memory, 0, capacity),
    atUs: new Float64Array(memory, capacity * 8, capacity),
    kind: new Uint32Array(memory, capacity * 16, capacity),
    rows: new Uint32Array(memory, capacity * 20, capacity),
  };
}

type Column = Uint32Array | Float64Array | Uint16Array;

function grow<C extends { readonly [name in keyof C]: Column }>(from: C, to: C): C {
  for (const name of Object.keys(from) as (keyof C)[]) to[name].set(from[name]);
  return to;
}

/** Below about 16 rows the calls of `set` cost more than a loop. */
function copyFew(to: RowColumns, batch: Batch, from: number): void {
  for (let i = 0; i < batch.rows; i++) {
    to.tag[from + i] = batch.tag[i] as number;
    to.timeUs[from + i] = batch.timeUs[i] as number;
    to.value[from + i] = batch.value[i] as number;
    to.quality[from + i] = batch.quality[i] as number;
  }
}

function copyMany(to: RowColumns, batch: Batch, from: number): void {
  const n = batch.rows;
  to.tag.set(batch.tag.length === n ? batch.tag : batch.tag.subarray(0, n), from);
  to.timeUs.set(batch.timeUs.length === n ? batch.timeUs : batch.timeUs.subarray(0, n), from);
  to.value.set(batch.value.length === n ? batch.value : batch.value.subarray(0, n), from);
  to.quality.set(batch.quality.length === n ? batch.quality : batch.quality.subarray(0, n), from);
}
