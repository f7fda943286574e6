/*
 * Not the codec of the runtime, on purpose: a mistake shared by both sides would never show.
 */

/** Number formats of the registers, as data sheets name them. */
export const WORDS = {
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  float64: 4,
} as const;
export type WordType = keyof typeof WORDS;

/** `big`: most significant word first, as the Modbus specification has bytes; `little`: words swapped. */
export type WordOrder = 'big' | 'little';

/** A value as registers. Integers are rounded, and saturate at the ends of their type as a PLC does. */
export function toWords(value: number | bigint | boolean, type: WordType, order: WordOrder): number[] {
  const bytes = Buffer.alloc(WORDS[type] * 2);
  put(bytes, value, type);
  const words = Array.from({ length: WORDS[type] }, (_, i) => bytes.readUInt16BE(i * 2));
  return order === 'big' ? words : words.reverse();
}

/** Registers as a value; the counterpart of {@link toWords}. */
export function fromWords(words: readonly number[], type: WordType, order: WordOrder): number {
  const bytes = Buffer.alloc(words.length * 2);
  const ordered = order === 'big' ? words : [...words].reverse();
  for (const [i, word] of ordered.entries()) bytes.writeUInt16BE(word, i * 2);
  switch (type) {
    case 'float32':
      return bytes.readFloatBE(0);
    case 'float64':
      return bytes.readDoubleBE(0);
    case 'uint64':
      return Number(bytes.readBigUInt64BE(0));
    case 'int16':
    case 'int32':
      return bytes.readIntBE(0, bytes.length);
    default:
      return bytes.readUIntBE(0, bytes.length);
  }
}

function put(bytes: Buffer, value: number | bigint | boolean, type: WordType): void {
  if (type === 'uint64') bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)), 0);
  else if (type === 'float32') bytes.writeFloatBE(Number(value), 0);
  else if (type === 'float64') bytes.writeDoubleBE(Number(value), 0);
  else if (type.startsWith('int')) bytes.writeIntBE(saturate(value, bytes.length, true), 0, bytes.length);
  else bytes.writeUIntBE(saturate(value, bytes.length, false), 0, bytes.length);
}

function saturate(value: number | bigint | boolean, length: number, signed: boolean): number {
  const span = 2 ** (8 * length);
  const low = signed ? -span / 2 : 0;
  return Math.min(Math.max(Math.round(Number(value)), low), low + span - 1);
}
