import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DayRate } from '#edge/day-rate.ts';

test('the wear of the flash is that of the last hour, without the first minute', () => {
  const wear = new DayRate(0);
  wear.note(30e6, 8_000_000);
  assert.equal(wear.perDay, undefined);
  for (let s = 60; s <= 7260; s += 1) wear.note(s * 1e6, 8_000_000 + s * 100);
  assert.equal(wear.perDay, 8_640_000);
});
