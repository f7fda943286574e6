import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, milliseconds, minutes } from '#cli/duration.ts';

test('a number alone has the unit of its option; a unit that is written counts everywhere', () => {
  assert.deepEqual(
    [duration('5', '--for'), minutes('5', '--for'), milliseconds('5', '--lease')],
    [5000, 5, 5],
  );
  assert.deepEqual(
    [duration('2h', '--for'), minutes('2h', '--for'), milliseconds('2h', '--lease')],
    [7_200_000, 120, 7_200_000],
  );
  for (const read of [duration, minutes, milliseconds])
    for (const wrong of ['soon', '', '-1', '1x', '1.', 'NaN'])
      assert.throws(() => read(wrong, '--for'), { code: 'cli.usage', message: `--for ${wrong}: not a time` });
});
