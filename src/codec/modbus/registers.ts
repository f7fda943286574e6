import { Fault } from '#kernel/fault.ts';

/** What one or more registers hold. */
export const NUMBER_TYPES = [
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];

/**
 * Order of the bytes on the wire, A being the most significant: ABCD is big-endian throughout (the specification's
 * own order, 4.2), CDAB has the low word first, BADC has the bytes swapped in each word, DCBA is little-endian.
 */
export const ORDERS = [
  'AB',
  'BA',
  'ABCD',
  'BADC',
  'CDAB',
  'DCBA',
  'ABCDEFGH',
  'BADCFEHG',
  'GHEFCDAB',
  'HGFEDCBA',
] as const;
export type Order = (typeof ORDERS)[number];

/** Bytes of a value. */
export function sizeOf(type: NumberType): 2 | 4 | 8 {
  if (type.endsWith('16')) return 2;
  return type.endsWith('32') ? 4 : 8;
}

/** The order of the specification for a value of that size. */
export const plainOrder = (bytes: number): Order => (bytes === 2 ? 'AB' : bytes === 4 ? 'ABCD' : 'ABCDEFGH');

/** Place of each wire byte within the big-endian value. */
const placesOf = (order: Order): number[] => [...order].map((letter) => letter.charCodeAt(0) - 65);

/**
 * A reader of one kind of value: bytes of a response, and where in them the value begins, to a double. 64-bit integers
 * beyond 2^53 are rounded; see {@link bigReader}.
 */
export function numberReader(type: NumberType, order: Order): (data: Uint8Array, at: number) => number {
  const view = new DataView(new ArrayBuffer(8));
  const collect = collector(view, order);
  const get = GETTERS[type];
  return (data, at) => {
    collect(data, at);
    return Number(get(view));
  };
}

/** The same for 64-bit integers, exact. */
export function bigReader(type: 'int64' | 'uint64', order: Order): (data: Uint8Array, at: number) => bigint {
  const view = new DataView(new ArrayBuffer(8));
  const collect = collector(view, order);
  return (data, at) => {
    collect(data, at);
    return type === 'int64' ? view.getBigInt64(0) : view.getBigUint64(0);
  };
}

function collector(view: DataView, order: Order): (data: Uint8Array, at: number) => void {
  const places = placesOf(order);
  return (data, at) => {
    for (let i = 0; i < places.length; i++) view.setUint8(places[i] as number, data[at + i] as number);
  };
}

const GETTERS: { readonly [T in NumberType]: (view: DataView) => number | bigint } = {
  int16: (view) => view.getInt16(0),
  uint16: (view) => view.getUint16(0),
  int32: (view) => view.getInt32(0),
  uint32: (view) => view.getUint32(0),
  int64: (view) => view.getBigInt64(0),
  uint64: (view) => view.getBigUint64(0),
  float32: (view) => view.getFloat32(0),
  float64: (view) => view.getFloat64(0),
};

const SETTERS: { readonly [T in NumberType]: (view: DataView, value: number | bigint) => void } = {
  int16: (view, value) => view.setInt16(0, Number(value)),
  uint16: (view, value) => view.setUint16(0, Number(value)),
  int32: (view, value) => view.setInt32(0, Number(value)),
  uint32: (view, value) => view.setUint32(0, Number(value)),
  int64: (view, value) => view.setBigInt64(0, BigInt(value)),
  uint64: (view, value) => view.setBigUint64(0, BigInt(value)),
  float32: (view, value) => view.setFloat32(0, Number(value)),
  float64: (view, value) => view.setFloat64(0, Number(value)),
};

/**
 * A value as the bytes of its registers. Integers are rounded to the nearest, because undoing a scale leaves
 * fractions such as 499.99999.
 * @throws Fault `modbus.does-not-fit` for what the type cannot hold, NaN and infinities included
 */
export function encodeNumber(type: NumberType, order: Order, value: number | bigint): Uint8Array {
  const fitting = type.startsWith('float') ? fitFloat(type, value) : fitInteger(type, value);
  const view = new DataView(new ArrayBuffer(8));
  SETTERS[type](view, fitting);
  return Uint8Array.from(placesOf(order), (place) => view.getUint8(place));
}

function fitFloat(type: NumberType, value: number | bigint): number {
  const number = Number(value);
  const kept = type === 'float32' ? Math.fround(number) : number;
  if (!Number.isFinite(kept)) throw misfit(type, value);
  return number;
}

function fitInteger(type: NumberType, value: number | bigint): bigint {
  if (typeof value === 'number' && !Number.isFinite(value)) throw misfit(type, value);
  const whole = typeof value === 'bigint' ? value : BigInt(Math.round(value));
  const bits = sizeOf(type) * 8;
  const kept = type.startsWith('u') ? BigInt.asUintN(bits, whole) : BigInt.asIntN(bits, whole);
  if (kept !== whole) throw misfit(type, value);
  return whole;
}

const misfit = (type: string, value: unknown): Fault =>
  new Fault('modbus.does-not-fit', `${String(value)} does not fit ${type}`, { retry: 'never' });

/** Text in registers, one byte a character (ISO 8859-1), ended by NUL or padded with NUL or blanks. */
export function readText(data: Uint8Array, at: number, length: number, order: 'AB' | 'BA'): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    const byte = data[at + (order === 'AB' ? i : i ^ 1)] as number;
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text.trimEnd();
}

/**
 * Text as the bytes of its registers, padded with NUL.
 * @throws Fault `modbus.does-not-fit` when it is too long or has characters beyond ISO 8859-1
 */
export function encodeText(text: string, length: number, order: 'AB' | 'BA'): Uint8Array {
  if (text.length > length || Buffer.from(text, 'latin1').toString('latin1') !== text) {
    throw misfit(`text of ${length} characters`, JSON.stringify(text));
  }
  const data = new Uint8Array(length + (length % 2));
  for (let i = 0; i < text.length; i++) data[order === 'AB' ? i : i ^ 1] = text.charCodeAt(i);
  return data;
}

/** A bit of a packed response, 0 or 1. */
export const readBit = (data: Uint8Array, index: number): number =>
  ((data[index >> 3] as number) >> (index & 7)) & 1;

/** A big-endian register of a response. */
export const readWord = (data: Uint8Array, at: number): number =>
  ((data[at] as number) << 8) | (data[at + 1] as number);
