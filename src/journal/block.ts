import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Batch, Value } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import { ByteSink, ByteSource } from './bytes.ts';
import type { Columns } from './gather.ts';
import { readTimes, readWords, writeTimes, writeWords } from './planes.ts';
import { readValues, ValueWriter } from './values.ts';
import { readValue } from './wide.ts';

/* The byte format of one block: docs/formats/journal.md. */

const MAGIC = 0x424a4648;
const VERSION = 1;
const CRC_AT = 8;
const CHECKED_FROM = 12;
const HEADER_BYTES = 28;
const Column = {
  markKind: 1,
  markRows: 2,
  receivedUs: 3,
  atUs: 4,
  tag: 5,
  timeUs: 6,
  value: 7,
  quality: 8,
  wide: 9,
} as const;
const STORED = 0;
const ZSTD = 1;
/** Below this a frame of zstd costs more than it saves. */
const PACK_FROM_BYTES = 64;
const ZSTD_LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };
/** A block unpacks to less than 64 bytes a row; a length beyond it is damage, not data. */
const UNPACKED_LIMIT_BYTES = 2 ** 30;
/** Rows or marks of a block: many times what a window holds. Columns that do not vary give any number of rows for a few bytes. */
const MOST_ROWS = 2 ** 24;

/** What a reader takes at most of a block that came from elsewhere. */
export interface BlockLimits {
  readonly rows: number;
  /** Of all columns together. */
  readonly unpackedBytes: number;
}

const ANY_BLOCK: BlockLimits = { rows: MOST_ROWS, unpackedBytes: Number.POSITIVE_INFINITY };

/** Turns gathered columns into the bytes of a block; keeps its scratch memory from one to the next. */
export class BlockWriter {
  readonly #sink = new ByteSink(64 * 1024);
  readonly #column = new ByteSink(64 * 1024);
  readonly #values = new ValueWriter();
  #words = new Uint32Array(0);
  #doubles = new Float64Array(0);

  /** @returns the bytes, valid until the next call */
  write(seq: number, columns: Columns): Uint8Array {
    const { rows, marks, row, mark, wide } = columns;
    this.#begin(seq, rows, marks);
    const sorted = sortByTag(row.tag, rows);
    this.#put(Column.markKind, () => writeWords(this.#column, mark.kind, marks, this.#words));
    this.#put(Column.markRows, () => writeWords(this.#column, mark.rows, marks, this.#words));
    this.#put(Column.receivedUs, () => this.#times(mark.receivedUs, marks));
    this.#put(Column.atUs, () => this.#times(mark.atUs, marks));
    this.#put(Column.tag, () => writeWords(this.#column, row.tag, rows, this.#words));
    this.#put(Column.timeUs, () => this.#times(pick(row.timeUs, sorted.order, this.#doubles), rows));
    this.#put(Column.value, () =>
      this.#values.write(this.#column, pick(row.value, sorted.order, this.#doubles), sorted.ends),
    );
    this.#put(Column.quality, () => this.#quality(row.quality, sorted.order));
    this.#put(Column.wide, () => this.#column.put(wide));
    return this.#end();
  }

  #begin(seq: number, rows: number, marks: number): void {
    const most = Math.max(rows, marks);
    if (this.#words.length < most) {
      this.#words = new Uint32Array(most);
      this.#doubles = new Float64Array(most);
    }
    this.#sink.clear();
    this.#sink.u32(MAGIC);
    this.#sink.u32(VERSION | (Object.keys(Column).length << 8));
    this.#sink.u32(0);
    this.#sink.u32(rows);
    this.#sink.u32(marks);
    this.#sink.f64(seq);
  }

  #end(): Uint8Array {
    this.#sink.setU32(CRC_AT, crc32(this.#sink.bytes.subarray(CHECKED_FROM)));
    return this.#sink.bytes;
  }

  #put(id: number, write: () => void): void {
    this.#column.clear();
    write();
    const plain = this.#column.bytes;
    const packed = plain.length < PACK_FROM_BYTES ? plain : pack(plain);
    const pays = packed.length < plain.length;
    const bytes = pays ? packed : plain;
    this.#sink.u32(id | ((pays ? ZSTD : STORED) << 8));
    this.#sink.u32(bytes.length);
    this.#sink.u32(plain.length);
    this.#sink.put(bytes);
  }

  /** Copied out of shared memory first where it is not yet: the coding looks at the halves of the doubles. */
  #times(times: Float64Array, count: number): void {
    if (times.buffer !== this.#doubles.buffer) this.#doubles.set(times.subarray(0, count));
    writeTimes(this.#column, this.#doubles, count, this.#words);
  }

  #quality(quality: Uint16Array, order: Uint32Array): void {
    const scratch = this.#doubles;
    const first = quality[0] as number;
    let differs = 0;
    for (let i = 0; i < order.length; i++) differs |= (quality[i] as number) ^ first;
    // Mostly all is good, whatever the order.
    if (differs === 0) scratch.fill(first, 0, order.length);
    else for (let i = 0; i < order.length; i++) scratch[i] = quality[order[i] as number] as number;
    writeWords(this.#column, scratch, order.length, this.#words);
  }
}

