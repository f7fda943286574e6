import type { ByteSink, ByteSource } from '#journal/bytes.ts';
import { at } from '#kernel/batch.ts';
import { bitLength, pack, packedBytes, unpack } from './bits.ts';

/* Coding `integers` of docs/formats/historian.md: times, scaled decimals and bits of floats all end here. */

const Mode = { raw: 0, delta: 1, line: 2, plain: 3 } as const;
/** Rows of a block; also the most that this coding takes. */
export const BLOCK_ROWS = 256;
/** Differences of differences of such numbers are still exact in a double. */
const LARGEST = 2 ** 51;
const MAX_EXCEPTIONS = 255;

export function writeSvarint(sink: ByteSink, n: number): void {
  sink.varint(n >= 0 ? 2 * n : -2 * n - 1);
}

export function readSvarint(source: ByteSource): number {
  const n = source.varint();
  return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
}

/** What remains of the numbers in one mode, and what it takes to write that. */
interface Plan {
  readonly rest: Float64Array;
  low: number;
  width: number;
  bits: number;
}

const newPlan = (): Plan => ({ rest: new Float64Array(BLOCK_ROWS), low: 0, width: 0, bits: 0 });

/** Keeps its scratch memory from one block to the next. */
export class IntegerWriter {
  readonly #raw = newPlan();
  readonly #delta = newPlan();
  readonly #line = newPlan();
  readonly #lengths = new Uint16Array(64);

  /** @param base taken off each number first, but not where they are written plainly */
  write(sink: ByteSink, numbers: Float64Array, count: number, base = 0): void {
    if (count === 0) return;
    const first = at(numbers, 0) - base;
    const divisor = this.#spread(numbers, count, base);
    if (divisor === undefined) {
      sink.u8(Mode.plain);
      for (let i = 0; i < count; i++) sink.f64(at(numbers, i));
      return;
    }
    const slope = this.#slope(count);
    const { raw, delta, line } = { raw: this.#raw, delta: this.#delta, line: this.#line };
    this.#differences(count, slope);
    this.#measure(raw, count);
    this.#measure(delta, count - 1);
    this.#measure(line, count);
    if (delta.bits <= raw.bits && delta.bits <= line.bits + 16) {
      this.#put(sink, Mode.delta, delta, count - 1, [first, divisor]);
    } else if (raw.bits <= line.bits + 16) this.#put(sink, Mode.raw, raw, count, [first, divisor]);
    else this.#put(sink, Mode.line, line, count, [first, divisor, slope]);
  }

  /** Fills `raw` with v; undefined where a number is too large for exact differences. @returns g */
  #spread(numbers: Float64Array, count: number, base: number): number | undefined {
    const { rest } = this.#raw;
    const first = at(numbers, 0);
    if (!(Math.abs(first - base) <= LARGEST)) return undefined;
    let divisor = 0;
    for (let i = 0; i < count; i++) {
      const n = at(numbers, i);
      if (!(Math.abs(n - base) <= LARGEST)) return undefined;
      const v = n - first;
      rest[i] = v;
      if (divisor !== 1 && v !== 0) divisor = commonDivisor(divisor, Math.abs(v));
    }
    if (divisor <= 1) return 1;
    for (let i = 0; i < count; i++) rest[i] = at(rest, i) / divisor;
    return divisor;
  }

  #slope(count: number): number {
    return count < 2 ? 0 : Math.round(at(this.#raw.rest, count - 1) / (count - 1));
  }

  #differences(count: number, slope: number): void {
    const v = this.#raw.rest;
    for (let i = 1; i < count; i++) this.#delta.rest[i - 1] = at(v, i) - at(v, i - 1);
    for (let i = 0; i < count; i++) this.#line.rest[i] = at(v, i) - slope * i;
  }

  /** Takes the smallest off and finds the width at which bits and exceptions together are fewest. */
  #measure(plan: Plan, count: number): void {
    const { rest } = plan;
    let low = count === 0 ? 0 : at(rest, 0);
    for (let i = 1; i < count; i++) if (at(rest, i) < low) low = at(rest, i);
    const lengths = this.#lengths.fill(0);
    let most = 0;
    for (let i = 0; i < count; i++) {
      const u = at(rest, i) - low;
      rest[i] = u;
      const bits = bitLength(u);
      lengths[bits] = at(lengths, bits) + 1;
      if (bits > most) most = bits;
    }
    plan.low = low;
    plan.width = most;
    plan.bits = most * count;
    for (let width = most - 1, above = 0; width >= 0; width--) {
      above += at(lengths, width + 1);
      if (above > MAX_EXCEPTIONS) break;
      let bits = width * count;
      for (let b = width + 1; b <= most; b++) bits += at(lengths, b) * (8 + 8 * Math.ceil((b - width) / 7));
      if (bits < plan.bits) {
        plan.bits = bits;
        plan.width = width;
      }
    }
  }

  #put(sink: ByteSink, mode: number, plan: Plan, count: number, head: readonly number[]): void {
    const { rest, low, width } = plan;
    const [first = 0, divisor = 1, slope] = head;
    sink.u8(mode | (width << 2));
    writeSvarint(sink, first);
    sink.varint(divisor);
    writeSvarint(sink, low);
    if (slope !== undefined) writeSvarint(sink, slope);
    const above = 2 ** width;
    const exceptions = sink.length;
    sink.u8(0);
    let n = 0;
    for (let i = 0; i < count; i++) {
      if (at(rest, i) < above) continue;
      sink.u8(i);
      n++;
    }
    sink.setU8(exceptions, n);
    for (let i = 0; n > 0 && i < count; i++) {
      if (at(rest, i) >= above) sink.varint(Math.floor(at(rest, i) / above));
    }
    pack(sink, rest, count, width);
  }
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/**
 * Reads `count` numbers into the beginning of `into`.
 * @throws Fault `journal.truncated`
 */
export function readIntegers(source: ByteSource, count: number, into: Float64Array, base = 0): void {
  if (count === 0) return;
  const head = source.u8();
  const mode = head & 3;
  const width = head >>> 2;
  if (mode === Mode.plain) {
    for (let i = 0; i < count; i++) into[i] = source.f64();
    return;
  }
  const first = base + readSvarint(source);
  const divisor = source.varint();
  const low = readSvarint(source);
  const slope = mode === Mode.line ? readSvarint(source) : 0;
  const packed = mode === Mode.delta ? count - 1 : count;
  readPacked(source, packed, width, into);
  if (mode === Mode.delta) sumUp(into, packed, first, low, divisor);
  else if (slope === 0) for (let i = 0; i < count; i++) into[i] = first + (low + at(into, i)) * divisor;
  else for (let i = 0; i < count; i++) into[i] = first + (low + slope * i + at(into, i)) * divisor;
}

function readPacked(source: ByteSource, count: number, width: number, into: Float64Array): void {
  const exceptions = source.u8();
  const places = source.take(exceptions);
  const high: number[] = [];
  for (let i = 0; i < exceptions; i++) high.push(source.varint());
  const { bytes, at: from } = source.here(packedBytes(count, width));
  unpack(bytes, from, count, width, into);
  for (let i = 0; i < exceptions; i++) {
    const place = at(places, i);
    into[place] = at(into, place) + at(high, i) * 2 ** width;
  }
}

/** From the last to the first place, as each sum moves one place on. */
function sumUp(into: Float64Array, packed: number, first: number, low: number, divisor: number): void {
  let v = 0;
  let next = at(into, 0);
  into[0] = first;
  for (let i = 0; i < packed; i++) {
    v += low + next;
    next = at(into, i + 1);
    into[i + 1] = first + v * divisor;
  }
}
