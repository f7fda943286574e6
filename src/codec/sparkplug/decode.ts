import type { WireType } from '@bufbuild/protobuf/wire';
import { DataType, Kind } from './datatype.ts';
import { type DecodeLimits, MessageReader } from './message-reader.ts';
import type {
  DataSet,
  MetaData,
  Metric,
  MetricValue,
  Parameter,
  Payload,
  Plain,
  Property,
  PropertySet,
  Template,
} from './payload.ts';
import { type Raw, typed } from './value.ts';

export interface DecodeOptions {
  readonly limits?: Partial<DecodeLimits>;
  /** For metrics of data messages, which bring no data type: that of their birth. */
  readonly datatypeOf?: (name: string | undefined, alias: bigint | undefined) => number | undefined;
  /** For a template alone: its value at the birth, which says names and data types of its members at every depth. */
  readonly born?: MetricValue | undefined;
}

/** Members of a template as its birth gave them. */
type Members = (name: string | undefined, alias: bigint | undefined) => Metric | undefined;

/**
 * A value whose data type is not known is given as it was sent: unsigned.
 * @throws Fault `sparkplug.malformed` when the bytes are no payload, or above a limit
 */
export function decodePayload(bytes: Uint8Array, options: DecodeOptions = {}): Payload {
  return decoded(bytes, options, (decoder) => decoder.payload());
}

/** The bytes of one `Payload.Metric`. @throws Fault `sparkplug.malformed` */
export function decodeMetric(bytes: Uint8Array, options: DecodeOptions = {}): Metric {
  return decoded(bytes, options, (decoder) => decoder.metric(bytes.length, undefined, options.born));
}

/** The bytes of one `Payload.PropertySet`. @throws Fault `sparkplug.malformed` */
export function decodeProperties(bytes: Uint8Array, options: DecodeOptions = {}): PropertySet {
  return decoded(bytes, options, (decoder) => decoder.propertySet(bytes.length));
}

function decoded<T>(bytes: Uint8Array, options: DecodeOptions, read: (decoder: Decoder) => T): T {
  const input = new MessageReader(bytes, options.limits);
  return input.guarded(() => read(new Decoder(input, options)));
}

/** Objects while they are filled. */
type Filled<T> = { -readonly [K in keyof T]: T[K] };

class Decoder {
  readonly #in: MessageReader;
  readonly #datatypeOf: NonNullable<DecodeOptions['datatypeOf']>;

  constructor(input: MessageReader, { datatypeOf }: DecodeOptions) {
    this.#in = input;
    this.#datatypeOf = datatypeOf ?? (() => undefined);
  }