function pick(
  column: Float64Array,
  order: Uint32Array,
  into: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  for (let i = 0; i < order.length; i++) into[i] = column[order[i] as number] as number;
  return into.subarray(0, order.length);
}

/** Tag numbers are small; one beyond this is sorted the slow way rather than counted in an array of that size. */
const COUNTED_TAGS = 1 << 20;

/** Told the size beforehand, zstd takes memory for that and not for the megabytes of its usual window. */
const pack = (plain: Uint8Array): Uint8Array =>
  zstdCompressSync(plain, { params: ZSTD_LEVEL, pledgedSrcSize: plain.length });

/** Row numbers ordered by tag, stable, and for each tag present the place after its last row. */
function sortByTag(tag: Uint32Array, rows: number): { order: Uint32Array; ends: Uint32Array } {
  const order = new Uint32Array(rows);
  let highest = 0;
  for (let i = 0; i < rows; i++) if ((tag[i] as number) > highest) highest = tag[i] as number;
  if (highest < COUNTED_TAGS) return { order, ends: countingSort(tag, order, highest) };
  for (let i = 0; i < rows; i++) order[i] = i;
  order.sort((a, b) => (tag[a] as number) - (tag[b] as number) || a - b);
  const ends: number[] = [];
  for (let i = 1; i <= rows; i++) {
    if (i === rows || tag[order[i] as number] !== tag[order[i - 1] as number]) ends.push(i);
  }
  return { order, ends: Uint32Array.from(ends) };
}

/** @returns for each tag present the place after its last row */
function countingSort(tag: Uint32Array, order: Uint32Array, highest: number): Uint32Array {
  const place = new Uint32Array(highest + 2);
  for (let i = 0; i < order.length; i++) {
    const next = (tag[i] as number) + 1;
    place[next] = (place[next] as number) + 1;
  }
  for (let t = 1; t < place.length; t++) place[t] = (place[t] as number) + (place[t - 1] as number);
  for (let i = 0; i < order.length; i++) {
    const t = tag[i] as number;
    const to = place[t] as number;
    order[to] = i;
    place[t] = to + 1;
  }
  // Now each stands after its last row; one without rows where the one before it does.
  let present = 0;
  for (let t = 0, before = 0; t <= highest; t++) {
    const end = place[t] as number;
    if (end !== before) place[present++] = end;
    before = end;
  }
  return place.subarray(0, present);
}

/** One block read back: marks with their rows as one long batch. */
export interface Block {
  readonly seq: number;
  readonly marks: number;
  readonly kind: Uint32Array;
  readonly markRows: Uint32Array;
  readonly receivedUs: Float64Array;
  readonly atUs: Float64Array;
  /** All rows in the order of arrival. */
  readonly rows: Batch;
}

/** @throws Fault `journal.damaged-block`, `journal.truncated`, `journal.bad-value` */
export function readBlock(seq: number, bytes: Uint8Array, limits = ANY_BLOCK): Block {
  const { rows, marks, column } = open(seq, bytes, limits);
  const tag = readWords(column(Column.tag), rows);
  const { order, ends } = sortByTag(tag, rows);
  const receivedUs = readTimes(column(Column.receivedUs), marks);
  const all: Batch = {
    rows,
    tag,
    timeUs: spreadDoubles(readTimes(column(Column.timeUs), rows), order, new Float64Array(rows)),
    value: spreadDoubles(readValues(column(Column.value), ends), order, new Float64Array(rows)),
    quality: spreadWords(readWords(column(Column.quality), rows), order, new Uint16Array(rows)),
    receivedUs: marks > 0 ? (receivedUs[0] as number) : 0,
    late: false,
  };
  const wide = readWide(column(Column.wide));
  return {
    seq,
    marks,
    kind: readWords(column(Column.markKind), marks),
    markRows: readWords(column(Column.markRows), marks),
    receivedUs,
    atUs: readTimes(column(Column.atUs), marks),
    rows: wide.row.length > 0 ? { ...all, wide } : all,
  };
}

