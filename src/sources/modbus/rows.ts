import {
  bigReader,
  encodeNumber,
  encodeText,
  type NumberType,
  numberReader,
  readBit,
  readText,
  readWord,
} from '#codec/modbus/registers.ts';
import type { BatchBuilder, Value } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { type Cell, orderOf } from '#sources/modbus/address.ts';

/** Makes one row of a response: raw, unscaled. */
export type Emit = (out: BatchBuilder, data: Uint8Array, timeUs: number) => void;

/** Worked out once for each point, so that an answer costs no decisions. @param first first address of the read */
export function emitterOf(cell: Cell, first: number): Emit {
  const tag = cell.tag.number;
  const offset = cell.at - first;
  if (cell.table === 'coil' || cell.table === 'discrete') {
    return (out, data, timeUs) => out.add(tag, timeUs, readBit(data, offset));
  }
  const at = offset * 2;
  if (cell.as === 'bool') {
    const bit = cell.address.bit ?? 0;
    return (out, data, timeUs) => out.add(tag, timeUs, (readWord(data, at) >> bit) & 1);
  }
  const wide = wideReader(cell);
  if (wide) return (out, data, timeUs) => out.addValue(tag, timeUs, wide(data, at));
  const read = numberReader(cell.as as NumberType, orderOf(cell));
  return (out, data, timeUs) => {
    const value = read(data, at);
    out.add(tag, timeUs, value, Number.isFinite(value) ? Quality.good : Quality.badOutOfRange);
  };
}

/** For what is no double: text, and 64-bit integers of a tag that wants them exact. */
function wideReader(cell: Cell): ((data: Uint8Array, at: number) => Value) | undefined {
  const order = orderOf(cell);
  if (cell.as === 'text') {
    const length = cell.address.length ?? 1;
    return (data, at) => readText(data, at, length, order === 'BA' ? 'BA' : 'AB');
  }
  const big = cell.as === 'int64' || cell.as === 'uint64' ? cell.as : undefined;
  return big && cell.tag.type === 'int64' ? bigReader(big, order) : undefined;
}

/**
 * The bytes of the registers that hold a value.
 * @throws Fault `modbus.does-not-fit`
 */
export function encodeValue(cell: Cell, value: number | Value): Uint8Array {
  if (cell.as === 'text' && typeof value === 'string') {
    return encodeText(value, cell.address.length ?? 1, orderOf(cell) === 'BA' ? 'BA' : 'AB');
  }
  if (cell.as !== 'text' && cell.as !== 'bool' && (typeof value === 'number' || typeof value === 'bigint')) {
    return encodeNumber(cell.as, orderOf(cell), value);
  }
  throw new Fault('modbus.does-not-fit', `${typeof value} does not fit ${cell.as}`, { retry: 'never' });
}
