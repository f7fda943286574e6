import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockWatch } from '#edge/clock-watch.ts';
import { ManualClock } from '#kernel/clock.ts';

test('a wall clock that jumps either way is one security event that says how far', () => {
  const clock = new ManualClock();
  const watch = new ClockWatch(clock);
  clock.step(-3_600_000);
  assert.equal(watch.check()?.detail?.byS, -3600);
  assert.equal(watch.check(), undefined);
  clock.step(50 * 365 * 86_400_000);
  assert.equal(watch.check()?.name, 'security.clock-jump');
  assert.equal(watch.jumps, 2);
});

test('drift within a second between two looks is no jump', async () => {
  const clock = new ManualClock();
  const watch = new ClockWatch(clock);
  await clock.advance(3_600_000);
  clock.step(900);
  assert.equal(watch.check(), undefined);
  assert.deepEqual(watch.corrected, { steadyUs: clock.steadyUs(), byUs: 900_000 });
});

test('a box that wakes up before its own past says so at start', () => {
  const clock = new ManualClock(0);
  const watch = new ClockWatch(clock);
  assert.equal(watch.atStart({ steadyUs: 1.7e15, wallUs: 1.7e15 })?.name, 'security.clock-jump');
  assert.equal(watch.atStart(undefined), undefined);
});

test('a box that wakes up years ahead says so at start, and one that was off for days does not', () => {
  const clock = new ManualClock(1.7e15);
  const watch = new ClockWatch(clock);
  assert.equal(watch.atStart({ steadyUs: 5, wallUs: 1.4e15 })?.detail?.byS, 3e8);
  assert.equal(watch.atStart({ steadyUs: 5, wallUs: 1.7e15 - 5 * 86_400e6 }), undefined);
});
