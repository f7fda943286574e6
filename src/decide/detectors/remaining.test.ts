import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noise, period, rowsOf, show } from '#decide/detectors/fixture.ts';
import { learnRemaining, REMAINING, RemainingLife } from '#decide/detectors/remaining.ts';

/** Wear grows towards the end of a life; the other signal has nothing to do with it. */
function life(length: number, seed: number): ReturnType<typeof period> {
  const random = noise(seed);
  return period(['wear', 'other', 'fixed'], length, (i) => [
    10 * Math.exp((i - length) / 40) + 0.2 * random(),
    random(),
    7,
  ]);
}

const settings = { ...REMAINING, functions: 80 };
const learned = learnRemaining(
  Array.from({ length: 20 }, (_, i) => life(120 + 6 * i, i + 1)),
  settings,
);

test('tells how much of a life is left that it has not seen', () => {
  const rows = rowsOf(life(200, 99));
  const detector = new RemainingLife(learned);
  const found = show(detector, rows.slice(0, 180));
  assert.ok(Math.abs(detector.estimate - 19) < 12, `about 19: ${detector.estimate}`);
  assert.ok(detector.low <= detector.estimate && detector.estimate <= detector.high);
  assert.ok(found.at(-1) && !found[60], 'warns near the end and not before');
  assert.equal(detector.reasons()[0]?.signal, 'wear');
});

test('far from the end is just far', () => {
  const detector = new RemainingLife(learned);
  show(detector, rowsOf(life(400, 98)).slice(0, 100));
  assert.ok(detector.estimate > 90, String(detector.estimate));
});

test('once it was made new its old wear says nothing', () => {
  const detector = new RemainingLife(learned);
  show(detector, rowsOf(life(200, 96)));
  assert.equal(detector.found, true);
  detector.renew();
  assert.deepEqual([detector.found, detector.ratio], [false, Number.NaN]);
  const again = rowsOf(life(200, 95)).slice(0, 60);
  const found = show(detector, again, 200);
  assert.ok(!found.some(Boolean), 'nothing of a new one is near its end');
  const fresh = new RemainingLife(learned);
  show(fresh, again, 200);
  assert.deepEqual(detector.snapshot(), fresh.snapshot());
});

test('goes on from a snapshot', () => {
  const rows = rowsOf(life(200, 97));
  const whole = new RemainingLife(learned);
  show(whole, rows);
  const head = new RemainingLife(learned);
  show(head, rows.slice(0, 77));
  const tail = new RemainingLife(learned);
  tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
  show(tail, rows.slice(77), 77);
  assert.equal(tail.estimate, whole.estimate);
  assert.equal(tail.sinceUs, whole.sinceUs);
});
