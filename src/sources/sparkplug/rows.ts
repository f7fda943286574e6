import { utf8Text } from '#codec/json/number.ts';
import { DataType, Kind, kindOf } from '#codec/sparkplug/datatype.ts';
import { decodeMetric, decodeProperties } from '#codec/sparkplug/decode.ts';
import { bits64, copy, type MetricReader } from '#codec/sparkplug/metric-reader.ts';
import type { MetricValue } from '#codec/sparkplug/payload.ts';
import { smallInt } from '#codec/sparkplug/value.ts';
import type { BatchBuilder, Value } from '#kernel/batch.ts';
import { Quality, worseQuality } from '#kernel/quality.ts';
import type { Tag, TagType } from '#kernel/tag-table.ts';
import { merged, structureOf } from './structure.ts';

/** Where a metric goes: all that conversion needs to know of a tag. */
export interface Target {
  readonly tag: number;
  readonly type: TagType;
  /** Names of enum codes, as a device may send them. */
  readonly codes: ReadonlyMap<string, number>;
}

/** What is known of a metric since its birth. */
export interface Kept {
  readonly metric: { readonly datatype: number; readonly value?: MetricValue | undefined };
  /** A template as a whole: data messages may bring only those of its members that changed (6.4.18). */
  whole: Value | undefined;
  /** It brought an integer that a double cannot hold. */
  isInexact?: boolean;
}

export const targetOf = (tag: Tag): Target => ({
  tag: tag.number,
  type: tag.type,
  codes: new Map(Object.entries(tag.states ?? {}).map(([code, name]) => [name, Number(code)])),
});

const HIGH = 2 ** 32;

/**
 * One row from the metric at which the reader stands. A value of another type than metric and tag have becomes a bad
 * row, never an error.
 * @param kept of the birth; the data type that a data message brings must agree
 * @param isNow false for history, which changes nothing of what is known
 * @returns whether its first integer came that a double cannot hold: that is to be told
 */
export function addMetric(
  rows: BatchBuilder,
  to: Target,
  kept: Kept,
  timeUs: number,
  timeQuality: number,
  metric: MetricReader,
  isNow: boolean,
): boolean {
  const { datatype } = kept.metric;
  const quality = metric.propertiesEnd === 0 ? timeQuality : worseQuality(qualityOf(metric), timeQuality);
  if (metric.isNull || metric.kind === -1) {
    // A metric without a value is not known (Sparkplug 3.0, 6.4.6: is_null); its own reason stands where it gives one.
    if (isNow) kept.whole = undefined; // nor are the members of a template that come alone the whole of it again
    rows.add(to.tag, timeUs, Number.NaN, worseQuality(quality, Quality.bad));
    return false;
  }
  if (metric.datatype !== 0 && metric.datatype !== datatype) {
    rows.add(to.tag, timeUs, Number.NaN, Quality.badTypeMismatch);
    return false;
  }
  switch (to.type) {
    case 'number':
      return addNumber(rows, to, timeUs, quality, metric, kept);
    case 'boolean':
      addCode(rows, to, timeUs, quality, flagOf(metric, datatype), 1);
      return false;
    case 'enum':
      addCode(rows, to, timeUs, quality, codeOf(metric, datatype, to), Number.MAX_SAFE_INTEGER);
      return false;
    default:
      addWide(rows, to, timeUs, quality, metric, kept, isNow);
      return false;
  }
}

function addNumber(
  rows: BatchBuilder,
  to: Target,
  timeUs: number,
  quality: number,
  metric: MetricReader,
  kept: Kept,
): boolean {
  const value = numberOf(metric, kept.metric.datatype);
  if (value === undefined) {
    rows.add(to.tag, timeUs, Number.NaN, Quality.badTypeMismatch);
    return false;
  }
  // A number next to the true one looks as good as that: of a counter or an id, nobody would notice.
  const isInexact = metric.kind === Kind.long && !Number.isSafeInteger(value);
  if (isInexact || !Number.isFinite(value)) rows.add(to.tag, timeUs, Number.NaN, Quality.badOutOfRange);
  else rows.add(to.tag, timeUs, value, quality);
  const isFirst = isInexact && !kept.isInexact;
  if (isFirst) kept.isInexact = true;
  return isFirst;
}

