import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineOf, merged } from './trend-data.ts';

const END = { from: 0, to: 100 };
const series = (seconds: readonly number[], quality: readonly number[] = seconds.map(() => 0)) => ({
  tag: 'a',
  timeUs: seconds.map((one) => one * 1e6),
  value: seconds,
  quality,
});
const gap = (from: number, to: number) => ({
  tags: ['a'],
  fromUs: from * 1e6,
  toUs: to * 1e6,
  reason: 'link-down',
});
const known = (shares: readonly number[]) => ({
  tag: 'a',
  startUs: shares.map((_, i) => i * 10e6),
  columns: {},
  known: shares,
});

test('a line goes through samples that follow each other', () => {
  const { times, values, holes } = lineOf(series([1, 2, 3]), undefined, [], END);
  assert.deepEqual(times, [1, 2, 3]);
  assert.deepEqual(values, [1, 2, 3]);
  assert.deepEqual(holes, []);
});

test('a counted hole breaks the line, even one that ends where a sample stands', () => {
  const { values } = lineOf(series([10, 40, 50]), undefined, [gap(20, 40)], END);
  assert.deepEqual(values, [10, null, 40, 50]);
});

test('so does a stretch in which nothing is known, and the last one reaches to the end', () => {
  const { values, holes } = lineOf(series([5, 35]), known([1, 0, 0, 1, 0]), [], END);
  assert.deepEqual(values, [5, null, 35]);
  assert.deepEqual(holes, [
    { from: 10, to: 30 },
    { from: 40, to: 100 },
  ]);
});

test('bad values are not drawn, and uncertain ones are told', () => {
  const { values, doubts } = lineOf(series([1, 2, 3], [0, 0x8000, 0x4000]), undefined, [], END);
  assert.deepEqual(values, [1, null, 3]);
  assert.deepEqual(doubts, []);
  assert.deepEqual(lineOf(series([1, 2, 3], [0x4094, 0x4094, 0]), undefined, [], END).doubts, [
    { from: 1, to: 3 },
  ]);
});

test('no two samples with a hole between them are ever joined', () => {
  const second = fc.integer({ min: 0, max: 100 });
  const holes = fc.array(fc.tuple(second, second));
  fc.assert(
    fc.property(fc.uniqueArray(second, { minLength: 2 }), holes, (seconds, pairs) => {
      const gaps = pairs.map(([a, b]) => gap(Math.min(a, b), Math.max(a, b)));
      const { times, values, holes } = lineOf(
        series(seconds.toSorted((a, b) => a - b)),
        undefined,
        gaps,
        END,
      );
      for (let i = 1; i < times.length; i++) {
        if (values[i] === null || values[i - 1] === null) continue;
        const [a, b] = [times[i - 1] as number, times[i] as number];
        assert.ok(!holes.some(({ from, to }) => from < b && to > a), `${a} to ${b}`);
      }
    }),
  );
});

test('spans that touch become one', () => {
  assert.deepEqual(
    merged([
      { from: 5, to: 6 },
      { from: 1, to: 3 },
      { from: 3, to: 4 },
      { from: 2, to: 2 },
    ]),
    [
      { from: 1, to: 4 },
      { from: 5, to: 6 },
    ],
  );
});
