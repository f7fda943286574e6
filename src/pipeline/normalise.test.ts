import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { at, type Batch, BatchBuilder, type Value, wideAt } from '#kernel/batch.ts';
import { isBad, Quality } from '#kernel/quality.ts';
import type { TagType } from '#kernel/tag-table.ts';
import { normalise } from '#pipeline/normalise.ts';
import { NormaliseColumns, type NormaliseConfig } from '#pipeline/normalise-columns.ts';

const NOW = 1_700_000_000_000_000;

interface Row {
  readonly value: Value;
  readonly quality?: number;
  readonly timeUs?: number;
  readonly tag?: number;
}

function batchOf(...rows: Row[]): Batch {
  const builder = new BatchBuilder();
  for (const row of rows) builder.addValue(row.tag ?? 0, row.timeUs ?? NOW, row.value, row.quality);
  return builder.take({ receivedUs: NOW });
}

function stageFor(config: NormaliseConfig | undefined, skews: [number, number][] = []) {
  const tags = new NormaliseColumns();
  if (config) tags.set(0, config);
  return normalise(tags, { maxAheadUs: 1e6, onSkew: (tag, aheadUs) => skews.push([tag, aheadUs]) });
}
const run = (config: NormaliseConfig | undefined, ...rows: Row[]) => stageFor(config)(batchOf(...rows));
const only = (config: NormaliseConfig | undefined, value: Value, quality?: number) => {
  const out = run(config, quality === undefined ? { value } : { value, quality });
  const wide = wideAt(out, 0);
  return { value: wide === undefined ? at(out.value, 0) : wide, quality: at(out.quality, 0) };
};

test('a batch in which nothing has to change is handed on as it is', () => {
  const batch = batchOf({ value: 5 }, { value: Number.NaN, quality: Quality.badDeviceFailure });
  assert.equal(stageFor({ type: 'number', range: [0, 10] })(batch), batch);
});

test('numbers are scaled by factor, then offset', () => {
  const scale = { factor: 0.5, offset: -10 };
  assert.deepEqual(only({ type: 'number', scale }, 100), { value: 40, quality: Quality.good });
});

test('the range is that of the scaled value; outside of it the value is kept as uncertain', () => {
  const config: NormaliseConfig = { type: 'number', scale: { factor: 0.1, offset: 0 }, range: [0, 50] };
  assert.equal(only(config, 500).quality, Quality.good);
  assert.deepEqual(only(config, 600), { value: 60, quality: Quality.uncertainRangeExceeded });
  assert.equal(only(config, -1).quality, Quality.uncertainRangeExceeded);
});

test('NaN and infinite numbers are bad, also when scaling made them so', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.equal(only({ type: 'number' }, value).quality, Quality.badOutOfRange);
    assert.equal(
      only({ type: 'number', range: [0, 1] }, value, Quality.uncertain).quality,
      Quality.badOutOfRange,
    );
    assert.equal(only(undefined, value).quality, Quality.badOutOfRange);
  }
  assert.equal(
    only({ type: 'number', scale: { factor: 10, offset: 0 } }, 1e308).quality,
    Quality.badOutOfRange,
  );
});

test('a row that is bad already keeps the status of the device, and an uncertain one its reason', () => {
  assert.equal(
    only({ type: 'number', range: [0, 1] }, Number.NaN, Quality.badSensorFailure).quality,
    Quality.badSensorFailure,
  );
  const uncertain = Quality.uncertainSensorNotAccurate;
  assert.equal(only({ type: 'number', range: [0, 1] }, 7, uncertain).quality, uncertain);
});

const big = 9_007_199_254_740_993n;
const typed: [TagType, Value, number][] = [
  ['boolean', true, Quality.good],
  ['boolean', 0, Quality.good],
  ['boolean', 2, Quality.badTypeMismatch],
  ['boolean', Number.NaN, Quality.badTypeMismatch],
  ['enum', 3, Quality.good],
  ['enum', 1.5, Quality.badTypeMismatch],
  ['enum', 'on', Quality.badTypeMismatch],
  ['number', 'text', Quality.badTypeMismatch],
  ['number', null, Quality.badTypeMismatch],
  ['int64', big, Quality.good],
  ['int64', 5, Quality.badTypeMismatch],
  ['int64', '5', Quality.badTypeMismatch],
  ['text', 'text', Quality.good],
  ['text', 5, Quality.badTypeMismatch],
  ['text', big, Quality.badTypeMismatch],
  ['structure', { a: 1 }, Quality.good],
  ['structure', [1, 2], Quality.good],
  ['structure', Uint8Array.of(1), Quality.good],
  ['structure', null, Quality.badTypeMismatch],
  ['structure', 'text', Quality.badTypeMismatch],
];
for (const [type, value, quality] of typed) {
  test(`a row of type ${type} that holds ${typeof value} ${String(value)} gets quality ${quality}`, () => {
    assert.deepEqual(only({ type }, value), { value: value === true ? 1 : value, quality });
  });
}

test('a code without a name makes an enum uncertain', () => {
  const config: NormaliseConfig = { type: 'enum', states: { 0: 'stopped', 1: 'running' } };
  assert.equal(only(config, 1).quality, Quality.good);
  assert.deepEqual(only(config, 2), { value: 2, quality: Quality.uncertain });
});

test('64-bit integers stay exact, and their range is compared exactly', () => {
  assert.deepEqual(only({ type: 'int64' }, big), { value: big, quality: Quality.good });
  const config: NormaliseConfig = { type: 'int64', range: [0, 9_007_199_254_740_992] };
  assert.deepEqual(only(config, big), { value: big, quality: Quality.uncertainRangeExceeded });
});

