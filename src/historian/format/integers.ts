import type { ByteSink, ByteSource } from '#journal/bytes.ts';
import { bitLength, pack, packedBytes, unpack } from './bits.ts';

/* Coding `integers` of docs/formats/historian.md: times, scaled decimals and bits of floats all end here. */

const Mode = { raw: 0, delta: 1, line: 2, plain: 3 } as const;
/** Rows of a block; also the most that this coding takes. */
export const BLOCK_ROWS = 256;
/** Differences of differences of such numbers are still exact in a double. */
const LARGEST = 2 ** 51;
const MAX_EXCEPTIONS = 255;
const SMALL = 2 ** 31 - 1;

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
    const first = (numbers[0] as number) - base;
    const divisor = this.#spread(numbers, count, base);
    if (divisor === undefined) {
      sink.u8(Mode.plain);
      for (let i = 0; i < count; i++) sink.f64(numbers[i] as number);
      return;
    }
    const slope = this.#slope(count);
    const { raw, delta, line } = { raw: this.#raw, delta: this.#delta, line: this.#line };
    this.#differences(count, slope);
    this.#measure(delta, count - 1);
    if (delta.bits === 0) {
      this.#put(sink, Mode.delta, delta, count - 1, [first, divisor]);
      return;
    }
    this.#measure(raw, count);
    this.#measure(line, count);
    if (delta.bits <= raw.bits && delta.bits <= line.bits + 16) {
      this.#put(sink, Mode.delta, delta, count - 1, [first, divisor]);
    } else if (raw.bits <= line.bits + 16) this.#put(sink, Mode.raw, raw, count, [first, divisor]);
    else this.#put(sink, Mode.line, line, count, [first, divisor, slope]);
  }

  /** Fills `raw` with v; undefined where a number is too large for exact differences. @returns g */
  #spread(numbers: Float64Array, count: number, base: number): number | undefined {
    const { rest } = this.#raw;
    const first = numbers[0] as number;
    if (!(Math.abs(first - base) <= LARGEST)) return undefined;
    let divisor = 0;
    for (let i = 0; i < count; i++) {
      const n = numbers[i] as number;
      if (!(Math.abs(n - base) <= LARGEST)) return undefined;
      const v = n - first;
      rest[i] = v;
      if (divisor !== 1 && v !== 0) divisor = commonDivisor(Math.abs(v), divisor);
    }
    if (divisor <= 1) return 1;
    for (let i = 0; i < count; i++) rest[i] = (rest[i] as number) / divisor;
    return divisor;
  }

  #slope(count: number): number {
    return count < 2 ? 0 : Math.round((this.#raw.rest[count - 1] as number) / (count - 1));
  }

  #differences(count: number, slope: number): void {
    const v = this.#raw.rest;
    for (let i = 1; i < count; i++) this.#delta.rest[i - 1] = (v[i] as number) - (v[i - 1] as number);
    for (let i = 0; i < count; i++) this.#line.rest[i] = (v[i] as number) - slope * i;
  }

  /** Takes the smallest off and finds the width at which bits and exceptions together are fewest. */
  #measure(plan: Plan, count: number): void {
    const { rest } = plan;
    let low = count === 0 ? 0 : (rest[0] as number);
    for (let i = 1; i < count; i++) if ((rest[i] as number) < low) low = rest[i] as number;
    const lengths = this.#lengths.fill(0);
    let most = 0;
    for (let i = 0; i < count; i++) {
      const u = (rest[i] as number) - low;
      rest[i] = u;
      const bits = bitLength(u);
      lengths[bits] = (lengths[bits] as number) + 1;
      if (bits > most) most = bits;
    }
    plan.low = low;
    plan.width = most;
    plan.bits = most * count;
    for (let width = most - 1, above = 0; width >= 0; width--) {
      above += lengths[width + 1] as number;
      // Each takes sixteen bits at least, and there are only more of them further down.
      if (above > MAX_EXCEPTIONS || 16 * above >= plan.bits) break;
      let bits = width * count;
      for (let b = width + 1; b <= most; b++)
        bits += (lengths[b] as number) * (8 + 8 * Math.ceil((b - width) / 7));
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
      if ((rest[i] as number) < above) continue;
      sink.u8(i);
      n++;
    }
    sink.setU8(exceptions, n);
    for (let i = 0; n > 0 && i < count; i++) {
      if ((rest[i] as number) >= above) sink.varint(Math.floor((rest[i] as number) / above));
    }
    pack(sink, rest, count, width);
  }
}

function commonDivisor(a: number, b: number): number {
  // The remainder of small integers is an instruction, that of doubles a function.
  if (a <= SMALL && b <= SMALL) return smallDivisor(a | 0, b | 0);
  let x = a;
  let y = b;
  while (y !== 0) {
    const rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}

function smallDivisor(a: number, b: number): number {
  let x = a | 0;
  let y = b | 0;
  while (y !== 0) {
    const rest = (x % y) | 0;
    x = y;
    y = rest;
  }
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
  else if (slope === 0)
    for (let i = 0; i < count; i++) into[i] = first + (low + (into[i] as number)) * divisor;
  else for (let i = 0; i < count; i++) into[i] = first + (low + slope * i + (into[i] as number)) * divisor;
}

function readPacked(source: ByteSource, count: number, width: number, into: Float64Array): void {
  const exceptions = source.u8();
  if (exceptions === 0) {
    unpackHere(source, count, width, into);
    return;
  }
  const places = source.take(exceptions);
  const high: number[] = [];
  for (let i = 0; i < exceptions; i++) high.push(source.varint());
  unpackHere(source, count, width, into);
  for (let i = 0; i < exceptions; i++) {
    const place = places[i] as number;
    into[place] = (into[place] as number) + (high[i] as number) * 2 ** width;
  }
}

function unpackHere(source: ByteSource, count: number, width: number, into: Float64Array): void {
  const { bytes, at: from } = source.here(packedBytes(count, width));
  unpack(bytes, from, count, width, into);
}

/** Number at a place when all steps are equal, as in regular times; undefined when that takes reading them all. */
export function readRegular(source: ByteSource, place: number, base: number): number | undefined {
  if (source.u8() !== Mode.delta) return undefined;
  const first = base + readSvarint(source);
  const divisor = source.varint();
  const low = readSvarint(source);
  return source.u8() === 0 ? first + place * low * divisor : undefined;
}

/** In place: each step is taken up before the sum that moves one place on is put there. */
function sumUp(into: Float64Array, packed: number, first: number, low: number, divisor: number): void {
  let v = 0;
  let next = into[0] as number;
  into[0] = first;
  for (let i = 0; i < packed; i++) {
    v += low + next;
    next = into[i + 1] as number;
    into[i + 1] = first + v * divisor;
  }
}
