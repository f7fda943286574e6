import type { ByteSink, ByteSource } from './bytes.ts';

/*
 * Codings of 32-bit words and doubles that turn columns of a plant into long runs of equal bytes; the packing after it
 * does the rest. See docs/formats/journal.md, "Codings".
 */

/** Maps small differences of either sign to small words, so that the upper byte planes stay constant. */
export const zigzag = (difference: number): number => ((difference << 1) ^ (difference >> 31)) >>> 0;
export const unzigzag = (word: number): number => (word >>> 1) ^ -(word & 1);

/** Coding `planes` of the first `count` words. */
export function writePlanes(sink: ByteSink, words: Uint32Array, count: number): void {
  if (count === 0) return;
  const first = words[0] as number;
  let differs = 0;
  for (let i = 1; i < count; i++) differs |= (words[i] as number) ^ first;
  let varying = 0;
  for (let p = 0; p < 4; p++) if ((differs >>> (8 * p)) & 0xff) varying |= 1 << p;
  sink.u8(varying);
  for (let p = 0; p < 4; p++) {
    const shift = 8 * p;
    if (!(varying & (1 << p))) {
      sink.u8((first >>> shift) & 0xff);
      continue;
    }
    const plane = sink.room(count);
    for (let i = 0; i < count; i++) plane[i] = (words[i] as number) >>> shift;
  }
}

/*
 * Reading indexes its columns itself: `at` has seen columns of every kind by then, and the machine code for all of them
 * costs a back-test half of its time.
 */

export function readPlanes(source: ByteSource, count: number): Uint32Array {
  const words = new Uint32Array(count);
  if (count === 0) return words;
  const varying = source.u8();
  for (let p = 0; p < 4; p++) {
    const shift = 8 * p;
    if (varying & (1 << p)) {
      const plane = source.take(count);
      for (let i = 0; i < count; i++) words[i] = (words[i] as number) | ((plane[i] as number) << shift);
    } else {
      const byte = source.u8() << shift;
      for (let i = 0; byte !== 0 && i < count; i++) words[i] = (words[i] as number) | byte;
    }
  }
  return words;
}

/** Coding `words`. @param scratch at least `count` long, overwritten */
export function writeWords(
  sink: ByteSink,
  words: ArrayLike<number>,
  count: number,
  scratch: Uint32Array,
): void {
  let before = 0;
  for (let i = 0; i < count; i++) {
    const word = words[i] as number;
    scratch[i] = zigzag((word - before) | 0);
    before = word;
  }
  writePlanes(sink, scratch, count);
}

export function readWords(source: ByteSource, count: number): Uint32Array {
  const words = readPlanes(source, count);
  let before = 0;
  for (let i = 0; i < count; i++) {
    before = (before + unzigzag(words[i] as number)) | 0;
    words[i] = before;
  }
  return words;
}

/** Coding `times`. @param scratch at least `count` long, overwritten */
export function writeTimes(
  sink: ByteSink,
  times: Float64Array<ArrayBuffer>,
  count: number,
  scratch: Uint32Array,
): void {
  if (count === 0) return;
  for (let i = 1; i < count; i++) {
    const before = times[i - 1] as number;
    const difference = (times[i] as number) - before;
    // Written as what the reader will compute, so that a fraction or NaN falls to the exact coding.
    if (difference !== (difference | 0) || before + difference !== (times[i] as number)) {
      sink.u8(1);
      writeXor64(sink, times, count, scratch);
      return;
    }
    scratch[i - 1] = zigzag(difference);
  }
  sink.u8(0);
  sink.f64(times[0] as number);
  writePlanes(sink, scratch, count - 1);
}

export function readTimes(source: ByteSource, count: number): Float64Array<ArrayBuffer> {
  if (count === 0) return new Float64Array(0);
  if (source.u8() === 1) return readXor64(source, count);
  const times = new Float64Array(count);
  times[0] = source.f64();
  const steps = readPlanes(source, count - 1);
  for (let i = 1; i < count; i++) times[i] = (times[i - 1] as number) + unzigzag(steps[i - 1] as number);
  return times;
}

/** Coding `xor64`. @param scratch at least `count` long, overwritten */
export function writeXor64(
  sink: ByteSink,
  values: Float64Array<ArrayBuffer>,
  count: number,
  scratch: Uint32Array,
): void {
  const halves = new Uint32Array(values.buffer, values.byteOffset, count * 2);
  for (const half of [1, 0]) {
    let before = 0;
    for (let i = 0; i < count; i++) {
      const word = halves[2 * i + half] as number;
      scratch[i] = word ^ before;
      before = word;
    }
    writePlanes(sink, scratch, count);
  }
}

export function readXor64(source: ByteSource, count: number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(count);
  const halves = new Uint32Array(values.buffer);
  for (const half of [1, 0]) {
    const words = readPlanes(source, count);
    let before = 0;
    for (let i = 0; i < count; i++) {
      before ^= words[i] as number;
      halves[2 * i + half] = before;
    }
  }
  return values;
}
