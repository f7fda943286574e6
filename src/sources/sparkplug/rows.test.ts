import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataType } from '#codec/sparkplug/datatype.ts';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import { MetricReader } from '#codec/sparkplug/metric-reader.ts';
import type { Metric, MetricValue } from '#codec/sparkplug/payload.ts';
import { at, BatchBuilder, wideAt } from '#kernel/batch.ts';
import { qualityName } from '#kernel/quality.ts';
import type { TagType } from '#kernel/tag-table.ts';
import { addMetric } from './rows.ts';

const reader = new MetricReader();

/** The value of the one row that a metric makes, or its quality where that is not good. */
function rowOf(type: TagType, metric: Metric, birthType = metric.datatype): unknown {
  const rows = new BatchBuilder();
  const bytes = encodePayload({ metrics: [metric] });
  reader.open(bytes, 0, bytes.length);
  reader.next();
  const kept = { metric: { datatype: birthType ?? 0 }, whole: undefined };
  addMetric(rows, { tag: 0, type, codes: new Map([['auto', 2]]) }, kept, 5, 0, reader, true);
  const batch = rows.take({ receivedUs: 5 });
  assert.equal(batch.rows, 1);
  const quality = qualityName(at(batch.quality, 0));
  return quality === 'good' ? (wideAt(batch, 0) ?? at(batch.value, 0)) : quality;
}

const ROWS: readonly (readonly [TagType, number, MetricValue, unknown])[] = [
  ['number', DataType.Int8, -1, -1],
  ['number', DataType.UInt64, 2n ** 53n - 1n, 2 ** 53 - 1],
  ['number', DataType.UInt64, 2n ** 53n + 1n, 'badOutOfRange'],
  ['number', DataType.UInt64, 2n ** 63n, 'badOutOfRange'],
  ['number', DataType.Int64, 1n - 2n ** 53n, 1 - 2 ** 53],
  ['number', DataType.Int64, -(2n ** 53n) - 1n, 'badOutOfRange'],
  ['number', DataType.Double, 2 ** 60, 2 ** 60],
  ['number', DataType.Int64, -(2n ** 40n) - 1n, -(2 ** 40) - 1],
  ['number', DataType.Boolean, true, 'badTypeMismatch'],
  ['number', DataType.String, '5', 'badTypeMismatch'],
  ['number', DataType.Float, Number.POSITIVE_INFINITY, 'badOutOfRange'],
  ['boolean', DataType.Int8, 1, 1],
  ['boolean', DataType.Int8, 2, 'badTypeMismatch'],
  ['enum', DataType.Int32, 3, 3],
  ['enum', DataType.Int32, -3, 'badTypeMismatch'],
  ['enum', DataType.String, 'auto', 2],
  ['int64', DataType.Int16, -7, -7n],
  ['int64', DataType.Double, 7, 'badTypeMismatch'],
  ['text', DataType.Int32, 7, 'badTypeMismatch'],
  ['structure', DataType.Int16Array, [1, -2], [1, -2]],
  ['structure', DataType.BooleanArray, [true, false], [true, false]],
  ['structure', DataType.DateTimeArray, [5n], [5n]],
  ['structure', DataType.Double, 5, 'badTypeMismatch'],
];

test('a value becomes what its tag holds, and a bad row where it is something else', () => {
  for (const [type, datatype, value, wanted] of ROWS) {
    assert.deepEqual(rowOf(type, { datatype, value }), wanted, `${type} from ${datatype}`);
  }
});

test('a data message of another data type than the birth is bad', () => {
  const metric = { datatype: DataType.Int32, value: 5 };
  assert.equal(rowOf('number', metric, DataType.Double), 'badTypeMismatch');
  assert.equal(rowOf('number', metric, DataType.Int32), 5);
});

test('members of a template need no data type where the birth gave it, whatever their sign and depth', () => {
  const inner = (value: number, datatype?: number): Metric => ({
    name: 'inner',
    datatype: DataType.Template,
    value: { metrics: [{ name: 'low', alias: 4n, ...(datatype && { datatype }), value }] },
  });
  const rows = new BatchBuilder();
  const born = { metrics: [inner(5, DataType.Int32), { name: 'mode', datatype: DataType.Int8, value: 1 }] };
  const kept = { metric: { datatype: DataType.Template, value: born }, whole: undefined };
  // As nodes write them who follow 6.4.6 to the letter: field 10 is a 32-bit integer, field 18 a template.
  const long = [0xff, 0xff, 0xff, 0xff, 0x0f];
  const byAlias = [0x12, 8, 0x10, 4, 0x50, ...long];
  const named = [0x0a, 5, ...Buffer.from('inner'), 0x92, 1, byAlias.length, ...byAlias];
  const whole = [0x12, named.length, ...named];
  const bytes = Uint8Array.from([0x12, whole.length + 3, 0x92, 1, whole.length, ...whole]);
  reader.open(bytes, 0, bytes.length);
  reader.next();
  addMetric(rows, { tag: 0, type: 'structure', codes: new Map() }, kept, 5, 0, reader, true);
  assert.deepEqual(wideAt(rows.take({ receivedUs: 5 }), 0), { inner: { low: -1 } });
});

test('what a template said before it was null is not shown again', () => {
  const rows = new BatchBuilder();
  const kept = { metric: { datatype: DataType.Template }, whole: undefined };
  const part = (names: string[]): Metric => ({
    datatype: DataType.Template,
    value: { metrics: names.map((name) => ({ name, datatype: DataType.Int8, value: 1 })) },
  });
  for (const metric of [part(['a', 'b']), { isNull: true }, part(['a'])]) {
    const bytes = encodePayload({ metrics: [metric] });
    reader.open(bytes, 0, bytes.length);
    reader.next();
    addMetric(rows, { tag: 0, type: 'structure', codes: new Map() }, kept, 5, 0, reader, true);
  }
  const batch = rows.take({ receivedUs: 5 });
  assert.deepEqual([wideAt(batch, 0), wideAt(batch, 2)], [{ a: 1, b: 1 }, { a: 1 }]);
});
