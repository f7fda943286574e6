import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOCK_STATE, ClockKeeper, lastClocks } from '#edge/clock-record.ts';
import type { Opened } from '#journal/api.ts';
import { ManualClock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';

const opened = (lastSteadyUs: number, clock?: Json): Opened => ({
  id: undefined,
  tags: [],
  state: new Map(clock === undefined ? [] : [[CLOCK_STATE, clock]]),
  cursors: new Map(),
  lastSteadyUs,
  lastWallUs: 0,
  epoch: 1,
  damage: [],
});

test('what was journaled after the record tells when the run ended, on both clocks', () => {
  const record = { steadyUs: 100, wallUs: 5000 };
  assert.deepEqual(lastClocks({ opened: opened(400, record) }), { steadyUs: 400, wallUs: 5300 });
  assert.deepEqual(lastClocks({ opened: opened(50, record) }), record);
});

test('without a record both clocks were equal, and a new folder has none', () => {
  assert.deepEqual(lastClocks({ opened: opened(400) }), { steadyUs: 400, wallUs: 400 });
  assert.equal(lastClocks({ opened: opened(0) }), undefined);
});

test('the record is made at start, renewed when the clock jumps and once a day, and otherwise left alone', async () => {
  const clock = new ManualClock();
  const saved: Json[] = [];
  const keeper = new ClockKeeper(clock, (state) => saved.push(state));
  keeper.look();
  assert.equal(saved.length, 1);
  await clock.advance(60_000);
  keeper.look();
  assert.equal(saved.length, 1);
  clock.step(3_600_000);
  keeper.look();
  assert.deepEqual(saved[1], { steadyUs: clock.steadyUs(), wallUs: clock.nowUs() });
  await clock.advance(86_400_000);
  keeper.look();
  assert.equal(saved.length, 3);
});
