import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Fault, messageOf } from '#kernel/fault.ts';
import { Kind } from './datatype.ts';
import type {
  DataSet,
  MetaData,
  Metric,
  Parameter,
  Payload,
  Plain,
  Property,
  PropertySet,
  Template,
} from './payload.ts';
import { type Raw, typed } from './value.ts';

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

export interface DecodeOptions {
  readonly limits?: Partial<DecodeLimits>;
  /** For metrics of data messages, which bring no data type: that of their birth. */
  readonly datatypeOf?: (name: string | undefined, alias: bigint | undefined) => number | undefined;
}

/**
 * A value whose data type is not known is given as it was sent: unsigned.
 * @throws Fault `sparkplug.malformed` when the bytes are no payload, or above a limit
 */
export function decodePayload(bytes: Uint8Array, options: DecodeOptions = {}): Payload {
  return new Decoder(bytes, options).guarded((decoder) => decoder.payload());
}

/** The bytes of one `Payload.Metric`. @throws Fault `sparkplug.malformed` */
export function decodeMetric(bytes: Uint8Array, options: DecodeOptions = {}): Metric {
  return new Decoder(bytes, options).guarded((decoder) => decoder.metric(bytes.length));
}

/** The bytes of one `Payload.PropertySet`. @throws Fault `sparkplug.malformed` */
export function decodeProperties(bytes: Uint8Array, options: DecodeOptions = {}): PropertySet {
  return new Decoder(bytes, options).guarded((decoder) => decoder.propertySet(bytes.length));
}

/** Objects while they are filled. */
type Filled<T> = { -readonly [K in keyof T]: T[K] };

class Decoder {
  readonly #in: BinaryReader;
  readonly #limits: DecodeLimits;
  readonly #datatypeOf: NonNullable<DecodeOptions['datatypeOf']>;
  /** Messages around the one being read, for the fault. */
  readonly #path: string[] = [];
  #depth = 0;
  #metrics = 0;
  #cells = 0;

  constructor(bytes: Uint8Array, { limits, datatypeOf }: DecodeOptions) {
    this.#in = new BinaryReader(bytes);
    this.#limits = { ...LIMITS, ...limits };
    this.#datatypeOf = datatypeOf ?? (() => undefined);
  }

