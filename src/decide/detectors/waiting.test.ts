import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detector } from '#decide/detectors/api.ts';
import { Balance, learnBalance } from '#decide/detectors/balance.ts';
import { Drift, learnDrift } from '#decide/detectors/drift.ts';
import { MINUTE_US, noise, period, show } from '#decide/detectors/fixture.ts';
import { LIMIT, Limit, limitOf } from '#decide/detectors/limit.ts';
import { learnNoise, Noise } from '#decide/detectors/noise.ts';
import { learnSeason, SEASON, Season } from '#decide/detectors/season.ts';

const random = noise(11);
const good = period(['x'], 2000, () => [random()]);
const shifts = period(['x', 'product'], 2000, (i) => [random(), Math.floor(i / 100) % 2]);
const minutes = Array.from({ length: 4 * 1440 }, (_, i) => i * MINUTE_US);
const days = period(['x'], minutes.length, () => [random()]);
const product = { ...SEASON, hours: 0, context: 1, settle: 7 };

const kinds: readonly (readonly [kind: string, detector: Detector, row: readonly number[]])[] = [
  ['balance', new Balance(learnBalance(good)), [0.1]],
  ['drift', new Drift(learnDrift(good)), [0.1]],
  ['noise', new Noise(learnNoise(good)), [0.1]],
  ['season', new Season(learnSeason(shifts, minutes, product)), [0.1, 1]],
  ['season without a context', new Season(learnSeason(days, minutes)), [0.1]],
];

for (const [kind, detector, row] of kinds)
  test(`${kind} says after how many moments its figure is known, and is right each time`, () => {
    show(detector, [row]);
    const { lacks } = detector;
    assert.ok(lacks && 'moments' in lacks, 'one moment is not enough');
    for (let { moments } = lacks; moments > 0; moments--) {
      assert.deepEqual([detector.ratio, detector.lacks], [Number.NaN, { moments }]);
      show(detector, [row]);
    }
    assert.ok(!Number.isNaN(detector.ratio));
    assert.equal(detector.lacks, undefined);
  });

test('a way to a limit says how much of its window it lacks', () => {
  const detector = new Limit(limitOf(['x'], { ...LIMIT, limit: 7, windowHours: 24 }));
  const rows = Array.from({ length: 60 }, (_, i) => [i / 100]);
  show(detector, rows);
  const { lacks } = detector;
  assert.ok(lacks && 'us' in lacks);
  const left = lacks.us / MINUTE_US;
  const more = Array.from({ length: 24 * 60 }, () => [0]);
  const known = more.findIndex((row, i) => {
    show(detector, [row], 60 + i);
    return !Number.isNaN(detector.ratio);
  });
  assert.ok(Math.abs(known - left) <= 45, `after ${known} minutes, ${left} were said: a mean is of 45`);
  assert.equal(detector.lacks, undefined);
});

test('what was never learned is no warming up: more of it tells nothing', () => {
  const detector = new Season(learnSeason(shifts, minutes, product));
  show(detector, [[0.1, 5]]);
  assert.deepEqual([detector.ratio, detector.lacks], [Number.NaN, undefined]);
});