/** Only the tags of a block, ascending, each once: what a gap record needs. @throws as {@link readBlock} */
export function readBlockTags(seq: number, bytes: Uint8Array): number[] {
  const { rows, column } = open(seq, bytes);
  return [...new Set(readWords(column(Column.tag), rows))].sort((a, b) => a - b);
}

/** When the samples of a block came, and which tags they are of. */
export interface Arrivals {
  readonly marks: number;
  readonly kind: Uint32Array;
  readonly markRows: Uint32Array;
  readonly receivedUs: Float64Array;
  readonly tag: Uint32Array;
}

/** @throws as {@link readBlock} */
export function arrivalsIn(seq: number, bytes: Uint8Array): Arrivals {
  const { rows, marks, column } = open(seq, bytes);
  return {
    marks,
    kind: readWords(column(Column.markKind), marks),
    markRows: readWords(column(Column.markRows), marks),
    receivedUs: readTimes(column(Column.receivedUs), marks),
    tag: readWords(column(Column.tag), rows),
  };
}

/** Samples of the marks after one sequence, up to another. @throws as {@link readBlock} */
export function rowsOfMarks(seq: number, bytes: Uint8Array, after: number, upTo: number): number {
  const { marks, column } = open(seq, bytes);
  const rows = readWords(column(Column.markRows), marks);
  let sum = 0;
  for (let m = Math.max(0, after - seq + 1); m < marks && seq + m <= upTo; m++) sum += rows[m] as number;
  return sum;
}

/** Whether the checksum holds, and how much is in it, without unpacking anything. @throws Fault `journal.damaged-block` */
export function checkBlock(
  seq: number,
  bytes: Uint8Array,
): { readonly rows: number; readonly marks: number } {
  const { rows, marks } = open(seq, bytes);
  return { rows, marks };
}

interface Opened {
  readonly rows: number;
  readonly marks: number;
  readonly column: (id: number) => ByteSource;
}

function open(seq: number, bytes: Uint8Array, limits = ANY_BLOCK): Opened {
  const header = new ByteSource(bytes);
  const damaged = (what: string) =>
    new Fault('journal.damaged-block', `block ${seq}: ${what}`, { retry: 'never' });
  if (bytes.length < HEADER_BYTES || header.u32() !== MAGIC) throw damaged('does not begin like a block');
  const version = header.u32() & 0xff;
  if (version !== VERSION) throw damaged(`has version ${version}; this program reads version ${VERSION}`);
  if (header.u32() !== crc32(bytes.subarray(CHECKED_FROM))) throw damaged('its checksum is wrong');
  const rows = header.u32();
  const marks = header.u32();
  if (header.f64() !== seq) throw damaged('it belongs to another place');
  if (rows > limits.rows || marks > limits.rows)
    throw damaged(`it cannot have ${rows} rows and ${marks} marks`);
  const packed = new Map<number, () => Uint8Array>();
  let unpacked = 0;
  while (header.left > 0) {
    const head = header.u32();
    const stored = header.u32();
    const plain = header.u32();
    const content = header.take(stored);
    unpacked += plain;
    if (unpacked > limits.unpackedBytes)
      throw damaged(`it unpacks to more than ${limits.unpackedBytes} bytes`);
    packed.set(head & 0xff, () => unpack(content, (head >>> 8) & 0xff, plain));
  }
  const column = (id: number) => {
    const content = packed.get(id);
    if (!content) throw damaged(`column ${id} is missing`);
    return new ByteSource(content());
  };
  return { rows, marks, column };
}

function unpack(content: Uint8Array, packing: number, plain: number): Uint8Array {
  if (packing === STORED) return content;
  return zstdDecompressSync(content, { maxOutputLength: Math.min(plain, UNPACKED_LIMIT_BYTES) });
}

/** Sorted rows back into the order of arrival; a loop for each kind of column, see planes.ts. */
function spreadDoubles(
  sorted: Float64Array<ArrayBuffer>,
  order: Uint32Array,
  into: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  for (let i = 0; i < order.length; i++) into[order[i] as number] = sorted[i] as number;
  return into;
}

function spreadWords(sorted: Uint32Array, order: Uint32Array, into: Uint16Array): Uint16Array {
  for (let i = 0; i < order.length; i++) into[order[i] as number] = sorted[i] as number;
  return into;
}

function readWide(source: ByteSource): { row: Uint32Array; value: Value[] } {
  const row: number[] = [];
  const value: Value[] = [];
  for (let last = 0; source.left > 0; ) {
    last += source.varint();
    row.push(last);
    value.push(readValue(source));
  }
  return { row: Uint32Array.from(row), value };
}
