import { ByteSink } from '#journal/bytes.ts';
import { writeValue } from '#journal/wide.ts';
import type { Value, Wide } from '#kernel/batch.ts';
import { isBad, Quality } from '#kernel/quality.ts';

/** Samples of one tag; in the order of time unless said otherwise. */
export interface Rows {
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint16Array;
  readonly wide?: Wide;
}

export const NO_ROWS: Rows = {
  timeUs: new Float64Array(0),
  value: new Float64Array(0),
  quality: new Uint16Array(0),
};

/** A number that may be counted with: bad ones and those that are no number may not. Uncertain ones keep their value. */
export const isUsable = (value: number, quality: number): boolean => !isBad(quality) && !Number.isNaN(value);

export function allocRows(count: number): Rows {
  return {
    timeUs: new Float64Array(count),
    value: new Float64Array(count),
    quality: new Uint16Array(count),
  };
}

/** Windows on the columns, not copies; the wide rows are counted anew. */
export function sliceRows(rows: Rows, from: number, to: number): Rows {
  if (from === 0 && to === rows.timeUs.length) return rows;
  const part = {
    timeUs: rows.timeUs.subarray(from, to),
    value: rows.value.subarray(from, to),
    quality: rows.quality.subarray(from, to),
  };
  if (!rows.wide) return part;
  const first = firstWide(rows.wide, from);
  const end = firstWide(rows.wide, to);
  if (first === end) return part;
  const row = rows.wide.row.slice(first, end).map((r) => r - from);
  return { ...part, wide: { row, value: rows.wide.value.slice(first, end) } };
}

export const copyRows = (rows: Rows): Rows => ({
  ...rows,
  timeUs: rows.timeUs.slice(),
  value: rows.value.slice(),
  quality: rows.quality.slice(),
});

/** Place of the first wide row that is not below `row`. */
function firstWide({ row: column }: Wide, row: number): number {
  const found = column.findIndex((r) => r >= row);
  return found < 0 ? column.length : found;
}

