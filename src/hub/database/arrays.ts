/*
 * Columns of many rows as arrays in PostgreSQL's binary form (its src/backend/utils/adt/arrayfuncs.c, array_recv): as text
 * each number would be written and read again, each byte become two, and most of the work be that. `pg` sends a Buffer as
 * binary; the statement says the type, such as `$1::bigint[]`.
 */

const HEAD_BYTES = 20;
/** Identifiers of types, which never change (src/include/catalog/pg_type.dat). */
const Oid = { bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, float8: 701 } as const;

function arrayOf(oid: number, count: number, bytes: number, hasNull = false): Buffer {
  const array = Buffer.allocUnsafe(HEAD_BYTES + 4 * count + bytes);
  array.writeInt32BE(1, 0); // dimensions
  array.writeInt32BE(hasNull ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16); // first index
  return array;
}

function fixed(
  oid: number,
  bytes: number,
  values: readonly number[],
  write: (array: Buffer, value: number, at: number) => void,
): Buffer {
  const array = arrayOf(oid, values.length, bytes * values.length);
  let at = HEAD_BYTES;
  for (const value of values) {
    array.writeInt32BE(bytes, at);
    write(array, value, at + 4);
    at += 4 + bytes;
  }
  return array;
}

export const int2s = (values: readonly number[]): Buffer =>
  fixed(Oid.int2, 2, values, (array, value, at) => void array.writeInt16BE(value, at));

export const int4s = (values: readonly number[]): Buffer =>
  fixed(Oid.int4, 4, values, (array, value, at) => void array.writeInt32BE(value, at));

/** @param values whole, within ±2^53 */
export const int8s = (values: readonly number[]): Buffer => fixed(Oid.int8, 8, values, writeInt8);

export const float8s = (values: readonly number[]): Buffer =>
  fixed(Oid.float8, 8, values, (array, value, at) => void array.writeDoubleBE(value, at));

/** Without a BigInt for each. */
function writeInt8(array: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 2 ** 32);
  array.writeInt32BE(high, at);
  array.writeUInt32BE(value - high * 2 ** 32, at + 4);
}

export function byteas(values: readonly Uint8Array[]): Buffer {
  const array = arrayOf(
    Oid.bytea,
    values.length,
    values.reduce((sum, { length }) => sum + length, 0),
  );
  let at = HEAD_BYTES;
  for (const value of values) {
    array.writeInt32BE(value.length, at);
    array.set(value, at + 4);
    at += 4 + value.length;
  }
  return array;
}

export function texts(values: readonly (string | null)[]): Buffer {
  const lengths = values.map((value) => (value === null ? 0 : Buffer.byteLength(value)));
  const array = arrayOf(
    Oid.text,
    values.length,
    lengths.reduce((sum, length) => sum + length, 0),
    values.includes(null),
  );
  let at = HEAD_BYTES;
  for (const [i, value] of values.entries()) {
    array.writeInt32BE(value === null ? -1 : (lengths[i] as number), at);
    at += 4;
    if (value !== null) at += array.write(value, at);
  }
  return array;
}
