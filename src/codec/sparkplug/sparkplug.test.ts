import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Fault } from '#kernel/fault.ts';
import { DataType } from './datatype.ts';
import { decodePayload } from './decode.ts';
import { encodePayload } from './encode.ts';
import type { DataSet, Metric, MetricValue, Payload, PropertySet, Template } from './payload.ts';

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const float = fc.float();
const double = fc.double();
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 20 });
const noNul = text.map((t) => t.replaceAll('\0', ''));
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 20 });

const SCALARS: readonly (readonly [number, fc.Arbitrary<MetricValue>])[] = [
  [DataType.Int8, int(8)],
  [DataType.Int16, int(16)],
  [DataType.Int32, int(32)],
  [DataType.Int64, int64],
  [DataType.UInt8, uint(8)],
  [DataType.UInt16, uint(16)],
  [DataType.UInt32, uint(32)],
  [DataType.UInt64, uint64],
  [DataType.Float, float],
  [DataType.Double, double],
  [DataType.Boolean, fc.boolean()],
  [DataType.String, text],
  [DataType.DateTime, uint64],
  [DataType.Text, text],
  [DataType.UUID, fc.uuid()],
];

const LONG: readonly (readonly [number, fc.Arbitrary<MetricValue>])[] = [
  [DataType.Bytes, bytes],
  [DataType.File, bytes],
  [DataType.Int8Array, list(int(8))],
  [DataType.Int16Array, list(int(16))],
  [DataType.Int32Array, list(int(32))],
  [DataType.Int64Array, list(int64)],
  [DataType.UInt8Array, list(uint(8))],
  [DataType.UInt16Array, list(uint(16))],
  [DataType.UInt32Array, list(uint(32))],
  [DataType.UInt64Array, list(uint64)],
  [DataType.FloatArray, list(float)],
  [DataType.DoubleArray, list(double)],
  [DataType.BooleanArray, list(fc.boolean())],
  [DataType.StringArray, list(noNul)],
  [DataType.DateTimeArray, list(uint64)],
];

const scalar = fc.constantFrom(...SCALARS).chain(([type, of]) => of.map((value) => ({ type, value })));

const properties: fc.Arbitrary<PropertySet> = fc.letrec<{ set: PropertySet }>((tie) => ({
  set: fc
    .array(
      fc.tuple(
        text,
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          scalar,
          tie('set').map((value) => ({ type: DataType.PropertySet, value })),
          fc.array(tie('set'), { maxLength: 2 }).map((value) => ({ type: DataType.PropertySetList, value })),
          fc.constant({ type: DataType.Double, isNull: true }),
        ),
      ),
      { maxLength: 3 },
    )
    .map((entries) => new Map(entries) as PropertySet),
})).set;

const dataSet: fc.Arbitrary<DataSet> = fc
  .array(fc.tuple(text, fc.constantFrom(...SCALARS)), { minLength: 1, maxLength: 4 })
  .chain((columns) =>
    fc.array(fc.tuple(...columns.map(([, [, of]]) => fc.option(of))), { maxLength: 4 }).map((rows) => ({
      columns: columns.map(([name]) => name),
      types: columns.map(([, [type]]) => type),
      rows: rows as DataSet['rows'],
    })),
  );

