import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOn, minuteOfWeekIn } from './shifts.ts';

const at = (day: number, hour: number, minute = 0) => (day * 24 + hour) * 60 + minute;

test('a shift lasts from its first minute to before its last, on its days', () => {
  const day = { days: [1, 2], fromMin: 6 * 60, toMin: 14 * 60 };
  assert.deepEqual(
    [at(1, 6), at(1, 13, 59), at(1, 14), at(1, 5, 59), at(2, 8), at(3, 8)].map((minute) => isOn(day, minute)),
    [true, true, false, false, true, false],
  );
});

test('a shift over midnight and over the end of the week belongs to the day on which it begins', () => {
  const night = { days: [6], fromMin: 22 * 60, toMin: 6 * 60 };
  assert.deepEqual(
    [at(6, 23), at(0, 5, 59), at(0, 6), at(6, 5)].map((minute) => isOn(night, minute)),
    [true, true, false, false],
  );
});

test('equal ends are the whole day', () => {
  assert.equal(isOn({ days: [0], fromMin: 0, toMin: 0 }, at(0, 23, 59)), true);
  assert.equal(isOn({ days: [0], fromMin: 0, toMin: 0 }, at(1, 0)), false);
});

test('local time follows the zone, summer time included', () => {
  const berlin = minuteOfWeekIn('Europe/Berlin');
  assert.equal(berlin(Date.UTC(2026, 0, 4, 23) * 1000), at(1, 0)); // winter: an hour ahead
  assert.equal(berlin(Date.UTC(2026, 6, 5, 22) * 1000), at(1, 0)); // summer: two
  assert.throws(() => minuteOfWeekIn('Mars/Olympus'), RangeError);
});
