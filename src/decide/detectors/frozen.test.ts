import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noise, period, show } from '#decide/detectors/fixture.ts';
import { Frozen, learnFrozen } from '#decide/detectors/frozen.ts';

const random = noise(4);
/** A level in whole litres stands for some moments, a flow never does, a spare input always. */
const row = (i: number): number[] => [Math.floor(i / 6), random(), 0];
const learned = learnFrozen(period(['level', 'flow', 'spare'], 300, row));

test('knows how long each signal stood still, and does not watch one that never moved', () => {
  assert.deepEqual(learned.state.longest, [6, 1, null]);
});

test('a frozen flow is found after ten moments, and ends with its first movement', () => {
  const detector = new Frozen(learned);
  const found = show(
    detector,
    Array.from({ length: 40 }, (_, i) => [Math.floor(i / 6), i < 20 ? random() : 3, 0]),
  );
  // The eleventh equal value is the first that is more than ten.
  assert.equal(found.indexOf(true), 30);
  const [first] = detector.reasons();
  assert.equal(first?.signal, 'flow');
  assert.match(first.text, /^flow has been 3 for 20 moments, 20 times as long as it ever stood still$/);
  assert.deepEqual(show(detector, [[7, 3.1, 0]], 40), [false]);
});

test('signals that stand as long as they used to are well', () => {
  assert.equal(
    show(
      new Frozen(learned),
      Array.from({ length: 200 }, (_, i) => row(i)),
    ).some(Boolean),
    false,
  );
});

test('a missing value neither ends nor lengthens a standstill; a snapshot keeps it', () => {
  const detector = new Frozen(learned);
  show(detector, [[1, 5, 0], ...Array.from({ length: 50 }, (_, i) => [i, Number.NaN, 0])]);
  assert.equal(detector.found, false);
  show(
    detector,
    Array.from({ length: 9 }, (_, i) => [i, 5, 0]),
    51,
  );
  const next = new Frozen(learned);
  next.restore(JSON.parse(JSON.stringify(detector.snapshot())));
  assert.deepEqual(show(next, [[90, 5, 0]], 60), [true]);
});
