import { DataType } from './datatype.ts';
import type { Plain } from './payload.ts';

/** Most elements of one array: eight booleans lie in one byte, but not in memory. */
const MOST_ELEMENTS = 1_000_000;

const NUL = 0;
const COUNT_BYTES = 4;
const text = new TextDecoder();

interface Layout {
  readonly bytes: number;
  get(view: DataView, at: number): Plain;
  set(view: DataView, at: number, value: never): void;
}

const bits64 = (get: (view: DataView, at: number) => bigint): Layout => ({
  bytes: 8,
  get,
  set: (view, at, value: bigint) => view.setBigUint64(at, BigInt.asUintN(64, value), true),
});

/** Packed, little endian (Sparkplug 3.0, 6.4.17). */
const LAYOUTS: { readonly [datatype: number]: Layout } = {
  [DataType.Int8Array]: { bytes: 1, get: (v, i) => v.getInt8(i), set: (v, i, n: number) => v.setInt8(i, n) },
  [DataType.UInt8Array]: {
    bytes: 1,
    get: (v, i) => v.getUint8(i),
    set: (v, i, n: number) => v.setUint8(i, n),
  },
  [DataType.Int16Array]: {
    bytes: 2,
    get: (v, i) => v.getInt16(i, true),
    set: (v, i, n: number) => v.setInt16(i, n, true),
  },
  [DataType.UInt16Array]: {
    bytes: 2,
    get: (v, i) => v.getUint16(i, true),
    set: (v, i, n: number) => v.setUint16(i, n, true),
  },
  [DataType.Int32Array]: {
    bytes: 4,
    get: (v, i) => v.getInt32(i, true),
    set: (v, i, n: number) => v.setInt32(i, n, true),
  },
  [DataType.UInt32Array]: {
    bytes: 4,
    get: (v, i) => v.getUint32(i, true),
    set: (v, i, n: number) => v.setUint32(i, n, true),
  },
  [DataType.FloatArray]: {
    bytes: 4,
    get: (v, i) => v.getFloat32(i, true),
    set: (v, i, n: number) => v.setFloat32(i, n, true),
  },
  [DataType.DoubleArray]: {
    bytes: 8,
    get: (v, i) => v.getFloat64(i, true),
    set: (v, i, n: number) => v.setFloat64(i, n, true),
  },
  [DataType.Int64Array]: bits64((v, i) => v.getBigInt64(i, true)),
  [DataType.UInt64Array]: bits64((v, i) => v.getBigUint64(i, true)),
  [DataType.DateTimeArray]: bits64((v, i) => v.getBigUint64(i, true)),
};

/** @returns undefined when the bytes are no array of this type, or one of more than a million elements */
export function readArray(datatype: number, bytes: Uint8Array): Plain[] | undefined {
  if (datatype === DataType.BooleanArray) return readBooleans(bytes);
  if (datatype === DataType.StringArray) return readStrings(bytes);
  const layout = LAYOUTS[datatype];
  if (!layout || bytes.length % layout.bytes !== 0) return undefined;
  const count = bytes.length / layout.bytes;
  if (count > MOST_ELEMENTS) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i) => layout.get(view, i * layout.bytes));
}

export function writeArray(datatype: number, values: readonly Plain[]): Uint8Array {
  if (datatype === DataType.BooleanArray) return writeBooleans(values);
  if (datatype === DataType.StringArray) {
    return new TextEncoder().encode(values.map((value) => `${value}\0`).join(''));
  }
  const layout = LAYOUTS[datatype];
  if (!layout) throw new RangeError(`data type ${datatype} is no array`);
  const bytes = new Uint8Array(values.length * layout.bytes);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) layout.set(view, i * layout.bytes, value as never);
  return bytes;
}

/** A count of four bytes, then the bits, the first one highest. */
function readBooleans(bytes: Uint8Array): boolean[] | undefined {
  if (bytes.length < COUNT_BYTES) return undefined;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (count > MOST_ELEMENTS || bytes.length !== COUNT_BYTES + Math.ceil(count / 8)) return undefined;
  return Array.from(
    { length: count },
    (_, i) => (((bytes[COUNT_BYTES + (i >> 3)] as number) << (i & 7)) & 0x80) !== 0,
  );
}

function writeBooleans(values: readonly Plain[]): Uint8Array {
  const bytes = new Uint8Array(COUNT_BYTES + Math.ceil(values.length / 8));
  new DataView(bytes.buffer).setUint32(0, values.length, true);
  for (const [i, value] of values.entries()) {
    if (value) bytes[COUNT_BYTES + (i >> 3)] = (bytes[COUNT_BYTES + (i >> 3)] as number) | (0x80 >> (i & 7));
  }
  return bytes;
}

/** Each one with a NUL behind it. */
function readStrings(bytes: Uint8Array): string[] | undefined {
  if (bytes.length === 0) return [];
  if (bytes[bytes.length - 1] !== NUL) return undefined;
  const strings: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NUL, from);
    if (strings.length === MOST_ELEMENTS) return undefined;
    strings.push(text.decode(bytes.subarray(from, end)));
    from = end + 1;
  }
  return strings;
}
