import { DataType } from '#codec/sparkplug/datatype.ts';
import { decodePayload } from '#codec/sparkplug/decode.ts';
import type {
  Metric,
  MetricValue,
  Plain,
  Property,
  PropertySet,
  Template,
} from '#codec/sparkplug/payload.ts';
import type { TagInfo, TagType } from '#kernel/tag-table.ts';
import { unitCode } from '#kernel/units.ts';

/** A metric as its birth describes it. */
export interface BornMetric {
  readonly name: string;
  readonly alias: bigint | undefined;
  readonly datatype: number;
  /** The node reads its UInt32 from the member of 64-bit integers: anything else would be a 0 to it. */
  readonly isLong: boolean;
  /** Type that a tag of this metric has by itself; undefined for data types that nobody here knows. */
  readonly type: TagType | undefined;
  /** UCUM code; undefined where the device's own text means none. */
  readonly unit: string | undefined;
  readonly range: TagInfo['range'] | undefined;
  readonly description: string | undefined;
  /** Undefined where the birth says nothing of it: Sparkplug has no field for this. */
  readonly isWritable: boolean | undefined;
  /** At the birth. */
  readonly value: MetricValue | undefined;
}

/** Metrics of the protocol itself (Sparkplug 3.0, 6.4.20 and 6.4.21). */
export const BD_SEQ = 'bdSeq';
export const REBIRTH = 'Node Control/Rebirth';
const CONTROL = 'Node Control/';

/** Whether it is something measured, as against a part of the protocol or the definition of a template. */
export const isOwn = ({ name, datatype, value }: BornMetric): boolean =>
  name !== BD_SEQ &&
  !name.startsWith(CONTROL) &&
  !(datatype === DataType.Template && (value as Template | undefined)?.isDefinition === true);

/** @returns undefined for a metric without a name: births name all of theirs (6.4.6) */
export function bornMetric(metric: Metric): BornMetric | undefined {
  const { name, datatype = DataType.Unknown, properties } = metric;
  if (name === undefined || name === '') return undefined;
  const unit = plain(properties, 'engUnit');
  return {
    name,
    alias: metric.alias,
    datatype,
    isLong: metric.isLong ?? false,
    type: tagType(datatype),
    unit: typeof unit === 'string' ? unitCode(unit) : undefined,
    range: rangeOf(properties),
    description: metric.metadata?.description ?? text(plain(properties, 'documentation')),
    isWritable: writable(properties),
    value: metric.value,
  };
}

function tagType(datatype: number): TagType | undefined {
  switch (datatype) {
    case DataType.Int64:
    case DataType.UInt64:
      return 'int64';
    case DataType.Boolean:
      return 'boolean';
    case DataType.String:
    case DataType.Text:
    case DataType.UUID:
      return 'text';
    case DataType.Unknown:
    case DataType.PropertySet:
    case DataType.PropertySetList:
      return undefined;
    default:
      if (datatype > DataType.DateTimeArray) return undefined;
      return datatype <= DataType.DateTime ? 'number' : 'structure';
  }
}

function rangeOf(properties: PropertySet | undefined): TagInfo['range'] | undefined {
  const low = Number(plain(properties, 'engLow') ?? Number.NaN);
  const high = Number(plain(properties, 'engHigh') ?? Number.NaN);
  return Number.isFinite(low) && Number.isFinite(high) && low < high ? [low, high] : undefined;
}

function writable(properties: PropertySet | undefined): boolean | undefined {
  const isReadOnly = plain(properties, 'readOnly');
  if (typeof isReadOnly === 'boolean') return !isReadOnly;
  const isWritable = plain(properties, 'writable');
  return typeof isWritable === 'boolean' ? isWritable : undefined;
}

const text = (value: Plain | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A property by its key, in whatever case publishers write it. */
function plain(properties: PropertySet | undefined, key: string): Plain | undefined {
  if (!properties) return undefined;
  for (const [name, { value }] of properties) {
    if (name.toLowerCase() === key.toLowerCase() && isPlain(value)) return value;
  }
  return undefined;
}

const isPlain = (value: Property['value']): value is Plain =>
  typeof value !== 'object' && value !== undefined;

/** A metric's description, name and alias, and where its values go. */
const BYTES_A_METRIC = 500;

/** Bytes that what is kept of a birth takes, roughly. */
export const memoryOf = (metrics: readonly Metric[], bytes: Uint8Array): number =>
  2 * bytes.length + metrics.length * BYTES_A_METRIC;

/** Number of the session that a birth and a death belong to. */
export function bdSeqOf(metrics: readonly Metric[]): bigint | undefined {
  const value = metrics.find(({ name }) => name === BD_SEQ)?.value;
  // Some send it as a double, and nobody keeps them from sending half a session.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === 'bigint' ? value : undefined;
}

/** Undefined where the will names none or cannot be read: it is a death all the same. */
export function deathSeq(bytes: Uint8Array): bigint | undefined {
  try {
    return bdSeqOf(decodePayload(bytes).metrics);
  } catch {
    return undefined;
  }
}
