import assert from 'node:assert/strict';
import { test } from 'node:test';
import { show } from '#decide/detectors/fixture.ts';
import { kindOf } from '#decide/detectors/learned.ts';
import { MODEL, Model, modelOf } from '#decide/detectors/model.ts';

const NAN = Number.NaN;
const scores = (...values: number[]): number[][] => values.map((one) => [one]);

test('a score is found once it is beyond its limit for some moments, and ends well below', () => {
  const detector = new Model(modelOf(['score'], { ...MODEL, limit: 2 }));
  assert.deepEqual(show(detector, scores(1, 3, 3, 1, 3, 3, 3, 1.9, 1.5)), [
    ...[false, false, false, false, false, false],
    ...[true, true, false],
  ]);
  show(detector, scores(4));
  assert.deepEqual([detector.ratio, detector.reasons()[0]?.text], [2, 'the model gives 4; 2 is its limit']);
  show(detector, scores(-9));
  assert.equal(detector.ratio, 0, 'a score below 0 says that all is well');
});

test('errors of a reconstruction are the score and the reasons, named as the signals that they are of', () => {
  const signals = ['m-error-flow', 'm-error-current', 'flow', 'current'];
  const detector = new Model(modelOf(signals, MODEL));
  const found = show(
    detector,
    Array.from({ length: 3 }, () => [3, 4, 120, 5]),
  );
  assert.deepEqual(found, [false, false, true]);
  assert.ok(Math.abs(detector.ratio - Math.sqrt(12.5)) < 1e-12);
  const [first, second] = detector.reasons(['1', '1', 'm3/h', 'A']);
  assert.deepEqual([first?.signal, first?.value, second?.signal], ['current', 5, 'flow']);
  assert.ok(Math.abs((first?.share ?? 0) - 16 / 25) < 1e-12);
  assert.equal(first?.text, 'current at 5 A is not what the model makes of it: it is off by 4');
});

test('while the model gives nothing, nothing is known and a finding stays as it is; a restart goes on', () => {
  const detector = new Model(modelOf(['score'], MODEL));
  show(detector, scores(5, 5, 5));
  assert.deepEqual(show(detector, scores(NAN, NAN), 3), [true, true]);
  assert.ok(Number.isNaN(detector.ratio));
  assert.deepEqual(detector.reasons(), []);
  const head = new Model(modelOf(['score'], MODEL));
  const tail = new Model(modelOf(['score'], MODEL));
  show(head, scores(5, 5));
  tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
  assert.deepEqual(show(tail, scores(5), 2), [true]);
  assert.equal(tail.sinceUs, detector.sinceUs);
});

test('settings that make no sense are told', () => {
  const fresh = kindOf('model')?.fresh ?? assert.fail();
  assert.throws(() => fresh(['score'], { limit: 0 }), /limit is 0; it must be above 0/);
  assert.throws(() => fresh(['score'], { moments: 0 }), /moments is 0/);
  assert.throws(() => fresh(['a', 'b', 'c'], {}), /an error for each signal/);
});
