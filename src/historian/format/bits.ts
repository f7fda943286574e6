import type { ByteSink } from '#journal/bytes.ts';

/** So many bits and the seven before them fit into 32, which is all that shifts can do. */
const GROUP = 24;
const GROUP_SIZE = 2 ** GROUP;
/** Behind the last packed number this many bytes must be readable. */
export const PADDING_BYTES = 3;

/** Bits of a whole number from 0 to 2^53. */
export const bitLength = (n: number): number =>
  n < 4294967296 ? 32 - Math.clz32(n) : 64 - Math.clz32(n / 4294967296);

export const packedBytes = (count: number, width: number): number => {
  let bytes = 0;
  for (let rest = width; rest > 0; rest -= GROUP) bytes += Math.ceil((count * Math.min(rest, GROUP)) / 8);
  return bytes;
};

/** Packs the low `width` bits of whole numbers. @param numbers overwritten */
export function pack(sink: ByteSink, numbers: Float64Array, count: number, width: number): void {
  for (let rest = width; rest > 0; rest -= GROUP) {
    const bits = Math.min(rest, GROUP);
    const room = sink.room(packedBytes(count, bits));
    packGroup(room, numbers, count, bits);
    if (rest <= GROUP) return;
    for (let i = 0; i < count; i++) numbers[i] = Math.floor((numbers[i] as number) / GROUP_SIZE);
  }
}

function packGroup(room: Uint8Array, numbers: Float64Array, count: number, bits: number): void {
  const mask = 2 ** bits - 1;
  let held = 0;
  let filled = 0;
  let out = 0;
  for (let i = 0; i < count; i++) {
    const n = numbers[i] as number;
    // Above 32 bits a plain conversion takes the low ones just as well: it works modulo 2^32.
    held |= ((n | 0) & mask) << filled;
    filled += bits;
    while (filled >= 8) {
      room[out++] = held;
      held >>>= 8;
      filled -= 8;
    }
  }
  if (filled > 0) room[out] = held;
}

/** Reads `count` numbers of `width` bits. @returns place behind them */
export function unpack(
  bytes: Uint8Array,
  from: number,
  count: number,
  width: number,
  into: Float64Array,
): number {
  if (width === 0) {
    into.fill(0, 0, count);
    return from;
  }
  unpackGroup(bytes, from, count, Math.min(width, GROUP), into);
  let next = from + packedBytes(count, Math.min(width, GROUP));
  let scale = GROUP_SIZE;
  for (let rest = width - GROUP; rest > 0; rest -= GROUP) {
    const bits = Math.min(rest, GROUP);
    addGroup(bytes, next, count, bits, into, scale);
    next += packedBytes(count, bits);
    scale *= GROUP_SIZE;
  }
  return next;
}

function unpackGroup(bytes: Uint8Array, from: number, count: number, bits: number, into: Float64Array): void {
  const mask = (1 << bits) - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += bits) {
    const b = from + (bit >>> 3);
    const word =
      (bytes[b] as number) |
      ((bytes[b + 1] as number) << 8) |
      ((bytes[b + 2] as number) << 16) |
      ((bytes[b + 3] as number) << 24);
    into[i] = (word >>> (bit & 7)) & mask;
  }
}

function addGroup(
  bytes: Uint8Array,
  from: number,
  count: number,
  bits: number,
  into: Float64Array,
  scale: number,
): void {
  const mask = (1 << bits) - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += bits) {
    const b = from + (bit >>> 3);
    const word =
      (bytes[b] as number) |
      ((bytes[b + 1] as number) << 8) |
      ((bytes[b + 2] as number) << 16) |
      ((bytes[b + 3] as number) << 24);
    into[i] = (into[i] as number) + ((word >>> (bit & 7)) & mask) * scale;
  }
}
