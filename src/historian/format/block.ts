import type { ByteSink, ByteSource } from '#journal/bytes.ts';
import type { Value } from '#kernel/batch.ts';
import { BLOCK_ROWS, IntegerWriter, readIntegers } from './integers.ts';
import type { Rows } from './rows.ts';
import { readValues, ValueWriter } from './values.ts';

/* One block of a chunk: docs/formats/historian.md. */

const Flag = { quality: 1, someWithout: 2, allWithout: 4, wide: 8 } as const;

/** Places in the dictionary of the chunk by row, 0 where the row has no wide value. */
export type Places = Uint32Array | undefined;

export class BlockWriter {
  readonly #integers = new IntegerWriter();
  readonly #values = new ValueWriter();
  readonly #dense = new Float64Array(BLOCK_ROWS);

  /** Writes rows from..to, at most 256. @returns exponent when all values are decimals */
  write(sink: ByteSink, rows: Rows, from: number, to: number, places: Places): number | undefined {
    const { timeUs, value, quality } = rows;
    const count = to - from;
    let without = 0;
    let isGood = true;
    let isWide = false;
    for (let i = from; i < to; i++) {
      if ((quality[i] as number) !== 0) isGood = false;
      if (!Number.isNaN(value[i] as number)) continue;
      without++;
      if (places && (places[i] as number) > 0) isWide = true;
    }
    const missing = without === 0 ? 0 : without === count ? Flag.allWithout : Flag.someWithout;
    sink.u8((isGood ? 0 : Flag.quality) | missing | (isWide ? Flag.wide : 0));
    this.#integers.write(sink, timeUs.subarray(from, to), count, timeUs[from] as number);
    if (!isGood) writeRuns(sink, quality, from, to);
    if (missing === Flag.someWithout) writeBitmap(sink, value, from, to);
    if (isWide && places) this.#writePlaces(sink, value, places, from, to);
    if (without === count) return undefined;
    let n = 0;
    for (let i = from; i < to; i++)
      if (!Number.isNaN(value[i] as number)) this.#dense[n++] = value[i] as number;
    return this.#values.write(sink, this.#dense, n);
  }

  #writePlaces(sink: ByteSink, value: Float64Array, places: Uint32Array, from: number, to: number): void {
    let n = 0;
    for (let i = from; i < to; i++)
      if (Number.isNaN(value[i] as number)) this.#dense[n++] = places[i] as number;
    this.#integers.write(sink, this.#dense, n);
  }
}

function writeRuns(sink: ByteSink, quality: Uint16Array, from: number, to: number): void {
  const ends: number[] = [];
  for (let i = from + 1; i <= to; i++)
    if (i === to || (quality[i] as number) !== (quality[i - 1] as number)) ends.push(i);
  sink.varint(ends.length);
  let start = from;
  for (const end of ends) {
    sink.varint(quality[start] as number);
    sink.varint(end - start);
    start = end;
  }
}

function writeBitmap(sink: ByteSink, value: Float64Array, from: number, to: number): void {
  const bits = sink.room(Math.ceil((to - from) / 8)).fill(0);
  for (let i = from; i < to; i++) {
    const byte = (i - from) >>> 3;
    if (Number.isNaN(value[i] as number)) bits[byte] = (bits[byte] as number) | (1 << ((i - from) & 7));
  }
}

/** @param flags first byte of a block */
export const isGoodBlock = (flags: number): boolean => (flags & Flag.quality) === 0;

/** Only the times. @param baseUs time of the first row */
export function readTimes(source: ByteSource, count: number, baseUs: number, into: Float64Array): number {
  const flags = source.u8();
  readIntegers(source, count, into, baseUs);
  return flags;
}

/** Where a block is read to. */
export interface Target {
  readonly rows: Rows;
  /** Place of the block's first row there. */
  readonly from: number;
  readonly wideRow: number[];
  readonly wideValue: Value[];
}

const dense = new Float64Array(BLOCK_ROWS);
const places = new Float64Array(BLOCK_ROWS);

/** @param dictionary unpacked when it is first asked for @throws Fault on damage */
export function readBlock(
  source: ByteSource,
  count: number,
  baseUs: number,
  dictionary: () => readonly Value[],
  target: Target,
): void {
  const { rows, from } = target;
  const flags = readTimes(source, count, baseUs, rows.timeUs.subarray(from, from + count));
  if (flags & Flag.quality) readRuns(source, rows.quality, from, from + count);
  else rows.quality.fill(0, from, from + count);
  const value = rows.value.subarray(from, from + count);
  const bits = flags & Flag.someWithout ? source.take(Math.ceil(count / 8)) : undefined;
  const isWithout = (i: number) =>
    bits ? ((bits[i >>> 3] as number) >>> (i & 7)) & 1 : flags & Flag.allWithout;
  if (flags & Flag.wide) {
    let without = 0;
    for (let i = 0; i < count; i++) if (isWithout(i)) without++;
    readIntegers(source, without, places);
    for (let i = 0, n = 0; i < count; i++) {
      if (!isWithout(i)) continue;
      const place = places[n++] as number;
      if (place === 0) continue;
      target.wideRow.push(from + i);
      target.wideValue.push(dictionary()[place - 1] as Value);
    }
  }
  if (flags & Flag.allWithout) value.fill(Number.NaN);
  else if (!bits) readValues(source, count, value);
  else readSparse(source, count, isWithout, value);
}

function readSparse(
  source: ByteSource,
  count: number,
  isWithout: (i: number) => number,
  value: Float64Array,
): void {
  let n = 0;
  for (let i = 0; i < count; i++) if (!isWithout(i)) n++;
  readValues(source, n, dense);
  n = 0;
  for (let i = 0; i < count; i++) value[i] = isWithout(i) ? Number.NaN : (dense[n++] as number);
}

function readRuns(source: ByteSource, quality: Uint16Array, from: number, to: number): void {
  let start = from;
  for (let runs = source.varint(); runs > 0; runs--) {
    const code = source.varint();
    const end = Math.min(to, start + source.varint());
    quality.fill(code, start, end);
    start = end;
  }
}