function addCode(
  rows: BatchBuilder,
  to: Target,
  timeUs: number,
  quality: number,
  code: number | undefined,
  most: number,
): void {
  const fits = code !== undefined && Number.isInteger(code) && code >= 0 && code <= most;
  if (fits) rows.add(to.tag, timeUs, code, quality);
  else rows.add(to.tag, timeUs, Number.NaN, Quality.badTypeMismatch);
}

function addWide(
  rows: BatchBuilder,
  to: Target,
  timeUs: number,
  quality: number,
  metric: MetricReader,
  kept: Kept,
  isNow: boolean,
): void {
  const { datatype } = kept.metric;
  const value =
    to.type === 'int64'
      ? int64Of(metric, datatype)
      : to.type === 'text'
        ? textOf(metric, datatype)
        : structureAt(metric, kept, isNow);
  if (value === undefined) rows.add(to.tag, timeUs, Number.NaN, Quality.badTypeMismatch);
  else rows.addValue(to.tag, timeUs, value, quality);
}

/** Undefined for what is no number, or none of the data type. 64-bit integers beyond 2^53 are no safe integers. */
function numberOf(metric: MetricReader, datatype: number): number | undefined {
  switch (metric.kind) {
    case Kind.int:
      return smallInt(datatype, metric.low);
    case Kind.long:
      if (datatype === DataType.Int64) return (metric.high | 0) * HIGH + metric.low;
      if (datatype === DataType.UInt64 || datatype === DataType.DateTime) {
        return metric.high * HIGH + metric.low;
      }
      return datatype === DataType.UInt32 && metric.high === 0 ? metric.low : undefined;
    case Kind.float:
    case Kind.double:
      return datatype === DataType.Float || datatype === DataType.Double ? metric.real : undefined;
    default:
      return undefined;
  }
}

function flagOf(metric: MetricReader, datatype: number): number | undefined {
  if (metric.kind !== Kind.boolean) return numberOf(metric, datatype);
  return datatype === DataType.Boolean ? Number(metric.low !== 0) : undefined;
}

function codeOf(metric: MetricReader, datatype: number, to: Target): number | undefined {
  if (metric.kind !== Kind.string) return flagOf(metric, datatype);
  return to.codes.get(textOf(metric, datatype) ?? '');
}

function int64Of(metric: MetricReader, datatype: number): bigint | undefined {
  if (metric.kind === Kind.long && datatype !== DataType.UInt32) {
    const value = bits64(metric.low, metric.high);
    if (datatype === DataType.Int64) return BigInt.asIntN(64, value);
    const isUnsigned = datatype === DataType.UInt64 || datatype === DataType.DateTime;
    return isUnsigned ? value : undefined;
  }
  if (metric.kind !== Kind.int && metric.kind !== Kind.long) return undefined;
  const value = numberOf(metric, datatype);
  return value === undefined ? undefined : BigInt(value);
}

const textOf = (metric: MetricReader, datatype: number): string | undefined =>
  metric.kind === Kind.string && kindOf(datatype) === Kind.string
    ? utf8Text(metric.bytes, metric.valueStart, metric.valueEnd)
    : undefined;

/** From a copy, since the bytes are the socket's. @throws Fault `sparkplug.malformed` */
function structureAt(metric: MetricReader, kept: Kept, isNow: boolean): Value | undefined {
  const { datatype } = kept.metric;
  const bytes = copy(metric.bytes, metric.start, metric.end);
  const { value } = decodeMetric(bytes, { datatypeOf: () => datatype, born: kept.metric.value });
  if (value === undefined || typeof value !== 'object') return undefined;
  const read = structureOf(value);
  if (datatype !== DataType.Template || !isNow) return read;
  kept.whole = kept.whole === undefined ? read : merged(kept.whole, read);
  return kept.whole;
}

/** The property `Quality` (Sparkplug 3.0, 6.4.11): 192 good, 500 stale, 0 bad; without it the value is good. */
function qualityOf(metric: MetricReader): number {
  const bytes = metric.bytes.subarray(metric.propertiesStart, metric.propertiesEnd);
  const code = decodeProperties(bytes).get('Quality')?.value;
  if (code === undefined || code === 192) return Quality.good;
  if (code === 500) return Quality.uncertainLastUsable;
  return code === 0 ? Quality.bad : Quality.uncertain;
}