const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const { metric } = fc.letrec<{ metric: Metric; template: Template }>((tie) => ({
  metric: fc
    .tuple(
      fc.record(
        {
          name: text,
          alias: uint64,
          timestamp: time,
          isHistorical: fc.boolean(),
          isTransient: fc.boolean(),
          properties,
          metadata: fc.record(
            { size: uint64, fileName: text, md5: text },
            { requiredKeys: [], noNullPrototype: true },
          ),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
      fc.oneof(
        { depthSize: 'small' },
        fc
          .constantFrom(...SCALARS, ...LONG)
          .chain(([datatype, of]) => of.map((value) => ({ datatype, value }))),
        dataSet.map((value) => ({ datatype: DataType.DataSet, value })),
        tie('template').map((value) => ({ datatype: DataType.Template, value })),
        fc.constant({ datatype: DataType.Int32, isNull: true }),
      ),
    )
    .map(([head, value]) => ({ ...head, ...value })),
  template: fc.record(
    {
      metrics: fc.array(tie('metric'), { maxLength: 3 }),
      version: text,
      templateRef: text,
      isDefinition: fc.boolean(),
      parameters: fc.array(
        fc.tuple(text, scalar).map(([name, of]) => ({ name, ...of }) as never),
        { minLength: 1, maxLength: 3 },
      ),
    },
    { requiredKeys: ['metrics'], noNullPrototype: true },
  ),
}));

const payload: fc.Arbitrary<Payload> = fc.record(
  { metrics: fc.array(metric, { maxLength: 5 }), timestamp: time, seq: uint(8), uuid: text, body: bytes },
  { requiredKeys: ['metrics'], noNullPrototype: true },
);

test('what is encoded is decoded again, all types and 64 bits exact', () => {
  fc.assert(fc.property(payload, (sent) => assert.deepEqual(decodePayload(encodePayload(sent)), sent)));
});

const readBack = (sent: Metric): unknown =>
  decodePayload(encodePayload({ metrics: [sent] })).metrics[0]?.value;
const arrayBytes = (datatype: number, value: MetricValue) => {
  const sent = encodePayload({ metrics: [{ datatype, value }] });
  const [read] = decodePayload(sent, { datatypeOf: () => undefined }).metrics;
  assert.deepEqual(read?.value, value);
  return [...sent.subarray(sent.length - 6)];
};

test('arrays look as in the examples of the specification', () => {
  const flags = [...'001101001101'].map((bit) => bit === '1');
  assert.deepEqual(arrayBytes(DataType.BooleanArray, flags), [0x0c, 0, 0, 0, 0x34, 0xd0]);
  assert.deepEqual(arrayBytes(DataType.StringArray, ['ABC', 'd']), [0x41, 0x42, 0x43, 0, 0x64, 0]);
  assert.deepEqual(arrayBytes(DataType.Int16Array, [-30_000, 2, 3]), [0xd0, 0x8a, 2, 0, 3, 0]);
});

test('a value is refused by the encoder when it is none of its data type', () => {
  const cases: readonly (readonly [number, MetricValue])[] = [
    [DataType.Int8, 128],
    [DataType.UInt16, -1],
    [DataType.Int32, 1.5],
    [DataType.UInt64, -1n],
    [DataType.Int64, 2n ** 63n],
    [DataType.Int32, Number.NaN],
    [99, 1],
  ];
  for (const [datatype, value] of cases) {
    assert.throws(() => readBack({ name: 'x', datatype, value }), {
      code: 'sparkplug.value',
      message: /^x: /,
    });
  }
});

test('a value of another data type than its metric is no value', () => {
  const sent = encodePayload(
    { metrics: [{ alias: 1n, datatype: DataType.String, value: 'x' }] },
    { datatypes: false },
  );
  const read = (datatype: number) => decodePayload(sent, { datatypeOf: () => datatype }).metrics[0]?.value;
  assert.equal(read(DataType.Text), 'x');
  assert.equal(read(DataType.Int8), undefined);
  assert.equal(read(DataType.StringArray), undefined);
});

test('bytes that are cut off or damaged are a fault that says where, or another payload, and never anything else', () => {
  fc.assert(
    fc.property(payload, fc.nat(), fc.nat({ max: 255 }), (sent, place, byte) => {
      const damaged = encodePayload(sent);
      if (damaged.length === 0) return;
      damaged[place % damaged.length] = byte;
      for (const some of [damaged, damaged.subarray(0, place % damaged.length)]) {
        try {
          decodePayload(some);
        } catch (error) {
          assert.ok(error instanceof Fault, String(error));
          assert.match(error.message, /at byte \d+ of \d+/);
        }
      }
    }),
  );
});

test('a bomb is refused before it takes memory', () => {
  let nested: Metric = { datatype: DataType.Int8, value: 1 };
  for (let i = 0; i < 40; i++) nested = { datatype: DataType.Template, value: { metrics: [nested] } };
  const bombs: readonly Uint8Array[] = [
    encodePayload({ metrics: [nested] }),
    Uint8Array.from({ length: 400_000 }, (_, i) => (i % 2 === 0 ? 0x12 : 0)), // metrics without anything
    encodePayload({
      metrics: [
        {
          datatype: DataType.DataSet,
          value: { columns: ['a'], types: [1], rows: Array.from({ length: 200_001 }, () => [null]) },
        },
      ],
    }),
    encodePayload({ metrics: [{ name: 'x'.repeat(1024 * 1024 + 1) }] }),
  ];
  for (const bomb of bombs) {
    assert.throws(() => decodePayload(bomb), { code: 'sparkplug.malformed', message: /more than \d+/ });
  }
  const announced = Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0); // two thousand million booleans
  const asBooleans = encodePayload(
    { metrics: [{ datatype: DataType.Bytes, value: announced }] },
    { datatypes: false },
  );
  const [read] = decodePayload(asBooleans, { datatypeOf: () => DataType.BooleanArray }).metrics;
  assert.equal(read?.value, undefined);
});
