import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '#access/tally.ts';
import { ManualClock } from '#kernel/clock.ts';

test('a thousand failures are one told now and one with the count a minute later', async () => {
  const clock = new ManualClock();
  const tally = new Tally(clock);
  const told = Array.from({ length: 1000 }, () => tally.count('127.0.0.1')).filter((count) => count > 0);
  await clock.advance(61_000);
  assert.deepEqual([...told, tally.count('127.0.0.1')], [1, 1000]);
});

test('a flood under a hundred thousand names is told some hundred times a minute, and holds no memory', () => {
  const tally = new Tally(new ManualClock());
  const told = Array.from({ length: 100_000 }, (_, i) => tally.count(`name ${i}`)).filter(
    (count) => count > 0,
  );
  assert.ok(told.length <= 256, `${told.length} times`);
});
