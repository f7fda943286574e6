import { readArray } from './arrays.ts';
import { DataType, isArrayType, Kind, kindOf } from './datatype.ts';
import type { MetricValue } from './payload.ts';

/** What stood in the `oneof`, before its data type is known: ints as unsigned 32 bits, longs as unsigned 64. */
export type Raw = MetricValue;

/**
 * The value by its data type; undefined where that type is not sent in this member, or the number is out of its range.
 * Both spellings of a negative small integer are read: 32-bit two's complement, and that of its own width.
 */
export function typed(datatype: number, kind: Kind, raw: Raw): MetricValue | undefined {
  switch (kind) {
    case Kind.int:
      return smallInt(datatype, raw as number);
    case Kind.long:
      return longInt(datatype, raw as bigint);
    case Kind.float:
    case Kind.double:
      return datatype === DataType.Float || datatype === DataType.Double ? raw : undefined;
    case Kind.bytes:
      if (isArrayType(datatype)) return readArray(datatype, raw as Uint8Array);
      return kindOf(datatype) === kind ? raw : undefined;
    default:
      return kindOf(datatype) === kind ? raw : undefined;
  }
}

/** @param raw unsigned 32 bits. @returns undefined outside the range of the type, or for a type that is no small integer */
export function smallInt(datatype: number, raw: number): number | undefined {
  switch (datatype) {
    case DataType.Int8:
      return signed(raw, 8);
    case DataType.Int16:
      return signed(raw, 16);
    case DataType.Int32:
      return raw | 0;
    case DataType.UInt8:
      return raw <= 0xff ? raw : undefined;
    case DataType.UInt16:
      return raw <= 0xffff ? raw : undefined;
    case DataType.UInt32:
      return raw;
    default:
      return undefined;
  }
}

function signed(raw: number, bits: 8 | 16): number | undefined {
  const shift = 32 - bits;
  const value = (raw << shift) >> shift;
  return raw >>> bits === 0 || (raw | 0) === value ? value : undefined;
}

/** UInt32 too: publishers that follow older versions send it as a long. */
function longInt(datatype: number, raw: bigint): bigint | number | undefined {
  switch (datatype) {
    case DataType.Int64:
      return BigInt.asIntN(64, raw);
    case DataType.UInt64:
    case DataType.DateTime:
      return raw;
    case DataType.UInt32:
      return raw <= 0xffff_ffffn ? Number(raw) : undefined;
    default:
      return undefined;
  }
}
