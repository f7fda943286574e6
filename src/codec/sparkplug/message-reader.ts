import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Fault, messageOf } from '#kernel/fault.ts';

const { Varint, Bit64, LengthDelimited, Bit32 } = WireType;

/** What one payload may make of its bytes: a metric, a cell and a string of two bytes each take fifty in memory. */
export interface DecodeLimits {
  /** Metrics, those of templates included. */
  readonly metrics: number;
  /** Messages in messages; a template in a template is two. */
  readonly depth: number;
  /** Cells of data sets, properties and parameters, all together. */
  readonly cells: number;
  /** Bytes of one name or text. */
  readonly textBytes: number;
}

const LIMITS: DecodeLimits = { metrics: 100_000, depth: 32, cells: 200_000, textBytes: 1024 * 1024 };

/** Reads messages field by field, within limits, and knows where it is when something is wrong. */
export class MessageReader {
  readonly #in: BinaryReader;
  readonly #limits: DecodeLimits;
  /** Messages around the one being read, for the fault. */
  readonly #path: string[] = [];
  #depth = 0;
  #metrics = 0;
  #cells = 0;

  constructor(bytes: Uint8Array, limits: Partial<DecodeLimits> = {}) {
    this.#in = new BinaryReader(bytes);
    this.#limits = { ...LIMITS, ...limits };
  }

  get length(): number {
    return this.#in.len;
  }

  /** @throws Fault `sparkplug.malformed` for whatever the work throws */
  guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      const where = this.#path.length > 0 ? ` in ${this.#path.join('.')}` : '';
      const at = Math.min(this.#in.pos, this.#in.len);
      throw malformed(`${messageOf(cause)}${where}, at byte ${at} of ${this.#in.len}`, cause);
    }
  }

  countMetric(): void {
    if (++this.#metrics > this.#limits.metrics) throw above('metrics', this.#limits.metrics);
  }

  /** A field that nobody knows. As strict as `MetricReader`: births and data must not differ in what is a payload. */
  skip(wire: WireType, field: number): void {
    if (wire === Varint) this.#in.uint64();
    else if (wire === LengthDelimited || wire === Bit64 || wire === Bit32) this.#in.skip(wire, field);
    else throw new TypeError(`a field of wire type ${wire}`);
  }

  float(wire: WireType): number {
    expect(wire, Bit32);
    return this.#in.float();
  }

  double(wire: WireType): number {
    expect(wire, Bit64);
    return this.#in.double();
  }

  fields(end: number, field: (number: number, wire: WireType) => void): void {
    while (this.#in.pos < end) field(...this.#in.tag());
    if (this.#in.pos !== end) throw new RangeError('a field ends behind the message that it is in');
  }

  nested<T>(wire: WireType, name: string, read: (end: number) => T): T {
    expect(wire, LengthDelimited);
    const size = this.#in.uint32();
    const end = this.#in.pos + size;
    this.#path.push(name);
    if (end > this.#in.len) throw new RangeError(`${size} bytes announced, and fewer there`);
    if (++this.#depth > this.#limits.depth) throw above('levels', this.#limits.depth);
    const value = read(end);
    this.#depth--;
    this.#path.pop();
    return value;
  }

  cell<T>(read: () => T): T {
    if (++this.#cells > this.#limits.cells) throw above('cells and properties', this.#limits.cells);
    return read();
  }

  uint32(wire: WireType): number {
    expect(wire, Varint);
    return this.#in.uint32();
  }

  /** One of a repeated field, or all of them packed. */
  uint32s(wire: WireType, into: number[]): void {
    if (wire === Varint) into.push(this.cell(() => this.#in.uint32()));
    else {
      this.nested(wire, 'types', (end) => {
        while (this.#in.pos < end) into.push(this.cell(() => this.#in.uint32()));
      });
    }
  }

  uint64(wire: WireType): bigint {
    expect(wire, Varint);
    return BigInt(this.#in.uint64());
  }

  flag(wire: WireType): boolean {
    expect(wire, Varint);
    return this.#in.bool();
  }

  bytes(wire: WireType): Uint8Array {
    expect(wire, LengthDelimited);
    return this.#in.bytes();
  }

  text(wire: WireType): string {
    expect(wire, LengthDelimited);
    const from = this.#in.pos;
    const size = this.#in.uint32();
    if (size > this.#limits.textBytes) throw above('bytes of text', this.#limits.textBytes);
    this.#in.pos = from;
    return this.#in.string();
  }
}

function expect(wire: WireType, wanted: WireType): void {
  if (wire !== wanted) throw new TypeError(`a field of wire type ${wire} instead of ${wanted}`);
}

const above = (what: string, limit: number): RangeError => new RangeError(`more than ${limit} ${what}`);

/** @param what is wrong, and where */
export const malformed = (what: string, cause?: unknown): Fault =>
  new Fault('sparkplug.malformed', `no Sparkplug payload: ${what}`, {
    hint: 'Does the node publish Sparkplug B (spBv1.0) in protobuf, uncompressed?',
    cause,
  });
