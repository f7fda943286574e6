import type { Variant } from 'node-opcua-client';
import { allocBatch, at, type Batch, type Value } from '#kernel/batch.ts';
import { isGood, Quality } from '#kernel/quality.ts';
import type { Columns } from '#wire/opcua/columns.ts';
import { partOf, variantValue } from '#wire/opcua/values.ts';
import type { Item, Items } from './items.ts';

/** InfoType DataValue with the Overflow bit (OPC UA Part 4, 7.39.1): values were lost before this one. */
const OVERFLOW = 0x0480;
const DATE_TIME = 13;

interface Overflow {
  readonly tag: number;
  readonly fromUs: number;
  readonly toUs: number;
}

export interface Rows {
  readonly batch: Batch;
  /** Tags of which the server has lost values, between the row before and the one that says so. */
  readonly overflowed: readonly Overflow[];
}

/**
 * The rows of a notification; undefined when it concerns nobody any more. The upper half of a StatusCode is a quality
 * as it is. Source times are taken as they are: the pipeline judges them.
 */
export function rowsOf(columns: Columns, items: Items, receivedUs: number): Rows | undefined {
  const batch = allocBatch(columns.rows, { receivedUs });
  const wideRow: number[] = [];
  const wideValue: Value[] = [];
  const overflowed: Overflow[] = [];
  let row = 0;
  let wide = 0;
  for (let i = 0; i < columns.rows; i++) {
    const isWide = columns.wideRow[wide] === i;
    const raw = isWide ? columns.wideValue[wide++] : undefined;
    const item = items.get(at(columns.handle, i));
    if (!item) continue;
    const { slot } = item;
    const status = at(columns.status, i);
    const timeUs = at(columns.timeUs, i) || receivedUs;
    let quality = status >>> 16;
    let value = at(columns.value, i);
    if (
      isWide ||
      item.type === 'int64' ||
      item.field !== undefined ||
      (Number.isNaN(value) && isGood(quality))
    ) {
      const settled = settle(item, raw ?? value, quality);
      quality = settled.quality;
      value = settled.value;
      if (settled.wide !== undefined) {
        wideRow.push(row);
        wideValue.push(settled.wide);
        items.lastWide.set(slot, settled.wide);
      }
    }
    if ((status & OVERFLOW) === OVERFLOW) {
      const fromUs = Math.min(items.lastTimeUs[slot] || timeUs, timeUs);
      overflowed.push({ tag: item.tag, fromUs, toUs: timeUs });
    }
    batch.tag[row] = item.tag;
    batch.timeUs[row] = timeUs;
    batch.value[row] = value;
    batch.quality[row] = quality;
    row++;
    if (items.firstTimeUs[slot] === 0) items.firstTimeUs[slot] = timeUs;
    items.lastTimeUs[slot] = timeUs;
    items.lastValue[slot] = value;
    items.lastQuality[slot] = quality;
  }
  if (row === 0) return undefined;
  const cut = row === columns.rows ? batch : firstRows(batch, row);
  const held =
    wideRow.length > 0 ? { ...cut, wide: { row: Uint32Array.from(wideRow), value: wideValue } } : cut;
  return { batch: held, overflowed };
}

function firstRows(batch: Batch, rows: number): Batch {
  return {
    ...batch,
    rows,
    tag: batch.tag.subarray(0, rows),
    timeUs: batch.timeUs.subarray(0, rows),
    value: batch.value.subarray(0, rows),
    quality: batch.quality.subarray(0, rows),
  };
}

export interface Settled {
  readonly value: number;
  readonly quality: number;
  readonly wide?: Value;
}

const bad = (quality: number, reason: number): Settled => ({
  value: Number.NaN,
  quality: isGood(quality) ? reason : quality,
});

/** A value as the tag's type wants it: a double where it is one, otherwise a wide value. */
export function settle(
  item: Pick<Item, 'type' | 'field'>,
  raw: number | bigint | Variant,
  quality: number,
): Settled {
  const whole = typeof raw === 'object' ? wholeOf(item, raw) : raw;
  const value = item.field === undefined ? whole : partOf(whole, item.field);
  if (value === undefined) return bad(quality, Quality.badOutOfRange);
  if (value === null || Number.isNaN(value)) return bad(quality, Quality.badWaitingForInitialData);
  if (typeof value === 'boolean') return { value: Number(value), quality };
  if (typeof value === 'number')
    return item.type === 'int64' && Number.isSafeInteger(value)
      ? { value: Number.NaN, quality, wide: BigInt(value) }
      : { value, quality };
  if (typeof value === 'bigint' && (item.type === 'number' || item.type === 'enum')) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? { value: number, quality } : bad(quality, Quality.badOutOfRange);
  }
  return { value: Number.NaN, quality, wide: value };
}

/** Times are text, and ms since 1970 for a tag that holds numbers. */
function wholeOf(item: Pick<Item, 'type'>, variant: Variant): Value {
  const value = variantValue(variant);
  return variant.dataType === DATE_TIME && item.type === 'number' && typeof value === 'string'
    ? Date.parse(value)
    : value;
}
