import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { DataType } from '#codec/sparkplug/datatype.ts';
import { decodeMetric, decodePayload, decodeProperties } from '#codec/sparkplug/decode.ts';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import { MetricReader } from '#codec/sparkplug/metric-reader.ts';
import type { Metric, Payload, PropertySet } from '#codec/sparkplug/payload.ts';
import { refusing, type Target } from '../target.ts';

const named = <T>(type: number, value: fc.Arbitrary<T>) =>
  fc
    .record({ name: fc.string({ minLength: 1, maxLength: 12 }), value })
    .map((one) => ({ ...one, datatype: type }));

const metric = fc.oneof(
  named(DataType.Double, fc.double()),
  named(DataType.Int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  named(DataType.Boolean, fc.boolean()),
  named(DataType.String, fc.string()),
  named(DataType.Bytes, fc.uint8Array({ maxLength: 40 })),
  named(DataType.Int32Array, fc.array(fc.integer(), { maxLength: 20 })),
  named(
    DataType.StringArray,
    fc.array(
      fc.string().map((text) => text.replaceAll('\0', '')),
      { maxLength: 5 },
    ),
  ),
) as fc.Arbitrary<Metric>;

const properties: PropertySet = new Map([['engUnit', { type: DataType.String, value: 'bar' }]]);

const dataSet = {
  columns: ['a', 'b'],
  types: [DataType.Double, DataType.String],
  rows: [
    [1.5, 'x'],
    [2, 'y'],
  ],
};

const payload = fc
  .record({ metrics: fc.array(metric, { maxLength: 8 }), seq: fc.integer({ min: 0, max: 255 }) })
  .map(
    ({ metrics, seq }): Payload =>
      ({
        timestamp: 1_790_000_000_000n,
        seq,
        metrics: metrics.map((one, i) => (i === 0 ? { ...one, properties } : one)),
      }) as unknown as Payload,
  );

/** What an edge node sends: the whole payload at once, and metric by metric as the source reads it. */
export const sparkplugPayloads: Target = {
  name: 'sparkplug-payloads',
  seeds: (seed) => [
    ...fc.sample(payload, { seed, numRuns: 200 }).map((one) => encodePayload(one).slice()),
    encodePayload({
      metrics: [{ name: 'set', datatype: DataType.DataSet, value: dataSet }],
    } as unknown as Payload).slice(),
  ],
  read(input) {
    refusing('sparkplug.', () => decodePayload(input));
    refusing('sparkplug.', () => {
      const reader = new MetricReader();
      reader.open(input, 0, input.length);
      for (let count = 0; reader.next(); count++) {
        assert.ok(count < reader.metrics, 'more metrics than there are');
        assert.ok(reader.start <= reader.end && reader.end <= input.length);
        assert.ok(reader.valueEnd <= reader.end && reader.nameEnd <= reader.end);
        const { start, end, propertiesStart, propertiesEnd } = reader;
        refusing('sparkplug.', () => decodeMetric(input.subarray(start, end)));
        refusing('sparkplug.', () => decodeProperties(input.subarray(propertiesStart, propertiesEnd)));
      }
    });
  },
};
