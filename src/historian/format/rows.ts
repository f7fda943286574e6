import { ByteSink } from '#journal/bytes.ts';
import { writeValue } from '#journal/wide.ts';
import { at, type Value, type Wide } from '#kernel/batch.ts';
import { isBad } from '#kernel/quality.ts';

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
  const first = lowerBound(rows.wide.row, from);
  const end = lowerBound(rows.wide.row, to);
  if (first === end) return part;
  const row = rows.wide.row.slice(first, end).map((r) => r - from);
  return { ...part, wide: { row, value: rows.wide.value.slice(first, end) } };
}

/** First place whose number is not below `n`; columns ascend. */
export function lowerBound(column: ArrayLike<number>, n: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (at(column, mid) < n) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** First place whose number is above `n`. */
export function upperBound(column: ArrayLike<number>, n: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (at(column, mid) <= n) low = mid + 1;
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
    if (at(timeUs, i) > at(timeUs, i - 1)) continue;
    if (at(timeUs, i) < at(timeUs, i - 1)) {
      return identity(timeUs.length).sort((a, b) => at(timeUs, a) - at(timeUs, b) || a - b);
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
    const row = at(order, i);
    const timeUs = at(all.timeUs, row);
    const tiesBefore = i > 0 && at(all.timeUs, at(order, i - 1)) === timeUs;
    const tiesAfter = i + 1 < order.length && at(all.timeUs, at(order, i + 1)) === timeUs;
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
  for (let w = 0; wide && w < wide.row.length; w++) index.set(at(wide.row, w), wide.value[w] as Value);
  return index;
};

function pickRows(all: Rows, kept: Uint32Array, wideOf: ReadonlyMap<number, Value>): Rows {
  const out = allocRows(kept.length);
  const row: number[] = [];
  const value: Value[] = [];
  for (let i = 0; i < kept.length; i++) {
    const from = at(kept, i);
    out.timeUs[i] = at(all.timeUs, from);
    out.value[i] = at(all.value, from);
    out.quality[i] = at(all.quality, from);
    const wide = wideOf.get(from);
    if (wide === undefined) continue;
    row.push(i);
    value.push(wide);
  }
  return row.length === 0 ? out : { ...out, wide: { row: Uint32Array.from(row), value } };
}

const sink = new ByteSink(256);

/** Text by which a wide value is told from others. */
export function wideKey(value: Value): string {
  sink.clear();
  writeValue(sink, value);
  return Buffer.from(sink.bytes).toString('latin1');
}

function keyOf(all: Rows, row: number, wide: Value | undefined): string {
  const value = at(all.value, row);
  const number = Object.is(value, -0) ? '-0' : String(value);
  return `${at(all.quality, row)} ${number}${wide === undefined ? '' : ` ${wideKey(wide)}`}`;
}