  payload(): Payload {
    const metrics: Metric[] = [];
    const payload: Filled<Payload> = { metrics };
    this.#in.fields(this.#in.length, (field, wire) => {
      switch (field) {
        case 1:
          payload.timestamp = Number(this.#in.uint64(wire));
          return;
        case 2:
          metrics.push(this.#in.nested(wire, `metrics[${metrics.length}]`, (end) => this.metric(end)));
          return;
        case 3:
          payload.seq = Number(this.#in.uint64(wire));
          return;
        case 4:
          payload.uuid = this.#in.text(wire);
          return;
        case 5:
          payload.body = this.#in.bytes(wire);
          return;
        default:
          this.#in.skip(wire, field);
      }
    });
    return payload;
  }

  /**
   * @param members of the template that it is in
   * @param born its own value at the birth; absent: that of the member
   */
  metric(end: number, members?: Members, born?: MetricValue): Metric {
    this.#in.countMetric();
    const metric: Filled<Metric> = {};
    const known = () => members?.(metric.name, metric.alias);
    let kind: Kind | undefined;
    let raw: Raw | undefined;
    this.#in.fields(end, (field, wire) => {
      switch (field) {
        case 1:
          metric.name = this.#in.text(wire);
          return;
        case 2:
          metric.alias = this.#in.uint64(wire);
          return;
        case 3:
          metric.timestamp = Number(this.#in.uint64(wire));
          return;
        case 4:
          metric.datatype = this.#in.uint32(wire);
          return;
        case 5:
          metric.isHistorical = this.#in.flag(wire);
          return;
        case 6:
          metric.isTransient = this.#in.flag(wire);
          return;
        case 7:
          metric.isNull = this.#in.flag(wire);
          return;
        case 8:
          metric.metadata = this.#in.nested(wire, 'metadata', (to) => this.#metaData(to));
          return;
        case 9:
          metric.properties = this.#in.nested(wire, 'properties', (to) => this.propertySet(to));
          return;
        default:
          if (field < 10 || field > 19) {
            this.#in.skip(wire, field);
            return;
          }
          kind = (field - 10) as Kind;
          raw =
            kind === Kind.template
              ? this.#in.nested(wire, 'template', (to) => this.#template(to, born ?? known()?.value))
              : this.#value(kind, wire);
      }
    });
    const member = known();
    if (metric.name === undefined && member?.name !== undefined) metric.name = member.name;
    if (kind === undefined || raw === undefined) return metric;
    const datatype =
      metric.datatype ?? (members ? member?.datatype : this.#datatypeOf(metric.name, metric.alias));
    const value = datatype === undefined ? raw : typed(datatype, kind, raw);
    if (value !== undefined) metric.value = value;
    if (datatype === DataType.UInt32 && kind === Kind.long) metric.isLong = true;
    return metric;
  }

  propertySet(end: number): PropertySet {
    const keys: string[] = [];
    const values: Property[] = [];
    this.#in.fields(end, (field, wire) => {
      if (field === 1) keys.push(this.#in.cell(() => this.#in.text(wire)));
      else if (field === 2) values.push(this.#in.nested(wire, 'property', (to) => this.#property(to)));
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
    this.#in.fields(end, (field, wire) => {
      if (field === 1) property.type = this.#in.uint32(wire);
      else if (field === 2) property.isNull = this.#in.flag(wire);
      else if (field >= 3 && field <= 8) {
        kind = (field - 3) as Kind;
        raw = this.#value(kind, wire);
      } else if (field === 9) {
        kind = Kind.propertySet;
        raw = this.#in.nested(wire, 'set', (to) => this.propertySet(to));
      } else if (field === 10) {
        kind = Kind.propertySets;
        raw = this.#in.nested(wire, 'sets', (to) => this.#propertySets(to));
      } else this.#in.skip(wire, field);
    });
    if (kind === undefined || raw === undefined) return property;
    const value = typed(property.type, kind, raw);
    if (value !== undefined) property.value = value as NonNullable<Property['value']>;
    return property;
  }

  #propertySets(end: number): PropertySet[] {
    const sets: PropertySet[] = [];
    this.#in.fields(end, (field, wire) => {
      if (field === 1) {
        sets.push(this.#in.cell(() => this.#in.nested(wire, `${sets.length}`, (to) => this.propertySet(to))));
      } else this.#in.skip(wire, field);
    });
    return sets;
  }

  #metaData(end: number): MetaData {
    const meta: Filled<MetaData> = {};
    this.#in.fields(end, (field, wire) => {
      if (field === 1) meta.isMultiPart = this.#in.flag(wire);
      else if (field === 2) meta.contentType = this.#in.text(wire);
      else if (field === 3) meta.size = this.#in.uint64(wire);
      else if (field === 4) meta.seq = this.#in.uint64(wire);
      else if (field === 5) meta.fileName = this.#in.text(wire);
      else if (field === 6) meta.fileType = this.#in.text(wire);
      else if (field === 7) meta.md5 = this.#in.text(wire);
      else if (field === 8) meta.description = this.#in.text(wire);
      else this.#in.skip(wire, field);
    });
    return meta;
  }

  #template(end: number, born: MetricValue | undefined): Template {
    const members = membersOf(born);
    const metrics: Metric[] = [];
    const parameters: Parameter[] = [];
    const template: Filled<Template> = { metrics };
    this.#in.fields(end, (field, wire) => {
      if (field === 1) template.version = this.#in.text(wire);
      else if (field === 2) {
        metrics.push(this.#in.nested(wire, `metrics[${metrics.length}]`, (to) => this.metric(to, members)));
      } else if (field === 3) {
        parameters.push(this.#in.cell(() => this.#in.nested(wire, 'parameter', (to) => this.#parameter(to))));
      } else if (field === 4) template.templateRef = this.#in.text(wire);
      else if (field === 5) template.isDefinition = this.#in.flag(wire);
      else this.#in.skip(wire, field);
    });
    if (parameters.length > 0) template.parameters = parameters;
    return template;
  }

  #parameter(end: number): Parameter {
    const parameter: Filled<Parameter> = { name: '', type: 0 };
    let kind: Kind | undefined;
    let raw: Raw | undefined;
    this.#in.fields(end, (field, wire) => {
      if (field === 1) parameter.name = this.#in.text(wire);
      else if (field === 2) parameter.type = this.#in.uint32(wire);
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
    this.#in.fields(end, (field, wire) => {
      if (field === 1) count = Number(this.#in.uint64(wire));
      else if (field === 2) columns.push(this.#in.cell(() => this.#in.text(wire)));
      else if (field === 3) this.#in.uint32s(wire, types);
      else if (field === 4) {
        rows.push(this.#in.cell(() => this.#in.nested(wire, `rows[${rows.length}]`, (to) => this.#row(to))));
      } else this.#in.skip(wire, field);
    });
    const agrees =
      columns.length === count && types.length === count && rows.every((row) => row.length === count);
    if (!agrees) return undefined;
    return { columns, types, rows: rows.map((row) => row.map((cell, i) => cellValue(types[i] ?? 0, cell))) };
  }

  #row(end: number): Cell[] {
    const cells: Cell[] = [];
    this.#in.fields(end, (field, wire) => {
      if (field === 1)
        cells.push(this.#in.cell(() => this.#in.nested(wire, 'cell', (to) => this.#cellAt(to))));
      else this.#in.skip(wire, field);
    });
    return cells;
  }

  #cellAt(end: number): Cell {
    let cell: Cell;
    this.#in.fields(end, (field, wire) => {
      const kind = (field - 1) as Kind;
      if (kind > Kind.string) this.#in.skip(wire, field);
      else cell = { kind, raw: this.#value(kind, wire) as Raw };
    });
    return cell;
  }

  #value(kind: Kind, wire: WireType): Raw | undefined {
    switch (kind) {
      case Kind.int:
        return this.#in.uint32(wire);
      case Kind.long:
        return this.#in.uint64(wire);
      case Kind.float:
        return this.#in.float(wire);
      case Kind.double:
        return this.#in.double(wire);
      case Kind.boolean:
        return this.#in.flag(wire);
      case Kind.string:
        return this.#in.text(wire);
      case Kind.dataSet:
        return this.#in.nested(wire, 'dataSet', (end) => this.#dataSet(end));
      case Kind.template:
        return this.#in.nested(wire, 'template', (end) => this.#template(end, undefined));
      default:
        return this.#in.bytes(wire);
    }
  }
}

function membersOf(born: MetricValue | undefined): Members | undefined {
  if (typeof born !== 'object' || !('metrics' in born)) return undefined;
  const byName = new Map(born.metrics.map((metric) => [metric.name, metric]));
  const byAlias = new Map(born.metrics.map((metric) => [metric.alias, metric]));
  return (name, alias) =>
    name === undefined ? (alias === undefined ? undefined : byAlias.get(alias)) : byName.get(name);
}

type Cell = { readonly kind: Kind; readonly raw: Raw } | undefined;

const cellValue = (type: number, cell: Cell): Plain | null =>
  cell === undefined ? null : ((typed(type, cell.kind, cell.raw) as Plain | undefined) ?? null);
