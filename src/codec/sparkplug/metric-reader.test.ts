import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Fault } from '#kernel/fault.ts';
import { DataType, Kind, kindOf } from './datatype.ts';
import { decodePayload } from './decode.ts';
import { encodePayload } from './encode.ts';
import { bits64, MetricReader } from './metric-reader.ts';
import type { Metric, Payload } from './payload.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const value = fc.oneof(
  fc.integer().map((n) => ({ datatype: DataType.Int32, value: n })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => ({ datatype: DataType.Int64, value: n })),
  fc.float().map((n) => ({ datatype: DataType.Float, value: n })),
  fc.double().map((n) => ({ datatype: DataType.Double, value: n })),
  fc.boolean().map((is) => ({ datatype: DataType.Boolean, value: is })),
  fc.string({ unit: 'grapheme' }).map((text) => ({ datatype: DataType.String, value: text })),
  fc.constant({ datatype: DataType.Int8, isNull: true }),
);
const metric: fc.Arbitrary<Metric> = fc
  .tuple(
    fc.record(
      {
        name: fc.string({ unit: 'grapheme' }).filter((name) => name !== ''),
        alias: uint64,
        timestamp: time,
        isHistorical: fc.boolean(),
        isTransient: fc.boolean(),
        metadata: fc.constant({ md5: 'x' }),
        properties: fc.constant(new Map([['Quality', { type: DataType.Int32, value: 192 }]])),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    value,
  )
  .map(([head, of]) => ({ ...head, ...of }));
const payload: fc.Arbitrary<Payload> = fc.record(
  { metrics: fc.array(metric), timestamp: time, seq: fc.nat({ max: 255 }), uuid: fc.string() },
  { requiredKeys: ['metrics'], noNullPrototype: true },
);

/** What the reader says of the metric that it stands at, as the decoder would. */
function read(reader: MetricReader): Metric {
  const { bytes, nameStart, nameEnd, datatype, isHistorical, isNull } = reader;
  const text = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString();
  return {
    ...(nameEnd > 0 && { name: text(nameStart, nameEnd) }),
    ...(reader.hasAlias && { alias: bits64(reader.aliasLow, reader.aliasHigh) }),
    ...(!Number.isNaN(reader.time) && { timestamp: reader.time }),
    datatype,
    isHistorical,
    isNull,
    ...(reader.kind !== -1 && { value: valueOfKind(reader, text) }),
  };
}

function valueOfKind(reader: MetricReader, text: (start: number, end: number) => string) {
  const { kind, low, high, real, valueStart, valueEnd } = reader;
  if (kind === Kind.int) return low | 0;
  if (kind === Kind.long) return BigInt.asIntN(64, bits64(low, high));
  if (kind === Kind.boolean) return low !== 0;
  return kind === Kind.string ? text(valueStart, valueEnd) : real;
}

test('the reader without objects says what the decoder says', () => {
  fc.assert(
    fc.property(payload, fc.nat({ max: 9 }), (sent, before) => {
      const bytes = Buffer.concat([Buffer.alloc(before), encodePayload(sent), Buffer.alloc(3)]);
      const reader = new MetricReader();
      reader.open(bytes, before, bytes.length - 3);
      const decoded = decodePayload(bytes.subarray(before, bytes.length - 3));
      assert.equal(reader.seq, decoded.seq ?? -1);
      assert.equal(reader.payloadTime, decoded.timestamp ?? Number.NaN);
      assert.equal(reader.metrics, decoded.metrics.length);
      for (const { isTransient, metadata, properties, ...rest } of decoded.metrics) {
        assert.equal(reader.next(), true);
        assert.deepEqual(read(reader), { isHistorical: false, isNull: false, ...rest });
        assert.equal(reader.propertiesEnd > 0, properties !== undefined);
      }
      assert.equal(reader.next(), false);
    }),
  );
});

test('damaged bytes are a fault or other metrics, and the reader never leaves its range', () => {
  const reader = new MetricReader();
  fc.assert(
    fc.property(payload, fc.nat(), fc.nat({ max: 255 }), (sent, place, byte) => {
      const damaged = encodePayload(sent);
      if (damaged.length === 0) return;
      damaged[place % damaged.length] = byte;
      for (const end of [damaged.length, place % damaged.length]) {
        try {
          reader.open(damaged, 0, end);
          while (reader.next()) {
            const valueEnd = reader.kind >= Kind.string ? reader.valueEnd : 0;
            assert.ok(Math.max(reader.end, reader.nameEnd, reader.propertiesEnd, valueEnd) <= end);
          }
        } catch (error) {
          assert.ok(error instanceof Fault && error.code === 'sparkplug.malformed', String(error));
        }
      }
    }),
  );
});

test('what no payload may hold is refused by decoder and reader alike, in fields that nobody knows too', () => {
  const elevenBytes = [6 << 3, ...Array.from({ length: 10 }, () => 0xff), 1];
  const group = [(6 << 3) | 3, (6 << 3) | 4];
  const endless = [6 << 3, 0xff];
  for (const bytes of [elevenBytes, group, endless].map((list) => Uint8Array.from(list))) {
    assert.throws(() => decodePayload(bytes), isMalformed);
    assert.throws(() => new MetricReader().open(bytes, 0, bytes.length), isMalformed);
  }
});

test('every data type is sent in the member that the specification names', () => {
  const kinds = Object.values(DataType).map((datatype) => [datatype, kindOf(datatype)]);
  const of = (kind: number | undefined) =>
    kinds.filter(([, found]) => found === kind).map(([datatype]) => datatype);
  assert.deepEqual(of(Kind.int), [1, 2, 3, 5, 6, 7]);
  assert.deepEqual(of(Kind.long), [4, 8, 13]);
  assert.deepEqual(of(Kind.string), [12, 14, 15]);
  assert.deepEqual(of(Kind.bytes), [17, 18, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34]);
  assert.deepEqual(of(undefined), [0]);
});

const isMalformed = (error: unknown): boolean =>
  error instanceof Fault && error.code === 'sparkplug.malformed';
