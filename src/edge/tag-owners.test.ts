import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NewestTimes } from '#edge/newest-times.ts';
import { TagOwners } from '#edge/tag-owners.ts';
import type { Item } from '#journal/api.ts';
import { allocBatch } from '#kernel/batch.ts';

test('a path of the site file or of another source is not given away', () => {
  const owners = new TagOwners(['a/pump/speed']);
  assert.throws(() => owners.claim('a/pump/speed', 'broker'), { code: 'tag.owned' });
  assert.equal(owners.claim('a/found', 'broker'), true);
  assert.equal(owners.claim('a/found', 'broker'), false);
  assert.throws(() => owners.claim('a/found', 'other'), /belongs to source broker/);
  assert.equal(owners.claim('a/found', 'broker'), false, 'a refused claim changes nothing');
});

function batchOf(tag: number, timeUs: number) {
  const batch = allocBatch(1, { receivedUs: 1e9 });
  batch.tag[0] = tag;
  batch.timeUs[0] = timeUs;
  return batch;
}

test('the newest source time is that of this run or an earlier one; arrival and far future say nothing', () => {
  let read = 0;
  const item = (tag: number, timeUs: number): Item => ({
    kind: 'batch',
    seq: 1,
    batch: batchOf(tag, timeUs),
    mark: { source: 's', atUs: 0 },
  });
  const newest = new NewestTimes(() => {
    read++;
    return [item(1, 500), item(2, 700)];
  }, assert.ifError);
  newest.take(batchOf(1, 600));
  newest.take(batchOf(1, 550));
  newest.take(batchOf(3, 1e9));
  newest.take(batchOf(3, 2e9));
  assert.equal(read, 0);
  assert.deepEqual(
    [0, 1, 2, 3, 4000].map((tag) => newest.of(tag)),
    [0, 600, 700, 0, 0],
  );
  assert.equal(read, 1);
});

test('a journal that cannot be read is told, and ends nothing', () => {
  const told: unknown[] = [];
  const fault = new Error('unable to open database file');
  const newest = new NewestTimes(
    () => {
      throw fault;
    },
    (error) => told.push(error),
  );
  newest.take(batchOf(1, 600));
  assert.deepEqual([newest.of(1), newest.of(2)], [600, 0]);
  assert.deepEqual(told, [fault]);
});
