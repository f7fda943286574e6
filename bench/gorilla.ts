import type { Rows } from '#historian/format/rows.ts';

/*
 * Size of a series in Facebook's Gorilla (VLDB 2015, 4.1): delta of delta for times, XOR for values. Times here in ms,
 * which is what they need, where they are whole ms, and otherwise in µs; the paper knows only seconds.
 */

const VIEW = new DataView(new ArrayBuffer(8));

export function gorillaBits({ timeUs, value }: Rows): number {
  const unit = timeUs.every((time) => time % 1000 === 0) ? 1000 : 1;
  let bits = 128;
  let delta = 0;
  let before = bitsOf(value[0] as number);
  let window: readonly [number, number] | undefined;
  for (let i = 1; i < timeUs.length; i++) {
    const next = ((timeUs[i] as number) - (timeUs[i - 1] as number)) / unit;
    bits += timeBits(next - delta);
    delta = next;
    const now = bitsOf(value[i] as number);
    const xor = now ^ before;
    before = now;
    if (xor === 0n) {
      bits += 1;
      continue;
    }
    const leading = Math.min(31, 64 - xor.toString(2).length);
    const trailing = trailingZeros(xor);
    if (window && leading >= window[0] && trailing >= window[1]) {
      bits += 2 + 64 - window[0] - window[1];
    } else {
      bits += 2 + 5 + 6 + 64 - leading - trailing;
      window = [leading, trailing];
    }
  }
  return bits;
}

function timeBits(change: number): number {
  const size = Math.abs(change);
  if (size === 0) return 1;
  if (size <= 63) return 2 + 7;
  if (size <= 255) return 3 + 9;
  if (size <= 2047) return 4 + 12;
  return 4 + 32;
}

function bitsOf(value: number): bigint {
  VIEW.setFloat64(0, value);
  return VIEW.getBigUint64(0);
}

function trailingZeros(bits: bigint): number {
  let zeros = 0;
  for (let rest = bits; (rest & 1n) === 0n; rest >>= 1n) zeros++;
  return zeros;
}
