import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness } from '#edge/liveness.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

const SECOND = 1e6;

function row(tag: number, quality: number = Quality.good, late = false) {
  const batch = allocBatch(1, { receivedUs: 0, late });
  batch.tag[0] = tag;
  batch.quality[0] = quality;
  return batch;
}

test('a tag that brings nothing for its time turns bad, once', () => {
  const liveness = new Liveness();
  liveness.watch(4, 5 * SECOND, 0);
  assert.equal(liveness.overdue([4], 5 * SECOND, 1), undefined);
  const stale = liveness.overdue([4], 5 * SECOND + 1, 1);
  assert.deepEqual([...(stale?.tag ?? [])], [4]);
  assert.equal(stale?.quality[0], Quality.badNoCommunication);
  assert.equal(liveness.overdue([4], 60 * SECOND, 1), undefined);
});

test('arriving rows keep a tag alive, and one that went silent may go silent again', () => {
  const liveness = new Liveness();
  liveness.watch(4, 5 * SECOND, 0);
  liveness.seen(row(4), 4 * SECOND);
  assert.equal(liveness.overdue([4], 8 * SECOND, 1), undefined);
  assert.notEqual(liveness.overdue([4], 10 * SECOND, 1), undefined);
  liveness.seen(row(4), 11 * SECOND);
  assert.notEqual(liveness.overdue([4], 17 * SECOND, 1), undefined);
});

test('a lost source turns its tags bad at once, those too that speak only when something happens', () => {
  const liveness = new Liveness();
  liveness.watch(1, Number.POSITIVE_INFINITY, 0);
  liveness.watch(2, 5 * SECOND, 0);
  assert.equal(liveness.overdue([1], 1e15, 1), undefined);
  assert.deepEqual([...(liveness.lost([1, 2], 9)?.tag ?? [])], [1, 2]);
  assert.equal(liveness.lost([1, 2], 9), undefined);
});

test('a tag that its source has turned bad is not turned bad a second time', () => {
  const liveness = new Liveness();
  liveness.watch(4, 5 * SECOND, 0);
  liveness.seen(row(4, Quality.badTimeout), SECOND);
  assert.equal(liveness.overdue([4], 60 * SECOND, 1), undefined);
  assert.equal(liveness.lost([4], 1), undefined);
});

test('history does not make a tag fresh', () => {
  const liveness = new Liveness();
  liveness.watch(4, 5 * SECOND, 0);
  liveness.seen(row(4, Quality.good, true), 5 * SECOND);
  assert.notEqual(liveness.overdue([4], 6 * SECOND, 1), undefined);
  liveness.seen(row(4, Quality.good, true), 7 * SECOND);
  assert.equal(liveness.lost([4], 1), undefined, 'bad already, and still');
});
