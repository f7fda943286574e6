import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaleRows } from '#edge/stale-rows.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { ManualClock } from '#kernel/clock.ts';

function batchOf(tags: readonly number[], receivedUs: number): Batch {
  const batch = allocBatch(tags.length, { receivedUs });
  batch.tag.set(tags);
  batch.timeUs.fill(receivedUs);
  return batch;
}

/** Tag 1 means something else, tag 2 is gone. */
function changing() {
  const clock = new ManualClock();
  const stale = new StaleRows('plc', clock);
  stale.begin([
    { tag: 1, kept: true },
    { tag: 2, kept: false },
  ]);
  const take = (tags: readonly number[], receivedUs = clock.nowUs()) => {
    const { batch, gaps = [] } = stale.without({ batch: batchOf(tags, receivedUs) });
    return { tags: [...batch.tag], gaps };
  };
  return { clock, stale, take };
}

test('rows read before a change are left out, and those of a tag that the site still has are a counted gap', () => {
  const { clock, take } = changing();
  const { tags, gaps } = take([0, 1, 2, 1, 3]);
  assert.deepEqual(tags, [0, 3]);
  const nowUs = clock.nowUs();
  assert.deepEqual(gaps, [
    { source: 'plc', tags: [1], fromUs: nowUs, toUs: nowUs, count: 2, reason: 'config-changed' },
  ]);
  assert.deepEqual(take([2, 0]), { tags: [0], gaps: [] });
});

test('rows that arrive after the source has changed are new, whatever still lay in its inbox', async () => {
  const { clock, stale, take } = changing();
  stale.end();
  const changedUs = clock.nowUs();
  assert.deepEqual(take([1, 0], changedUs - 1).tags, [0]);
  await clock.advance(1);
  assert.deepEqual(take([1, 0]).tags, [1, 0]);
  assert.ok(stale.none, 'nothing is looked at any more');
});

test('a wall clock that is set back does not keep rows out for long', async () => {
  const { clock, stale, take } = changing();
  stale.end();
  clock.step(-3_600_000);
  assert.deepEqual(take([1]).tags, []);
  await clock.advance(2001);
  assert.deepEqual(take([1]).tags, [1]);
});
