import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrainRate } from '#edge/drain-rate.ts';

test('a backlog that drains faster than it grows says when it is empty', () => {
  const rate = new DrainRate();
  for (let second = 0; second <= 60; second++) rate.sample(second * 1e6, second * 500, second * 100);
  assert.deepEqual(rate.read(60e6, 60 * 500, 60 * 100, 8000), { rowsPerS: 500, emptyInS: 20 });
});

test('only the last ten seconds count', () => {
  const rate = new DrainRate();
  for (let second = 0; second <= 60; second++)
    rate.sample(second * 1e6, second < 30 ? second * 1000 : 30_000, 0);
  assert.deepEqual(rate.read(60e6, 30_000, 0, 10), { rowsPerS: 0, emptyInS: undefined });
});

test('one that grows faster than it drains has no end, and one that is empty needs no time', () => {
  const rate = new DrainRate();
  rate.sample(0, 0, 0);
  assert.deepEqual(rate.read(1e6, 10, 20, 5), { rowsPerS: 10, emptyInS: undefined });
  assert.equal(rate.read(1e6, 10, 20, 0).emptyInS, 0);
});
