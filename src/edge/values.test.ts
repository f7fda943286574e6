import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PresentValues } from '#edge/values.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

test('a tag that never spoke waits for its first value', () => {
  const values = new PresentValues();
  assert.equal(values.get(7).quality, Quality.badWaitingForInitialData);
  assert.equal(values.get(7).seenUs, 0);
});

test('the newest row of a tag wins, numbers and wide values alike', () => {
  const values = new PresentValues();
  const rows = new BatchBuilder();
  rows.add(1, 10, 1.5);
  rows.addValue(300, 10, 2n ** 60n);
  rows.add(1, 11, 2.5);
  values.take(rows.take({ receivedUs: 20 }), 30);
  assert.deepEqual(values.get(1), { value: 2.5, timeUs: 11, quality: Quality.good, seenUs: 30 });
  assert.equal(values.get(300).value, 2n ** 60n);
});

test('a bad row takes the wide value away', () => {
  const values = new PresentValues();
  const rows = new BatchBuilder();
  rows.addValue(3, 1, 'running');
  values.take(rows.take({ receivedUs: 1 }), 1);
  rows.add(3, 2, Number.NaN, Quality.badNotConnected);
  values.take(rows.take({ receivedUs: 2 }), 2);
  assert.equal(values.get(3).value, Number.NaN);
});

test('late rows are history and change nothing', () => {
  const values = new PresentValues();
  const rows = new BatchBuilder();
  rows.add(1, 1, 5);
  values.take(rows.take({ receivedUs: 1, late: true }), 1);
  assert.equal(values.get(1).seenUs, 0);
});

test('a reader is told just of what changed since it looked', () => {
  const values = new PresentValues();
  const rows = new BatchBuilder();
  rows.add(1, 1, 5);
  values.take(rows.take({ receivedUs: 1 }), 1);
  const looked = values.version;
  rows.add(2, 1, 5);
  values.take(rows.take({ receivedUs: 1 }), 1);
  assert.equal(values.changedSince(1, looked), false);
  assert.equal(values.changedSince(2, looked), true);
});
