import { Fault } from '#kernel/fault.ts';
import type { ByteSink, ByteSource } from './bytes.ts';
import { readPlanes, unzigzag, writePlanes, zigzag } from './planes.ts';

/** Modes 0 to 9 are decimal exponents. */
const MAX_EXPONENT = 9;
const SINGLE = 16;
const DOUBLE = 17;
/** Added and taken away again it leaves the nearest integer, below 2^51; beyond it nothing fits 32 bits anyway. */
const NEAREST = 1.5 * 2 ** 52;
const POWERS = Array.from({ length: MAX_EXPONENT + 1 }, (_, exponent) => 10 ** exponent);

/** Coding `values`: most sensors give few decimals or single floats, and both are far shorter than a double. */
export class ValueWriter {
  #ints = new Uint32Array(0);
  #singles = new Uint32Array(0);
  #high = new Uint32Array(0);
  #low = new Uint32Array(0);
  readonly #single = new Float32Array(1);
  readonly #singleBits = new Uint32Array(this.#single.buffer);
  #intCount = 0;
  #singleCount = 0;
  #doubleCount = 0;

  /** @param ends for each run the row after its last; values are sorted into runs */
  write(sink: ByteSink, values: Float64Array<ArrayBuffer>, ends: Uint32Array): void {
    this.#reserve(values.length);
    const modes = sink.room(ends.length);
    for (let run = 0, from = 0; run < ends.length; run++) {
      const to = ends[run] as number;
      modes[run] = this.#run(values, from, to);
      from = to;
    }
    writePlanes(sink, this.#ints, this.#intCount);
    writePlanes(sink, this.#singles, this.#singleCount);
    writePlanes(sink, this.#high, this.#doubleCount);
    writePlanes(sink, this.#low, this.#doubleCount);
  }

  #reserve(rows: number): void {
    this.#intCount = this.#singleCount = this.#doubleCount = 0;
    if (this.#ints.length >= rows) return;
    this.#ints = new Uint32Array(rows);
    this.#singles = new Uint32Array(rows);
    this.#high = new Uint32Array(rows);
    this.#low = new Uint32Array(rows);
  }

  #run(values: Float64Array<ArrayBuffer>, from: number, to: number): number {
    const exponent = this.#decimal(values, from, to);
    if (exponent !== undefined) return exponent;
    for (let i = from; i < to; i++) {
      if (Math.fround(values[i] as number) !== (values[i] as number)) return this.#double(values, from, to);
    }
    return this.#float(values, from, to);
  }

  /**
   * Smallest number of decimals that gives back every value exactly; undefined, and nothing written, where there is none.
   * A value that needs more than those before it, mostly one of the first, begins the run anew.
   */
  #decimal(values: Float64Array, from: number, to: number): number | undefined {
    const ints = this.#ints;
    const shift = this.#intCount - from;
    let exponent = 0;
    let power = 1;
    let before = 0;
    for (let i = from; i < to; i++) {
      const value = values[i] as number;
      const int = nearest(value * power);
      if (givesBack(value, int, power)) {
        ints[shift + i] = zigzag((int - before) | 0);
        before = int;
        continue;
      }
      const needed = decimalsOf(value, exponent + 1);
      if (needed === undefined) return undefined;
      exponent = needed;
      power = POWERS[exponent] as number;
      before = 0;
      i = from - 1;
    }
    this.#intCount = shift + to;
    return exponent;
  }

  #float(values: Float64Array, from: number, to: number): number {
    let before = 0;
    for (let i = from; i < to; i++) {
      this.#single[0] = values[i] as number;
      const word = this.#singleBits[0] as number;
      this.#singles[this.#singleCount++] = word ^ before;
      before = word;
    }
    return SINGLE;
  }

  #double(values: Float64Array<ArrayBuffer>, from: number, to: number): number {
    const halves = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    let low = 0;
    let high = 0;
    for (let i = from; i < to; i++) {
      const n = this.#doubleCount++;
      this.#low[n] = (halves[2 * i] as number) ^ low;
      this.#high[n] = (halves[2 * i + 1] as number) ^ high;
      low = halves[2 * i] as number;
      high = halves[2 * i + 1] as number;
    }
    return DOUBLE;
  }
}