/** First place whose number is not below `n`; columns ascend. */
export function lowerBound(column: Float64Array, n: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((column[mid] as number) < n) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** First place whose number is above `n`. */
export function upperBound(column: Float64Array, n: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((column[mid] as number) <= n) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** The rows with from ≤ time < to. */
export function spanOf(rows: Rows, fromUs: number, toUs: number): Rows {
  return sliceRows(rows, lowerBound(rows.timeUs, fromUs), lowerBound(rows.timeUs, toUs));
}

/**
 * Several parts as one in the order of time. Rows of one time stay in the order of the parts, and of their places;
 * those that are equal in time, value and quality are kept once.
 */
export function mergeRows(parts: readonly Rows[]): Rows {
  const filled = parts.filter((part) => part.timeUs.length > 0);
  const only = filled[0];
  if (!only) return NO_ROWS;
  const all = filled.length === 1 ? only : concat(filled);
  const order = orderOf(all.timeUs);
  return order === 'ascends' ? all : pickUnique(all, order === 'ties' ? identity(all.timeUs.length) : order);
}

function concat(parts: readonly Rows[]): Rows {
  const count = parts.reduce((sum, part) => sum + part.timeUs.length, 0);
  const all = allocRows(count);
  const row: number[] = [];
  const value: Value[] = [];
  let from = 0;
  for (const part of parts) {
    all.timeUs.set(part.timeUs, from);
    all.value.set(part.value, from);
    all.quality.set(part.quality, from);
    for (const r of part.wide?.row ?? []) row.push(from + r);
    for (const v of part.wide?.value ?? []) value.push(v);
    from += part.timeUs.length;
  }
  return row.length === 0 ? all : { ...all, wide: { row: Uint32Array.from(row), value } };
}

const identity = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

function orderOf(timeUs: Float64Array): 'ascends' | 'ties' | Uint32Array {
  let ties = false;
  for (let i = 1; i < timeUs.length; i++) {
    if ((timeUs[i] as number) > (timeUs[i - 1] as number)) continue;
    if ((timeUs[i] as number) < (timeUs[i - 1] as number)) {
      return identity(timeUs.length).sort((a, b) => (timeUs[a] as number) - (timeUs[b] as number) || a - b);
    }
    ties = true;
  }
  return ties ? 'ties' : 'ascends';
}

function pickUnique(all: Rows, order: Uint32Array): Rows {
  const wideOf = wideIndex(all.wide);
  const kept = new Uint32Array(order.length);
  let count = 0;
  let seen: Set<string> | undefined;
  for (let i = 0; i < order.length; i++) {
    const row = order[i] as number;
    const timeUs = all.timeUs[row] as number;
    const tiesBefore = i > 0 && (all.timeUs[order[i - 1] as number] as number) === timeUs;
    const tiesAfter = i + 1 < order.length && (all.timeUs[order[i + 1] as number] as number) === timeUs;
    if (!tiesBefore) seen = tiesAfter ? new Set() : undefined;
    if (seen) {
      const key = keyOf(all, row, wideOf.get(row));
      if (seen.has(key)) continue;
      seen.add(key);
    }
    kept[count++] = row;
  }
  return pickRows(all, kept.subarray(0, count), wideOf);
}

const wideIndex = (wide: Wide | undefined): Map<number, Value> => {
  const index = new Map<number, Value>();
  for (let w = 0; wide && w < wide.row.length; w++) index.set(wide.row[w] as number, wide.value[w] as Value);
  return index;
};

function pickRows(all: Rows, kept: Uint32Array, wideOf: ReadonlyMap<number, Value>): Rows {
  const out = allocRows(kept.length);
  const row: number[] = [];
  const value: Value[] = [];
  for (let i = 0; i < kept.length; i++) {
    const from = kept[i] as number;
    out.timeUs[i] = all.timeUs[from] as number;
    out.value[i] = all.value[from] as number;
    out.quality[i] = all.quality[from] as number;
    const wide = wideOf.get(from);
    if (wide === undefined) continue;
    row.push(i);
    value.push(wide);
  }
  return row.length === 0 ? out : { ...out, wide: { row: Uint32Array.from(row), value } };
}

/**
 * Those rows that are not among the others, whatever mark of an import or sign of zero either has, which files lose;
 * both in the order of time.
 */
export function rowsNotIn(rows: Rows, others: Rows): Rows {
  const wideOf = wideIndex(rows.wide);
  const otherWide = wideIndex(others.wide);
  const kept = new Uint32Array(rows.timeUs.length);
  let count = 0;
  for (let i = 0; i < rows.timeUs.length; i++) {
    const timeUs = rows.timeUs[i] as number;
    const key = keyOf(rows, i, wideOf.get(i), 'asInFiles');
    let isKnown = false;
    for (let o = lowerBound(others.timeUs, timeUs); others.timeUs[o] === timeUs && !isKnown; o++) {
      isKnown = keyOf(others, o, otherWide.get(o), 'asInFiles') === key;
    }
    if (!isKnown) kept[count++] = i;
  }
  return count === rows.timeUs.length ? rows : pickRows(rows, kept.subarray(0, count), wideOf);
}

const sink = new ByteSink(256);

/** Text by which a wide value is told from others. */
export function wideKey(value: Value): string {
  sink.clear();
  writeValue(sink, value);
  return Buffer.from(sink.bytes).toString('latin1');
}

function keyOf(all: Rows, row: number, wide: Value | undefined, as?: 'asInFiles'): string {
  const value = all.value[row] as number;
  const quality = all.quality[row] as number;
  const code = as && quality === Quality.goodEntryInserted ? Quality.good : quality;
  const number = !as && Object.is(value, -0) ? '-0' : String(value);
  return `${code} ${number}${wide === undefined ? '' : ` ${wideKey(wide)}`}`;
}
