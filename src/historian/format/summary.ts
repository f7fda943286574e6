import type { ByteSink, ByteSource } from '#journal/bytes.ts';
import { readSvarint, writeSvarint } from './integers.ts';
import { isUsable, type Rows } from './rows.ts';
import { POWERS } from './values.ts';

/** Of the usable rows; without any, count and sum are 0 and the others NaN. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Place of the first row that holds the value. */
  readonly minRow: number;
  readonly maxRow: number;
  readonly sum: number;
}

export interface ChunkSummary extends Summary {
  /** Integral over time and the time with a known value, from the first to the last row. */
  readonly areaUs: number;
  readonly knownUs: number;
  readonly first: number;
  readonly last: number;
  /** Value of the last row, NaN when it is not usable: what stands until the next row. */
  readonly end: number;
}

const PLAIN = 255;
/** Scaled values up to here add up exactly over a block. */
const LARGEST_SCALED = 2 ** 43;
/** In their order on the disk. */
const CHUNK_SUMMARY_FIELDS = [
  'count',
  'min',
  'max',
  'minRow',
  'maxRow',
  'sum',
  'areaUs',
  'knownUs',
  'first',
  'last',
  'end',
] as const;

export function summarise(rows: Rows, from: number, to: number): Summary {
  const { value, quality } = rows;
  let count = 0;
  let min = Number.NaN;
  let max = Number.NaN;
  let minRow = Number.NaN;
  let maxRow = Number.NaN;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const v = value[i] as number;
    if (!isUsable(v, quality[i] as number)) continue;
    count++;
    sum += v;
    if (!(v >= min)) {
      min = v;
      minRow = i - from;
    }
    if (!(v <= max)) {
      max = v;
      maxRow = i - from;
    }
  }
  return { count, min, max, minRow, maxRow, sum };
}

export function summariseChunk(rows: Rows): ChunkSummary {
  const { timeUs, value, quality } = rows;
  let areaUs = 0;
  let knownUs = 0;
  let first = Number.NaN;
  let last = Number.NaN;
  let stands = Number.NaN;
  for (let i = 0; i < timeUs.length; i++) {
    if (!Number.isNaN(stands)) {
      const forUs = (timeUs[i] as number) - (timeUs[i - 1] as number);
      areaUs += stands * forUs;
      knownUs += forUs;
    }
    stands = isUsable(value[i] as number, quality[i] as number) ? (value[i] as number) : Number.NaN;
    if (Number.isNaN(stands)) continue;
    if (Number.isNaN(first)) first = stands;
    last = stands;
  }
  return { ...summarise(rows, 0, timeUs.length), areaUs, knownUs, first, last, end: stands };
}

export function writeChunkSummary(sink: ByteSink, summary: ChunkSummary): void {
  for (const field of CHUNK_SUMMARY_FIELDS) sink.f64(summary[field]);
}

export function readChunkSummary(source: ByteSource): ChunkSummary {
  return {
    count: source.f64(),
    min: source.f64(),
    max: source.f64(),
    minRow: source.f64(),
    maxRow: source.f64(),
    sum: source.f64(),
    areaUs: source.f64(),
    knownUs: source.f64(),
    first: source.f64(),
    last: source.f64(),
    end: source.f64(),
  };
}

/** @param exponent of the decimals that the whole block consists of, if it does */
export function writeSummary(sink: ByteSink, summary: Summary, rows: BlockValues): void {
  sink.varint(summary.count);
  if (summary.count === 0) return;
  sink.u8(summary.minRow);
  sink.u8(summary.maxRow);
  const scaled = scale(summary, rows);
  if (!scaled) {
    sink.u8(PLAIN);
    for (const n of [summary.min, summary.max, summary.sum]) sink.f64(n);
    return;
  }
  sink.u8(scaled.exponent);
  writeSvarint(sink, scaled.min);
  sink.varint(scaled.max - scaled.min);
  sink.varint(scaled.sum - scaled.min * summary.count);
}

/** A block's values, and the exponent of its decimals when all of them are. */
export interface BlockValues {
  readonly rows: Rows;
  readonly from: number;
  readonly to: number;
  readonly exponent: number | undefined;
}

function scale({ min, max }: Summary, { rows, from, to, exponent }: BlockValues) {
  if (exponent === undefined) return undefined;
  const power = POWERS[exponent] as number;
  if (!(Math.max(Math.abs(min), Math.abs(max)) * power <= LARGEST_SCALED)) return undefined;
  let sum = 0;
  for (let i = from; i < to; i++) {
    if (isUsable(rows.value[i] as number, rows.quality[i] as number))
      sum += Math.round((rows.value[i] as number) * power);
  }
  return { exponent, min: Math.round(min * power), max: Math.round(max * power), sum };
}

const NOTHING: Summary = {
  count: 0,
  min: Number.NaN,
  max: Number.NaN,
  minRow: Number.NaN,
  maxRow: Number.NaN,
  sum: 0,
};

export function readSummary(source: ByteSource): Summary {
  const count = source.varint();
  if (count === 0) return NOTHING;
  const minRow = source.u8();
  const maxRow = source.u8();
  const coding = source.u8();
  if (coding >= POWERS.length) {
    return { count, minRow, maxRow, min: source.f64(), max: source.f64(), sum: source.f64() };
  }
  const power = POWERS[coding] as number;
  const min = readSvarint(source);
  const max = min + source.varint();
  const sum = min * count + source.varint();
  return { count, minRow, maxRow, min: min / power, max: max / power, sum: sum / power };
}
