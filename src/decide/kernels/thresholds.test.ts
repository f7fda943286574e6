import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Comparison } from '#decide/expressions/threshold.ts';
import { Thresholds } from '#decide/kernels/thresholds.ts';
import type { Truth, Unknown } from '#decide/sink.ts';
import { Quality } from '#kernel/quality.ts';

const MEANING: { readonly [op in Comparison]: (value: number, limit: number) => boolean } = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
};
const OPS = Object.keys(MEANING) as Comparison[];

function one(op: Comparison, limit: number, deadband = 0, held = false) {
  const told: Truth[] = [];
  const why: (Unknown | undefined)[] = [];
  const decide = (truth: Truth, reason: Unknown | undefined) => {
    told.push(truth);
    why.push(reason);
  };
  const sink = { decide };
  const thresholds = new Thresholds(
    [{ name: 'x', threshold: { tag: 0, op, limit }, deadband, sink, held }],
    1,
  );
  return {
    told,
    why,
    row: (value: number, quality: number = Quality.good) => thresholds.row(0, value, quality, 0),
  };
}

test('a kernel tells exactly the changes of its comparison, also next to the limit', () => {
  const number = fc.oneof(
    fc.constantFrom(
      0,
      -0,
      1,
      -1,
      Number.MIN_VALUE,
      -Number.MIN_VALUE,
      Infinity,
      -Infinity,
      1 + Number.EPSILON,
    ),
    fc.double({ noNaN: true }),
  );
  const limits = number.filter(Number.isFinite);
  fc.assert(
    fc.property(fc.constantFrom(...OPS), limits, fc.array(number), (op, limit, values) => {
      const kernel = one(op, limit);
      const expected: Truth[] = [];
      for (const value of [...values, limit]) {
        const truth = MEANING[op](value, limit);
        if (expected.at(-1) !== truth) expected.push(truth);
        kernel.row(value);
      }
      assert.deepEqual(kernel.told, expected);
    }),
  );
});

test('a deadband holds the condition until the value is that far inside', () => {
  const cases: readonly [Comparison, readonly number[], readonly boolean[]][] = [
    ['>', [10, 10.1, 9.5, 9.01, 9, 9.5, 10.1], [false, true, false, true]],
    ['>=', [10, 9, 8.9, 9.5], [true, false]],
    ['<', [10, 9.9, 10.5, 11, 10.5], [false, true, false]],
    ['<=', [10, 11, 11.1, 10.5], [true, false]],
  ];
  for (const [op, values, told] of cases) {
    const kernel = one(op, 10, 1);
    for (const value of values) kernel.row(value);
    assert.deepEqual(kernel.told, told, op);
  }
});

test('bad and NaN are unknown and not healthy; the deadband goes on behind them', () => {
  const kernel = one('>', 10, 1);
  kernel.row(11);
  kernel.row(1, Quality.badSensorFailure);
  kernel.row(Number.NaN);
  kernel.row(9.5);
  assert.deepEqual(kernel.told, [true, undefined, true]);
});

test('an input that is lost is told, also where it was bad before', () => {
  const kernel = one('>', 10);
  for (const quality of [Quality.badDecoding, Quality.badTimeout, Quality.badSensorFailure])
    kernel.row(0, quality);
  assert.deepEqual(kernel.why, ['bad', 'lost', 'bad']);
});

test('an uncertain value counts', () => {
  const kernel = one('>', 10);
  kernel.row(500, Quality.uncertainRangeExceeded);
  assert.deepEqual(kernel.told, [true]);
});

test('a first row that is bad is told; one that only says that nothing came is not', () => {
  const kernel = one('>', 10);
  kernel.row(0, Quality.badWaitingForInitialData);
  assert.deepEqual(kernel.told, []);
  kernel.row(0, Quality.badNoCommunication);
  assert.deepEqual(kernel.told, [undefined]);
});

test('each tag meets its own thresholds only, in the order in which they were given', () => {
  const told: string[] = [];
  const entry = (tag: number, name: string) => ({
    name: `x${tag}`,
    threshold: { tag, op: '>' as const, limit: 0 },
    deadband: 0,
    held: false,
    sink: { decide: () => void told.push(name) },
  });
  const thresholds = new Thresholds([entry(2, 'c'), entry(0, 'a'), entry(2, 'd'), entry(0, 'b')], 4);
  assert.equal(thresholds.row(0, 1, Quality.good, 0), 2);
  assert.equal(thresholds.row(1, 1, Quality.good, 0), 0);
  assert.equal(thresholds.row(2, 1, Quality.good, 0), 2);
  assert.equal(thresholds.row(3, 1, Quality.good, 0), 0);
  assert.deepEqual(told, ['a', 'b', 'c', 'd']);
});