test('scaled 64-bit integers become doubles, and the other wide rows stay in place', () => {
  const tags = new NormaliseColumns();
  tags.set(0, { type: 'int64', scale: { factor: 0.001, offset: 1 } });
  tags.set(1, { type: 'text' });
  const rows = [{ tag: 1, value: 'a' }, { value: 5000n }, { tag: 1, value: 'b' }, { value: 7000n }];
  const out = normalise(tags, { maxAheadUs: 0 })(batchOf(...rows));
  assert.deepEqual([...out.value], [Number.NaN, 6, Number.NaN, 8]);
  assert.deepEqual(out.wide, { row: Uint32Array.of(0, 2), value: ['a', 'b'] });
  assert.equal(run({ type: 'number' }, { value: 5n }).wide, undefined);
});

test('a time too far ahead becomes the arrival time, uncertain, and the skew is reported', () => {
  const skews: [number, number][] = [];
  const stage = stageFor({ type: 'number', range: [0, 10] }, skews);
  const ahead = NOW + 1e6 + 1;
  const out = stage(
    batchOf(
      { value: 1, timeUs: NOW + 1e6 },
      { value: 2, timeUs: ahead },
      { value: 3, timeUs: ahead, quality: Quality.badSensorFailure },
      { value: 40, timeUs: ahead },
    ),
  );
  assert.deepEqual([...out.timeUs], [NOW + 1e6, NOW, NOW, NOW]);
  const { good, uncertain, badSensorFailure, uncertainRangeExceeded } = Quality;
  assert.deepEqual([...out.quality], [good, uncertain, badSensorFailure, uncertainRangeExceeded]);
  assert.deepEqual(skews, [
    [0, 1e6 + 1],
    [0, 1e6 + 1],
    [0, 1e6 + 1],
  ]);
});

test('a row without a usable time gets the arrival time and keeps its quality', () => {
  const skews: [number, number][] = [];
  const times = [Number.NaN, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  const out = stageFor({ type: 'number' }, skews)(batchOf(...times.map((timeUs) => ({ value: 1, timeUs }))));
  assert.deepEqual([...out.timeUs], [NOW, NOW, NOW, NOW, 0]);
  assert.deepEqual([...out.quality], [0, 0, 0, 0, 0]);
  assert.deepEqual(skews, []);
});

test('a tag may be configured, and changed, at run time', () => {
  const tags = new NormaliseColumns();
  const stage = normalise(tags, { maxAheadUs: 0 });
  const tag = 5000;
  assert.equal(stage(batchOf({ tag, value: 2 })).value[0], 2);
  tags.set(tag, { type: 'number', scale: { factor: 2, offset: 0 } });
  assert.equal(stage(batchOf({ tag, value: 2 })).value[0], 4);
  tags.set(tag, { type: 'boolean' });
  assert.equal(stage(batchOf({ tag, value: 2 })).quality[0], Quality.badTypeMismatch);
});

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.double(),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.string(),
  fc.constant(null),
  fc.constant([1]),
);
const anyConfig: fc.Arbitrary<NormaliseConfig> = fc.record({
  type: fc.constantFrom<TagType[]>('number', 'boolean', 'enum', 'int64', 'text', 'structure'),
  scale: fc.option(fc.record({ factor: fc.constantFrom(0.1, 1, -3), offset: fc.constantFrom(0, 7) }), {
    nil: undefined,
  }),
  range: fc.option(fc.constant([-10, 10] as const), { nil: undefined }),
});
const anyRow = fc.record({
  value: anyValue,
  quality: fc.constantFrom(Quality.good, Quality.uncertainSubstitute, Quality.badTimeout),
  timeUs: fc.oneof(fc.constant(NOW), fc.constant(NOW * 2), fc.double()),
});

test('whatever comes in: the batch given stays as it was, no quality improves, and good means usable', () => {
  fc.assert(
    fc.property(fc.array(anyRow), anyConfig, (rows, config) => {
      const given = batchOf(...rows);
      const before = structuredClone(given);
      const out = stageFor(config)(given);
      assert.deepEqual(given, before);
      assert.equal(out.rows, given.rows);
      for (let i = 0; i < out.rows; i++) {
        assert.ok(at(out.quality, i) >>> 14 >= at(given.quality, i) >>> 14);
        if (isBad(at(given.quality, i))) assert.equal(out.quality[i], given.quality[i]);
        assert.ok(at(out.timeUs, i) >= 0 && at(out.timeUs, i) <= NOW + 1e6);
        if (isBad(at(out.quality, i))) continue;
        const wide = wideAt(out, i);
        assert.ok(wide === undefined ? Number.isFinite(at(out.value, i)) : wide !== null);
      }
    }),
  );
});

test('settings of one tag change, or go, without touching another', () => {
  const tags = new NormaliseColumns();
  const stage = normalise(tags, { maxAheadUs: 1e6 });
  const scale = { factor: 2, offset: 0 };
  tags.set(0, { type: 'number', scale, range: [0, 5] });
  tags.set(1, { type: 'enum', states: { 1: 'on' } });
  const rows = () => {
    const out = stage(batchOf({ value: 3 }, { value: 3, tag: 1 }));
    return [...out.value].map((value, i) => [value, at(out.quality, i)]);
  };
  const unnamed = [3, Quality.uncertain];
  assert.deepEqual(rows(), [[6, Quality.uncertainRangeExceeded], unnamed]);
  tags.set(0, { type: 'number', scale: { factor: 3, offset: 1 } });
  assert.deepEqual(rows(), [[10, Quality.good], unnamed]);
  tags.clear(0);
  assert.deepEqual(rows(), [[3, Quality.good], unnamed]);
  tags.clear(1);
  assert.deepEqual(rows()[1], [3, Quality.good]);
});
