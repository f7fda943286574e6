import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noise } from '#decide/detectors/fixture.ts';
import { timeToLimit } from '#decide/detectors/trend.ts';

const HOUR_US = 3600e6;
const hours = (count: number): number[] => Array.from({ length: count }, (_, i) => i * HOUR_US);

test('a line without noise is met where it is met, from either side', () => {
  const rising = timeToLimit(
    hours(21),
    Array.from({ length: 21 }, (_, i) => i),
    30,
    'above',
  );
  assert.ok(rising && Math.abs(rising.us / HOUR_US - 10) < 1e-9);
  assert.ok(Math.abs(rising.fromUs - rising.toUs) < 1);
  const falling = timeToLimit(
    hours(21),
    Array.from({ length: 21 }, (_, i) => 40 - i),
    15,
    'below',
  );
  assert.ok(falling && Math.abs(falling.us / HOUR_US - 5) < 1e-9);
});

test('never where it leads away, at once where it is beyond', () => {
  const values = Array.from({ length: 21 }, (_, i) => i);
  assert.equal(timeToLimit(hours(21), values, -5, 'below')?.us, Number.POSITIVE_INFINITY);
  assert.equal(timeToLimit(hours(21), values, 15, 'above')?.us, 0);
});

test('the interval holds the truth in about four of five cases', () => {
  const random = noise(41);
  let held = 0;
  for (let run = 0; run < 1000; run++) {
    const value = hours(60).map((_, i) => 0.1 * i + random());
    const left = timeToLimit(hours(60), value, 10, 'above');
    assert.ok(left);
    const truthUs = (100 - 59) * HOUR_US;
    if (left.fromUs <= truthUs && truthUs <= left.toUs) held++;
  }
  assert.ok(held > 740 && held < 880, `${held} of 1000`);
});

test('too few values, or all of one time, say nothing', () => {
  const few = [1, 2, Number.NaN, 3, 4, 5, 6, 7, 8, 9];
  assert.equal(timeToLimit(hours(10), few, 20, 'above'), undefined);
  assert.equal(timeToLimit(hours(12).fill(0), hours(12), 20, 'above'), undefined);
});
