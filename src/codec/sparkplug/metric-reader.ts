import type { Kind } from './datatype.ts';
import { malformed } from './message-reader.ts';

/** Wire types (Protocol Buffers, encoding). */
const VARINT = 0;
const BITS64 = 1;
const LENGTH = 2;
const BITS32 = 5;

const HIGH = 2 ** 32;

/**
 * Walks over the metrics of a data message without making an object of any. One reader is used again and again: `open`
 * a payload, then `next` until it says false; the fields say what the metric holds until the next call.
 */
export class MetricReader {
  /** Of the payload: ms since 1970; NaN without one. */
  payloadTime = Number.NaN;
  /** Of the payload: -1 without one. */
  seq = -1;
  /** Of the payload: how many metrics there are. */
  metrics = 0;

  bytes: Uint8Array = new Uint8Array(0);
  /** Range of the payload. */
  from = 0;
  to = 0;
  /** Range of the whole metric, for `decodeMetric`. */
  start = 0;
  end = 0;
  /** Range of the name; both 0 without one. */
  nameStart = 0;
  nameEnd = 0;
  hasAlias = false;
  aliasLow = 0;
  aliasHigh = 0;
  /** ms since 1970; NaN without one. */
  time = Number.NaN;
  /** 0 without one. */
  datatype = 0;
  isHistorical = false;
  isNull = false;
  /** Range of the properties; both 0 without any. */
  propertiesStart = 0;
  propertiesEnd = 0;
  /** -1 without a value. */
  kind: Kind | -1 = -1;
  /** Integers and booleans: 32 bits each, unsigned. */
  low = 0;
  high = 0;
  /** Floats and doubles. */
  real = 0;
  /** Range of text, bytes, data sets and templates. */
  valueStart = 0;
  valueEnd = 0;

  #at = 0;
  /** Of the varint read last. */
  #low = 0;
  #high = 0;
  readonly #scratch = new DataView(new ArrayBuffer(8));
  readonly #raw = new Uint8Array(this.#scratch.buffer);