  guarded<T>(read: (decoder: this) => T): T {
    try {
      return read(this);
    } catch (cause) {
      const where = this.#path.length > 0 ? ` in ${this.#path.join('.')}` : '';
      const at = Math.min(this.#in.pos, this.#in.len);
      throw malformed(`${messageOf(cause)}${where}, at byte ${at} of ${this.#in.len}`, cause);
    }
  }

  payload(): Payload {
    const metrics: Metric[] = [];
    const payload: Filled<Payload> = { metrics };
    this.#fields(this.#in.len, (field, wire) => {
      switch (field) {
        case 1:
          payload.timestamp = Number(this.#uint64(wire));
          return;
        case 2:
          metrics.push(this.#nested(wire, `metrics[${metrics.length}]`, (end) => this.metric(end)));
          return;
        case 3:
          payload.seq = Number(this.#uint64(wire));
          return;
        case 4:
          payload.uuid = this.#text(wire);
          return;
        case 5:
          payload.body = this.#bytes(wire);
          return;
        default:
          this.#in.skip(wire, field);
      }
    });
    return payload;
  }

  metric(end: number): Metric {
    if (++this.#metrics > this.#limits.metrics) throw above('metrics', this.#limits.metrics);
    const metric: Filled<Metric> = {};
    let kind: Kind | undefined;
    let raw: Raw | undefined;
    this.#fields(end, (field, wire) => {
      switch (field) {
        case 1:
          metric.name = this.#text(wire);
          return;
        case 2:
          metric.alias = this.#uint64(wire);
          return;
        case 3:
          metric.timestamp = Number(this.#uint64(wire));
          return;
        case 4:
          metric.datatype = this.#uint32(wire);
          return;
        case 5:
          metric.isHistorical = this.#flag(wire);
          return;
        case 6:
          metric.isTransient = this.#flag(wire);
          return;
        case 7:
          metric.isNull = this.#flag(wire);
          return;
        case 8:
          metric.metadata = this.#nested(wire, 'metadata', (to) => this.#metaData(to));
          return;
        case 9:
          metric.properties = this.#nested(wire, 'properties', (to) => this.propertySet(to));
          return;
        default:
          if (field < 10 || field > 19) {
            this.#in.skip(wire, field);
            return;
          }
          kind = (field - 10) as Kind;
          raw = this.#value(kind, wire);
      }
    });
    if (kind === undefined || raw === undefined) return metric;
    const datatype = metric.datatype ?? this.#datatypeOf(metric.name, metric.alias);
    const value = datatype === undefined ? raw : typed(datatype, kind, raw);
    if (value !== undefined) metric.value = value;
    return metric;
  }

  propertySet(end: number): PropertySet {
    const keys: string[] = [];
    const values: Property[] = [];
    this.#fields(end, (field, wire) => {
      if (field === 1) keys.push(this.#cell(() => this.#text(wire)));
      else if (field === 2) values.push(this.#nested(wire, 'property', (to) => this.#property(to)));
      else this.#in.skip(wire, field);
    });
    if (keys.length !== values.length) {
      throw new RangeError(`${keys.length} keys and ${values.length} values`);
    }
    return new Map(keys.map((key, i) => [key, values[i] as Property]));
  }

  #property(end: number): Property {
    const property: Filled<Property> = { type: 0 };
    let kind: Kind | undefined;
    let raw: Raw | undefined;
    this.#fields(end, (field, wire) => {
      if (field === 1) property.type = this.#uint32(wire);
      else if (field === 2) property.isNull = this.#flag(wire);
      else if (field >= 3 && field <= 8) {
        kind = (field - 3) as Kind;
        raw = this.#value(kind, wire);
      } else if (field === 9) {
        kind = Kind.propertySet;
        raw = this.#nested(wire, 'set', (to) => this.propertySet(to));
      } else if (field === 10) {
        kind = Kind.propertySets;
        raw = this.#nested(wire, 'sets', (to) => this.#propertySets(to));
      } else this.#in.skip(wire, field);
    });
    if (kind === undefined || raw === undefined) return property;
    const value = typed(property.type, kind, raw);
    if (value !== undefined) property.value = value as NonNullable<Property['value']>;
    return property;
  }

  #propertySets(end: number): PropertySet[] {
    const sets: PropertySet[] = [];
    this.#fields(end, (field, wire) => {
      if (field === 1) {
        sets.push(this.#cell(() => this.#nested(wire, `${sets.length}`, (to) => this.propertySet(to))));
      } else this.#in.skip(wire, field);
    });
    return sets;
  }

  #metaData(end: number): MetaData {
    const meta: Filled<MetaData> = {};
    this.#fields(end, (field, wire) => {
      if (field === 1) meta.isMultiPart = this.#flag(wire);
      else if (field === 2) meta.contentType = this.#text(wire);
      else if (field === 3) meta.size = this.#uint64(wire);
      else if (field === 4) meta.seq = this.#uint64(wire);
      else if (field === 5) meta.fileName = this.#text(wire);
      else if (field === 6) meta.fileType = this.#text(wire);
      else if (field === 7) meta.md5 = this.#text(wire);
      else if (field === 8) meta.description = this.#text(wire);
      else this.#in.skip(wire, field);
    });
    return meta;
  }

  #template(end: number): Template {
    const metrics: Metric[] = [];
    const parameters: Parameter[] = [];
    const template: Filled<Template> = { metrics };
    this.#fields(end, (field, wire) => {
      if (field === 1) template.version = this.#text(wire);
      else if (field === 2) {
        metrics.push(this.#nested(wire, `metrics[${metrics.length}]`, (to) => this.metric(to)));
      } else if (field === 3) {
        parameters.push(this.#cell(() => this.#nested(wire, 'parameter', (to) => this.#parameter(to))));
      } else if (field === 4) template.templateRef = this.#text(wire);
      else if (field === 5) template.isDefinition = this.#flag(wire);
      else this.#in.skip(wire, field);
    });
    if (parameters.length > 0) template.parameters = parameters;
    return template;
  }

  #parameter(end: number): Parameter {
    const parameter: Filled<Parameter> = { name: '', type: 0 };
    let kind: Kind | undefined;
    let raw: Raw | undefined;
    this.#fields(end, (field, wire) => {
      if (field === 1) parameter.name = this.#text(wire);
      else if (field === 2) parameter.type = this.#uint32(wire);
      else if (field >= 3 && field <= 8) {
        kind = (field - 3) as Kind;
        raw = this.#value(kind, wire);
      } else this.#in.skip(wire, field);
    });
    if (kind === undefined || raw === undefined) return parameter;
    const value = typed(parameter.type, kind, raw);
    if (value !== undefined) parameter.value = value as Plain;
    return parameter;
  }

  /** Undefined where its columns, types and cells do not agree: no value, as against no payload. */
  #dataSet(end: number): DataSet | undefined {
    const columns: string[] = [];
    const types: number[] = [];
    const rows: (readonly Cell[])[] = [];
    let count = 0;
    this.#fields(end, (field, wire) => {
      if (field === 1) count = Number(this.#uint64(wire));
      else if (field === 2) columns.push(this.#cell(() => this.#text(wire)));
      else if (field === 3) this.#uint32s(wire, types);
      else if (field === 4) {
        rows.push(this.#cell(() => this.#nested(wire, `rows[${rows.length}]`, (to) => this.#row(to))));
      } else this.#in.skip(wire, field);
    });
    const agrees =
      columns.length === count && types.length === count && rows.every((row) => row.length === count);
    if (!agrees) return undefined;
    return { columns, types, rows: rows.map((row) => row.map((cell, i) => cellValue(types[i] ?? 0, cell))) };
  }

  #row(end: number): Cell[] {
    const cells: Cell[] = [];
    this.#fields(end, (field, wire) => {
      if (field === 1) cells.push(this.#cell(() => this.#nested(wire, 'cell', (to) => this.#cellAt(to))));
      else this.#in.skip(wire, field);
    });
    return cells;
  }

  #cellAt(end: number): Cell {
    let cell: Cell;
    this.#fields(end, (field, wire) => {
      const kind = (field - 1) as Kind;
      if (kind > Kind.string) this.#in.skip(wire, field);
      else cell = { kind, raw: this.#value(kind, wire) as Raw };
    });
    return cell;
  }

  #value(kind: Kind, wire: WireType): Raw | undefined {
    switch (kind) {
      case Kind.int:
        return this.#uint32(wire);
      case Kind.long:
        return this.#uint64(wire);
      case Kind.float:
        expect(wire, Bit32);
        return this.#in.float();
      case Kind.double:
        expect(wire, Bit64);
        return this.#in.double();
      case Kind.boolean:
        return this.#flag(wire);
      case Kind.string:
        return this.#text(wire);
      case Kind.dataSet:
        return this.#nested(wire, 'dataSet', (end) => this.#dataSet(end));
      case Kind.template:
        return this.#nested(wire, 'template', (end) => this.#template(end));
      default:
        return this.#bytes(wire);
    }
  }

  #fields(end: number, field: (number: number, wire: WireType) => void): void {
    while (this.#in.pos < end) field(...this.#in.tag());
    if (this.#in.pos !== end) throw new RangeError('a field ends behind the message that it is in');
  }

  #nested<T>(wire: WireType, name: string, read: (end: number) => T): T {
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

  #cell<T>(read: () => T): T {
    if (++this.#cells > this.#limits.cells) throw above('cells and properties', this.#limits.cells);
    return read();
  }

  #uint32(wire: WireType): number {
    expect(wire, Varint);
    return this.#in.uint32();
  }

  /** One of a repeated field, or all of them packed. */
  #uint32s(wire: WireType, into: number[]): void {
    if (wire === Varint) into.push(this.#cell(() => this.#in.uint32()));
    else {
      this.#nested(wire, 'types', (end) => {
        while (this.#in.pos < end) into.push(this.#cell(() => this.#in.uint32()));
      });
    }
  }

  #uint64(wire: WireType): bigint {
    expect(wire, Varint);
    return BigInt(this.#in.uint64());
  }

  #flag(wire: WireType): boolean {
    expect(wire, Varint);
    return this.#in.bool();
  }

  #bytes(wire: WireType): Uint8Array {
    expect(wire, LengthDelimited);
    return this.#in.bytes();
  }

  #text(wire: WireType): string {
    expect(wire, LengthDelimited);
    const from = this.#in.pos;
    const size = this.#in.uint32();
    if (size > this.#limits.textBytes) throw above('bytes of text', this.#limits.textBytes);
    this.#in.pos = from;
    return this.#in.string();
  }
}

type Cell = { readonly kind: Kind; readonly raw: Raw } | undefined;

const cellValue = (type: number, cell: Cell): Plain | null =>
  cell === undefined ? null : ((typed(type, cell.kind, cell.raw) as Plain | undefined) ?? null);

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
