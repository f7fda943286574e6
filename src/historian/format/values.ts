import type { ByteSink, ByteSource } from '#journal/bytes.ts';
import { Fault } from '#kernel/fault.ts';
import { BLOCK_ROWS, IntegerWriter, readIntegers } from './integers.ts';

/* Coding `values` of docs/formats/historian.md. */

/** 10^15 is the last power for which sixteen digits, all that a double tells apart, stay exact integers. */
const MAX_EXPONENT = 15;
const SINGLE = 16;
const DOUBLE = 17;
export const POWERS = Float64Array.from({ length: MAX_EXPONENT + 1 }, (_, exponent) => 10 ** exponent);
const MAX_ODD = 16;
const SIGN = 0x7fffffff;

export class ValueWriter {
  readonly #integers = new IntegerWriter();
  readonly #scaled = new Float64Array(BLOCK_ROWS);
  readonly #odd: number[] = [];
  readonly #doubles = new Float64Array(BLOCK_ROWS);
  readonly #words = new Int32Array(this.#doubles.buffer);
  readonly #single = new Float32Array(1);
  readonly #singleBits = new Int32Array(this.#single.buffer);

  /** @returns exponent of the decimals when every value came out as one, otherwise undefined */
  write(sink: ByteSink, values: Float64Array, count: number): number | undefined {
    const exponent = this.#decimal(values, count);
    if (exponent !== undefined) {
      sink.u8(exponent);
      sink.u8(this.#odd.length);
      for (const place of this.#odd) sink.u8(place);
      for (const place of this.#odd) sink.f64(values[place] as number);
      this.#integers.write(sink, this.#scaled, count);
      return this.#odd.length === 0 ? exponent : undefined;
    }
    if (isSingle(values, count)) this.#writeSingles(sink, values, count);
    else this.#writeDoubles(sink, values, count);
    return undefined;
  }

  /** Scales to whole numbers, smallest exponent first; those that do not fit are odd. Undefined: too many are. */
  #decimal(values: Float64Array, count: number): number | undefined {
    let exponent = 0;
    let odd = 0;
    for (let i = 0; i < count; i++) {
      const needed = exponentOf(values[i] as number, exponent);
      if (needed !== undefined) exponent = needed;
      else if (++odd > MAX_ODD) return undefined;
    }
    this.#odd.length = 0;
    const power = POWERS[exponent] as number;
    let before = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i] as number;
      const whole = Math.round(value * power);
      // Looked at again: with a larger exponent than its own a large value may not fit any more.
      if (whole / power === value && isPlain(value, whole)) before = whole;
      else if (this.#odd.push(i) > MAX_ODD) return undefined;
      this.#scaled[i] = before;
    }
    return exponent;
  }

  #writeSingles(sink: ByteSink, values: Float64Array, count: number): void {
    sink.u8(SINGLE);
    for (let i = 0; i < count; i++) {
      this.#single[0] = values[i] as number;
      this.#scaled[i] = ordered(this.#singleBits[0] as number);
    }
    this.#integers.write(sink, this.#scaled, count);
  }

  #writeDoubles(sink: ByteSink, values: Float64Array, count: number): void {
    sink.u8(DOUBLE);
    for (let i = 0; i < count; i++) this.#doubles[i] = values[i] as number;
    for (let i = 0; i < count; i++) this.#scaled[i] = ordered(this.#words[2 * i + 1] as number);
    this.#integers.write(sink, this.#scaled, count);
    for (let i = 0; i < count; i++) this.#scaled[i] = (this.#words[2 * i] as number) >>> 0;
    this.#integers.write(sink, this.#scaled, count);
  }
}

/** −0 would come back as 0; beyond 2^53 not every whole number is a double. */
const isPlain = (value: number, whole: number): boolean =>
  Math.abs(whole) <= Number.MAX_SAFE_INTEGER && !(value === 0 && 1 / value < 0);

function exponentOf(value: number, atLeast: number): number | undefined {
  for (let exponent = atLeast; exponent <= MAX_EXPONENT; exponent++) {
    const whole = Math.round(value * (POWERS[exponent] as number));
    if (whole / (POWERS[exponent] as number) === value) return isPlain(value, whole) ? exponent : undefined;
    if (!(Math.abs(whole) <= Number.MAX_SAFE_INTEGER)) return undefined;
  }
  return undefined;
}

function isSingle(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++)
    if (Math.fround(values[i] as number) !== (values[i] as number)) return false;
  return true;
}

/** Bits of a float as a whole number that rises with its value; its own reverse. */
const ordered = (bits: number): number => (bits < 0 ? -1 - (bits & SIGN) : bits);
const bitsOf = (n: number): number => (n < 0 ? (-1 - n) | ~SIGN : n);

/** Scratch of a reader, shared within a thread: nothing is kept between two calls. */
const words = new Float64Array(BLOCK_ROWS);
const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);
const doubles = new Float64Array(BLOCK_ROWS);
const doubleWords = new Int32Array(doubles.buffer);

/** Reads `count` values into the beginning of `into`. @throws Fault `journal.truncated`, `historian.bad-value` */
export function readValues(source: ByteSource, count: number, into: Float64Array): void {
  if (count === 0) return;
  const kind = source.u8();
  if (kind <= MAX_EXPONENT) readDecimals(source, count, POWERS[kind] as number, into);
  else if (kind === SINGLE) {
    readIntegers(source, count, words);
    for (let i = 0; i < count; i++) {
      singleBits[0] = bitsOf(words[i] as number);
      into[i] = single[0] as number;
    }
  } else if (kind === DOUBLE) {
    readIntegers(source, count, words);
    for (let i = 0; i < count; i++) doubleWords[2 * i + 1] = bitsOf(words[i] as number);
    readIntegers(source, count, words);
    for (let i = 0; i < count; i++) doubleWords[2 * i] = (words[i] as number) | 0;
    for (let i = 0; i < count; i++) into[i] = doubles[i] as number;
  } else {
    throw new Fault('historian.bad-value', `values have the unknown coding ${kind}`, { retry: 'never' });
  }
}

function readDecimals(source: ByteSource, count: number, power: number, into: Float64Array): void {
  const odd = source.u8();
  const places = source.take(odd);
  const exact: number[] = [];
  for (let i = 0; i < odd; i++) exact.push(source.f64());
  readIntegers(source, count, into);
  if (power !== 1) for (let i = 0; i < count; i++) into[i] = (into[i] as number) / power;
  for (let i = 0; i < odd; i++) into[places[i] as number] = exact[i] as number;
}
