import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Fault } from '#kernel/fault.ts';
import { writeArray } from './arrays.ts';
import { DataType, dataTypeName, isArrayType, Kind, kindOf } from './datatype.ts';
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
import { smallInt } from './value.ts';

const { Varint, Bit64, LengthDelimited, Bit32 } = WireType;

/** First field of `oneof value`. */
const METRIC_VALUE = 10;
const PARAMETER_VALUE = 3;
const PROPERTY_VALUE = 3;
const CELL_VALUE = 1;

export interface EncodeOptions {
  /** False leaves the data types of the payload's own metrics out, as data messages should (Sparkplug 3.0, 6.4.6). */
  readonly datatypes?: boolean;
}

/**
 * @throws Fault `sparkplug.value` when a value is none of its data type
 */
export function encodePayload(payload: Payload, options: EncodeOptions = {}): Uint8Array<ArrayBuffer> {
  const out = new BinaryWriter();
  uint64(out, 1, payload.timestamp);
  for (const metric of payload.metrics) {
    nested(out, 2, () => writeMetric(out, metric, options.datatypes ?? true));
  }
  uint64(out, 3, payload.seq);
  text(out, 4, payload.uuid);
  if (payload.body !== undefined) out.tag(5, LengthDelimited).bytes(payload.body);
  return out.finish();
}

function writeMetric(out: BinaryWriter, metric: Metric, withDatatype: boolean): void {
  text(out, 1, metric.name);
  uint64(out, 2, metric.alias);
  uint64(out, 3, metric.timestamp);
  if (withDatatype) uint32(out, 4, metric.datatype);
  flag(out, 5, metric.isHistorical);
  flag(out, 6, metric.isTransient);
  flag(out, 7, metric.isNull);
  const { metadata, properties, value, datatype } = metric;
  if (metadata) nested(out, 8, () => writeMetaData(out, metadata));
  if (properties) nested(out, 9, () => writeProperties(out, properties));
  if (value === undefined) return;
  if (metric.isLong && datatype === DataType.UInt32) {
    out.tag(METRIC_VALUE + Kind.long, Varint).uint64(smallBits(datatype, Number(value)));
    return;
  }
  const what = metric.name ?? `alias ${metric.alias}`;
  guarded(what, datatype ?? 0, () => writeValue(out, METRIC_VALUE, datatype ?? 0, value));
}

function writeMetaData(out: BinaryWriter, meta: MetaData): void {
  flag(out, 1, meta.isMultiPart);
  text(out, 2, meta.contentType);
  uint64(out, 3, meta.size);
  uint64(out, 4, meta.seq);
  text(out, 5, meta.fileName);
  text(out, 6, meta.fileType);
  text(out, 7, meta.md5);
  text(out, 8, meta.description);
}

function writeProperties(out: BinaryWriter, properties: PropertySet): void {
  for (const key of properties.keys()) text(out, 1, key);
  for (const [key, property] of properties) nested(out, 2, () => writeProperty(out, key, property));
}

function writeProperty(out: BinaryWriter, key: string, { type, isNull, value }: Property): void {
  uint32(out, 1, type);
  flag(out, 2, isNull);
  if (value === undefined) return;
  guarded(`property ${key}`, type, () => {
    const kind = kindOf(type);
    if (kind === Kind.propertySet) nested(out, 9, () => writeProperties(out, value as PropertySet));
    else if (kind === Kind.propertySets) {
      nested(out, 10, () => {
        for (const set of value as PropertySet[]) nested(out, 1, () => writeProperties(out, set));
      });
    } else writeValue(out, PROPERTY_VALUE, type, value as Plain);
  });
}

function writeDataSet(out: BinaryWriter, { columns, types, rows }: DataSet): void {
  uint64(out, 1, columns.length);
  for (const column of columns) text(out, 2, column);
  for (const type of types) uint32(out, 3, type);
  for (const row of rows) {
    nested(out, 4, () => {
      for (const [i, cell] of row.entries()) {
        nested(out, 1, () => {
          if (cell !== null) writeValue(out, CELL_VALUE, types[i] ?? 0, cell);
        });
      }
    });
  }
}

function writeTemplate(out: BinaryWriter, template: Template): void {
  text(out, 1, template.version);
  for (const metric of template.metrics) nested(out, 2, () => writeMetric(out, metric, true));
  for (const parameter of template.parameters ?? []) nested(out, 3, () => writeParameter(out, parameter));
  text(out, 4, template.templateRef);
  flag(out, 5, template.isDefinition);
}

function writeParameter(out: BinaryWriter, { name, type, value }: Parameter): void {
  text(out, 1, name);
  uint32(out, 2, type);
  if (value === undefined) return;
  guarded(`parameter ${name}`, type, () => writeValue(out, PARAMETER_VALUE, type, value));
}

/** @param first number of the first field of the `oneof` */
function writeValue(out: BinaryWriter, first: number, datatype: number, value: MetricValue): void {
  const kind = kindOf(datatype);
  const field = first + (kind ?? 0);
  switch (kind) {
    case Kind.int:
      out.tag(field, Varint).uint32(smallBits(datatype, Number(value)));
      return;
    case Kind.long:
      out.tag(field, Varint).uint64(longBits(datatype, BigInt(value as bigint)));
      return;
    case Kind.float:
      out.tag(field, Bit32).float(value as number);
      return;
    case Kind.double:
      out.tag(field, Bit64).double(value as number);
      return;
    case Kind.boolean:
      out.tag(field, Varint).bool(value as boolean);
      return;
    case Kind.string:
      out.tag(field, LengthDelimited).string(value as string);
      return;
    case Kind.bytes:
      out.tag(field, LengthDelimited).bytes(bytesOf(datatype, value));
      return;
    case Kind.dataSet:
      nested(out, field, () => writeDataSet(out, value as DataSet));
      return;
    case Kind.template:
      nested(out, field, () => writeTemplate(out, value as Template));
      return;
    default:
      throw new TypeError('a value of this type is not sent');
  }
}

/** Two's complement in 32 bits. */
function smallBits(datatype: number, value: number): number {
  if (smallInt(datatype, value >>> 0) !== value) throw new RangeError(`${value} is out of range`);
  return value >>> 0;
}

function longBits(datatype: number, value: bigint): bigint {
  const bits = BigInt.asUintN(64, value);
  const back = datatype === DataType.Int64 ? BigInt.asIntN(64, bits) : bits;
  if (back !== value) throw new RangeError(`${value} is out of range`);
  return bits;
}

const bytesOf = (datatype: number, value: MetricValue): Uint8Array =>
  isArrayType(datatype) ? writeArray(datatype, value as Plain[]) : (value as Uint8Array);

function guarded(what: string, datatype: number, write: () => void): void {
  try {
    write();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('sparkplug.value', `${what}: no value of the data type ${dataTypeName(datatype)}`, {
      retry: 'never',
      cause,
    });
  }
}

function nested(out: BinaryWriter, field: number, write: () => void): void {
  out.tag(field, LengthDelimited).fork();
  write();
  out.join();
}

function uint32(out: BinaryWriter, field: number, value: number | undefined): void {
  if (value !== undefined) out.tag(field, Varint).uint32(value);
}

function uint64(out: BinaryWriter, field: number, value: number | bigint | undefined): void {
  if (value !== undefined) out.tag(field, Varint).uint64(value);
}

function flag(out: BinaryWriter, field: number, value: boolean | undefined): void {
  if (value !== undefined) out.tag(field, Varint).bool(value);
}

function text(out: BinaryWriter, field: number, value: string | undefined): void {
  if (value !== undefined) out.tag(field, LengthDelimited).string(value);
}