const nearest = (scaled: number): number => (scaled + NEAREST - NEAREST) | 0;

/** −0 would come back as 0. */
const givesBack = (value: number, int: number, power: number): boolean =>
  int / power === value && (int !== 0 || 1 / value > 0);

/** Smallest number of decimals, of so many or more, that gives back this value exactly; undefined where there is none. */
function decimalsOf(value: number, atLeast: number): number | undefined {
  for (let exponent = atLeast; exponent <= MAX_EXPONENT; exponent++) {
    const power = POWERS[exponent] as number;
    if (givesBack(value, nearest(value * power), power)) return exponent;
  }
  return undefined;
}

/** @throws Fault `journal.truncated`, `journal.bad-value` */
export function readValues(source: ByteSource, ends: Uint32Array): Float64Array<ArrayBuffer> {
  const modes = source.take(ends.length);
  const lengths = { ints: 0, singles: 0, doubles: 0 };
  for (let run = 0, from = 0; run < ends.length; run++) {
    lengths[streamOf(modes[run] as number)] += (ends[run] as number) - from;
    from = ends[run] as number;
  }
  const streams = {
    ints: readPlanes(source, lengths.ints),
    singles: readPlanes(source, lengths.singles),
    high: readPlanes(source, lengths.doubles),
    low: readPlanes(source, lengths.doubles),
  };
  return joinRuns(modes, ends, streams);
}

type Streams = { readonly [name in 'ints' | 'singles' | 'high' | 'low']: Uint32Array };

function joinRuns(modes: Uint8Array, ends: Uint32Array, streams: Streams): Float64Array<ArrayBuffer> {
  const values = new Float64Array(ends.length === 0 ? 0 : (ends[ends.length - 1] as number));
  const next = { ints: 0, singles: 0, doubles: 0 };
  for (let run = 0, from = 0; run < ends.length; run++) {
    const into = values.subarray(from, ends[run] as number);
    const mode = modes[run] as number;
    const stream = streamOf(mode);
    if (stream === 'ints') joinInts(into, streams.ints.subarray(next.ints), POWERS[mode] as number);
    else if (stream === 'singles') joinSingles(into, streams.singles.subarray(next.singles));
    else joinDoubles(into, streams.high.subarray(next.doubles), streams.low.subarray(next.doubles));
    next[stream] += into.length;
    from = ends[run] as number;
  }
  return values;
}

function streamOf(mode: number): 'ints' | 'singles' | 'doubles' {
  if (mode <= MAX_EXPONENT) return 'ints';
  if (mode === SINGLE) return 'singles';
  if (mode === DOUBLE) return 'doubles';
  throw new Fault('journal.bad-value', `a run of values has the unknown mode ${mode}`, { retry: 'never' });
}

function joinInts(into: Float64Array, words: Uint32Array, power: number): void {
  let int = 0;
  for (let i = 0; i < into.length; i++) {
    int = (int + unzigzag(words[i] as number)) | 0;
    into[i] = int / power;
  }
}

function joinSingles(into: Float64Array, words: Uint32Array): void {
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  for (let i = 0; i < into.length; i++) {
    bits[0] = (bits[0] as number) ^ (words[i] as number);
    into[i] = single[0] as number;
  }
}

function joinDoubles(into: Float64Array<ArrayBuffer>, high: Uint32Array, low: Uint32Array): void {
  const halves = new Uint32Array(into.buffer, into.byteOffset, into.length * 2);
  for (let i = 0; i < into.length; i++) {
    halves[2 * i] = (low[i] as number) ^ (i === 0 ? 0 : (halves[2 * i - 2] as number));
    halves[2 * i + 1] = (high[i] as number) ^ (i === 0 ? 0 : (halves[2 * i - 1] as number));
  }
}