  /**
   * Reads what is of the whole payload; `seq` may stand behind the metrics.
   * @throws Fault `sparkplug.malformed`
   */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.payloadTime = Number.NaN;
    this.seq = -1;
    this.metrics = 0;
    this.#at = start;
    this.from = start;
    this.to = end;
    while (this.#at < end) {
      const tag = this.#small(end);
      if (tag === ((2 << 3) | LENGTH)) {
        this.#at = this.#length(end);
        this.metrics++;
      } else if (tag === ((1 << 3) | VARINT)) this.payloadTime = this.#number(end);
      else if (tag === ((3 << 3) | VARINT)) this.seq = this.#number(end);
      else this.#skip(tag, end);
    }
    this.#at = start;
  }

  /** Moves to the next metric. @throws Fault `sparkplug.malformed`: those before it were whole */
  next(): boolean {
    while (this.#at < this.to) {
      const tag = this.#small(this.to);
      if (tag === ((2 << 3) | LENGTH)) {
        this.#metric();
        return true;
      }
      this.#skip(tag, this.to);
    }
    return false;
  }

  #metric(): void {
    const end = this.#length(this.to);
    this.start = this.#at;
    this.end = end;
    this.nameStart = 0;
    this.nameEnd = 0;
    this.hasAlias = false;
    this.time = Number.NaN;
    this.datatype = 0;
    this.isHistorical = false;
    this.isNull = false;
    this.propertiesStart = 0;
    this.propertiesEnd = 0;
    this.kind = -1;
    while (this.#at < end) this.#field(this.#small(end), end);
    if (this.#at !== end) throw this.#bad('a field ends behind its metric');
  }

  #field(tag: number, end: number): void {
    switch (tag) {
      case (1 << 3) | LENGTH: {
        this.nameEnd = this.#length(end);
        this.nameStart = this.#at;
        this.#at = this.nameEnd;
        return;
      }
      case (2 << 3) | VARINT:
        this.#varint(end);
        this.hasAlias = true;
        this.aliasLow = this.#low;
        this.aliasHigh = this.#high;
        return;
      case (3 << 3) | VARINT:
        this.time = this.#number(end);
        return;
      case (4 << 3) | VARINT:
        this.datatype = this.#small(end);
        return;
      case (5 << 3) | VARINT:
        this.isHistorical = this.#small(end) !== 0;
        return;
      case (7 << 3) | VARINT:
        this.isNull = this.#small(end) !== 0;
        return;
      case (9 << 3) | LENGTH:
        this.propertiesEnd = this.#length(end);
        this.propertiesStart = this.#at;
        this.#at = this.propertiesEnd;
        return;
      default:
        if (tag >> 3 >= 10 && tag >> 3 <= 19) this.#value((tag >> 3) - 10, tag & 7, end);
        else this.#skip(tag, end);
    }
  }

  #value(kind: number, wire: number, end: number): void {
    const wanted = WIRE[kind] as number;
    if (wire !== wanted) throw this.#bad(`a value of wire type ${wire} instead of ${wanted}`);
    this.kind = kind as Kind;
    if (wire === VARINT) {
      this.#varint(end);
      this.low = this.#low;
      this.high = this.#high;
    } else if (wire === LENGTH) {
      this.valueEnd = this.#length(end);
      this.valueStart = this.#at;
      this.#at = this.valueEnd;
    } else {
      const size = wire === BITS32 ? 4 : 8;
      this.#need(size, end);
      for (let i = 0; i < size; i++) this.#raw[i] = this.bytes[this.#at + i] as number;
      this.real = wire === BITS32 ? this.#scratch.getFloat32(0, true) : this.#scratch.getFloat64(0, true);
      this.#at += size;
    }
  }

  /** Position behind what a length announces; the position itself is then at its start. */
  #length(end: number): number {
    const size = this.#small(end);
    if (size > end - this.#at) throw this.#bad(`${size} bytes announced, and fewer there`);
    return this.#at + size;
  }

  #skip(tag: number, end: number): void {
    const wire = tag & 7;
    if (tag >>> 3 === 0) throw this.#bad('a field of number 0');
    if (wire === VARINT) this.#varint(end);
    else if (wire === LENGTH) this.#at = this.#length(end);
    else if (wire === BITS64 || wire === BITS32) {
      const size = wire === BITS32 ? 4 : 8;
      this.#need(size, end);
      this.#at += size;
    } else throw this.#bad(`a field of wire type ${wire}`);
  }

  #need(size: number, end: number): void {
    if (size > end - this.#at) throw this.#bad('it ends too early');
  }

  /** A varint of which the lower 32 bits count: tags, lengths, flags. */
  #small(end: number): number {
    const byte = this.bytes[this.#at] as number;
    if (this.#at < end && byte < 0x80) {
      this.#at++;
      return byte;
    }
    this.#varint(end);
    return this.#low;
  }

  /** Exact up to 2^53. */
  #number(end: number): number {
    this.#varint(end);
    return this.#high * HIGH + this.#low;
  }

  #varint(end: number): void {
    const { bytes } = this;
    let at = this.#at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw this.#bad('it ends inside a number');
      const byte = bytes[at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        this.#at = at;
        return;
      }
    }
    throw this.#bad('a number of more than ten bytes');
  }

  #bad(what: string) {
    return malformed(`${what}, at byte ${this.#at}`);
  }
}

/** Wire type of each kind of value. */
const WIRE: readonly number[] = [
  VARINT,
  VARINT,
  BITS32,
  BITS64,
  VARINT,
  LENGTH,
  LENGTH,
  LENGTH,
  LENGTH,
  LENGTH,
];

/** A 64-bit integer from its halves. */
export const bits64 = (low: number, high: number): bigint => (BigInt(high) << 32n) | BigInt(low);

/** Of its own memory: `slice` of a Buffer would go on using that of the socket. */
export const copy = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.subarray(start, end));
