import type { DataSet, MetricValue, PropertySet, Template } from '#codec/sparkplug/payload.ts';
import type { Value } from '#kernel/batch.ts';

/** A data set as an array of records, a template as a record of its parameters and metrics, an array as it is. */
export function structureOf(value: MetricValue): Value {
  if (typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value instanceof Map) return setOf(value as PropertySet);
  if (Array.isArray(value)) return value.map(structureOf);
  if ('columns' in value) return recordsOf(value);
  return recordOf(value as Template);
}

const recordsOf = ({ columns, rows }: DataSet): Value =>
  rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null])));

function recordOf({ metrics, parameters = [] }: Template): Value {
  const named = metrics.map(({ name, value }, i): [string, Value] => [
    name ?? String(i),
    value === undefined ? null : structureOf(value),
  ]);
  return Object.fromEntries([
    ...parameters.map(({ name, value }): [string, Value] => [name, value ?? null]),
    ...named,
  ]);
}

const setOf = (set: PropertySet): Value =>
  Object.fromEntries(
    [...set].map(([key, { value }]) => [key, value === undefined ? null : structureOf(value as MetricValue)]),
  );

/** A record with the fields of another one in place of its own, at every depth. */
export function merged(old: Value, news: Value): Value {
  if (!isRecord(old) || !isRecord(news)) return news;
  const fields = Object.entries(news).map(([name, value]): [string, Value] => {
    const before = Object.hasOwn(old, name) ? old[name] : undefined;
    return [name, before === undefined ? value : merged(before, value)];
  });
  return { ...old, ...Object.fromEntries(fields) };
}

const isRecord = (value: Value): value is { readonly [field: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
