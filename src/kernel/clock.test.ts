import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, systemClock, timeOff } from '#kernel/clock.ts';

const HOUR_US = 3_600e6;
const DAY_US = 24 * HOUR_US;

test('the first steady clock starts at the wall clock', () => {
  const before = Date.now() * 1000;
  assert.ok(systemClock().steadyUs() >= before);
});

test('the steady clock goes on by the time off, also where the wall clock was corrected long after the start', () => {
  const nowUs = Date.now() * 1000;
  // Began in 1970, was corrected, and has been off for two hours.
  const last = { steadyUs: 3 * DAY_US, wallUs: nowUs - 2 * HOUR_US };
  const goneUs = systemClock(last).steadyUs() - last.steadyUs;
  assert.ok(goneUs >= 2 * HOUR_US && goneUs < 2.1 * HOUR_US, `${goneUs}`);
});

test('a wall clock that cannot be believed moves no duration', () => {
  const nowUs = Date.now() * 1000;
  for (const aheadUs of [-20_000 * DAY_US, -HOUR_US, 31 * DAY_US, 20_000 * DAY_US]) {
    const last = { steadyUs: 5 * DAY_US, wallUs: nowUs - aheadUs };
    const goneUs = systemClock(last).steadyUs() - last.steadyUs;
    assert.ok(goneUs >= 0 && goneUs < 60e6, `${aheadUs}: ${goneUs}`);
    assert.ok(Math.abs(timeOff(last, nowUs).jumpUs - aheadUs) < 1);
  }
});

test('a clock that is trimmed by less than a second is believed', () => {
  assert.deepEqual(timeOff({ steadyUs: 1, wallUs: 5e6 }, 4.5e6), { offUs: 0, jumpUs: 0 });
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
