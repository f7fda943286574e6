import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, systemClock } from '#kernel/clock.ts';

test('the steady clock goes on from the journal where the wall clock lies behind it', () => {
  const future = Date.now() * 1000 + 1e15;
  assert.ok(systemClock(future).steadyUs() >= future);
});

test('the steady clock starts at the wall clock where that is ahead', () => {
  const before = Date.now() * 1000;
  assert.ok(systemClock(1).steadyUs() >= before);
});

test('sleeping ends at once when aborted, with the reason', async () => {
  const reason = new Error('enough');
  await assert.rejects(systemClock().sleep(60_000, AbortSignal.abort(reason)), reason);
  const stop = new AbortController();
  const asleep = systemClock().sleep(60_000, stop.signal);
  stop.abort(reason);
  await assert.rejects(asleep, reason);
});

test('a manual clock wakes sleepers in order, and a jump of the wall clock wakes nobody', async () => {
  const clock = new ManualClock();
  const woke: number[] = [];
  for (const ms of [30, 10, 20]) void clock.sleep(ms).then(() => woke.push(ms));
  clock.step(1e9);
  await clock.advance(0);
  assert.deepEqual(woke, []);
  await clock.advance(25);
  assert.deepEqual(woke, [10, 20]);
});
