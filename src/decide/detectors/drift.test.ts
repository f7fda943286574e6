import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { certaintyOf } from '#decide/detectors/api.ts';
import { DRIFT, Drift, learnDrift } from '#decide/detectors/drift.ts';
import { MINUTE_US, noise, period, rowsOf, show } from '#decide/detectors/fixture.ts';
import { chiSquareAbove } from '#decide/detectors/statistics.ts';

const SIGNALS = ['flow', 'current', 'weather'];

/** Flow and current with white noise, and a temperature that follows the weather. */
function running(rows: number, seed = 1): ReturnType<typeof period> {
  const random = noise(seed);
  let weather = 15;
  return period(SIGNALS, rows, () => {
    weather += 0.3 * random();
    return [120 + random(), 4 + 0.1 * random(), weather];
  });
}

const learned = learnDrift(running(800));
const shifted = (rows: number, flow: number, seed = 3): number[][] =>
  rowsOf(running(rows, seed)).map(([f = 0, ...others]) => [f + flow, ...others]);

test('nothing is found in an hour of days like the one that was learned', () => {
  const found = show(new Drift(learned), rowsOf(running(2000, 2)));
  assert.equal(found.filter(Boolean).length, 0);
});

test('a shift is found within moments, its signal named with how far it is', () => {
  const detector = new Drift(learned);
  show(detector, rowsOf(running(200, 2)));
  const found = show(detector, shifted(30, -4), 200);
  const after = found.indexOf(true);
  assert.ok(after >= 0 && after < 10, `found after ${after} moments`);
  assert.equal(detector.sinceUs, (200 + after) * MINUTE_US);
  const [first] = detector.reasons();
  assert.equal(first?.signal, 'flow');
  assert.ok(first.share > 0.9 && first.deviation < -4, JSON.stringify(first));
  assert.match(first.text, /^flow is at 11[5-7]\.?\d*, \d+\.?\d* times its usual deviation below 1[12]\d/);
});

test('a fault that stays is not taken for the new normal, and ends with itself', () => {
  const detector = new Drift(learned);
  show(detector, rowsOf(running(200, 2)));
  const stays = show(detector, shifted(1000, -5), 200);
  assert.ok(stays.slice(20).every(Boolean));
  const over = show(detector, rowsOf(running(60, 4)), 1200);
  assert.equal(over.at(-1), false);
});

test('a signal whose level wanders has no level to be judged by', () => {
  assert.deepEqual(learned.state.wanders, [false, false, true]);
  const detector = new Drift(learned);
  show(detector, rowsOf(running(200, 2)));
  const found = show(
    detector,
    rowsOf(running(60, 5)).map(([f = 0, c = 0, w = 0]) => [f, c, w + 20]),
    200,
  );
  assert.equal(found.some(Boolean), false);
});

test('a missing value says nothing, a signal that never moved neither', () => {
  const random = noise(6);
  const still = learnDrift(period(['a', 'b'], 400, () => [5, random()]));
  const detector = new Drift(still);
  show(
    detector,
    Array.from({ length: 50 }, () => [5, random()]),
  );
  assert.equal(show(detector, [[9, Number.NaN]], 50)[0], false);
  assert.deepEqual(
    detector.reasons().map(({ signal }) => signal),
    ['b'],
  );
  const silent = new Drift(still);
  show(silent, [[Number.NaN, Number.NaN]]);
  assert.ok(Number.isNaN(silent.ratio));
});

test('a run of moments until it speaks is as long as Lowry et al. (1992), table 1, have it: r = 0.1, h = 8.64', () => {
  const random = noise(11);
  const settings = { ...DRIFT, fast: 0.1, slow: 0, limit: 8.64 / chiSquareAbove(2, 1e-3) };
  const ideal = {
    kind: 'drift',
    signals: ['x', 'y'],
    settings,
    state: {
      centre: [0, 0],
      scale: [1, 1],
      spread: [Math.sqrt(0.1 / 1.9), Math.sqrt(0.1 / 1.9)],
      wanders: [false, false],
      kin: [
        [1, 0],
        [0, 1],
      ],
      independent: 1e9,
    },
  };
  const length = (shift: number): number => {
    let sum = 0;
    for (let run = 0; run < 600; ) {
      const detector = new Drift(ideal);
      const values = new Float64Array(2);
      for (let i = 0; i < 60; i++) detector.observe(values.fill(0).map(random), i);
      // Those that speak before the shift are not of the run.
      if (detector.found) continue;
      run++;
      for (let i = 0; !detector.found; i++) {
        values[0] = shift + random();
        values[1] = random();
        detector.observe(values, 60 + i);
        sum++;
      }
    }
    return sum / 600;
  };
  const [quiet, one] = [length(0), length(1)];
  assert.ok(quiet > 170 && quiet < 230, `200 without a shift: ${quiet}`);
  assert.ok(one > 9 && one < 11.5, `10.2 for a shift of one deviation: ${one}`);
});

test('what goes on from a snapshot finds what the whole finds', () => {
  fc.assert(
    fc.property(fc.nat({ max: 119 }), fc.integer({ min: -6, max: 6 }), (cut, flow) => {
      const rows = shifted(120, flow, 9);
      const whole = new Drift(learned);
      const head = new Drift(learned);
      const tail = new Drift(learned);
      const all = show(whole, rows);
      const before = show(head, rows.slice(0, cut));
      tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
      assert.deepEqual([...before, ...show(tail, rows.slice(cut), cut)], all);
      assert.deepEqual(tail.reasons(), whole.reasons());
    }),
    { numRuns: 25 },
  );
});

test('is half sure at the limit, surer beyond it, and not at all while it knows nothing', () => {
  assert.deepEqual(
    [1, 0.5, 3, Number.NaN].map((ratio) => certaintyOf({ ratio })),
    [0.5, 0.2, 0.9, 0],
  );
});

test('almost copies of one signal differ by what nobody sees, which is no drift', () => {
  const random = noise(8);
  const copies = period(['a', 'b', 'c'], 8000, () => {
    const one = random();
    return [one, one + 1e-4 * random(), one - 1e-4 * random()];
  });
  const detector = new Drift(learnDrift(copies));
  show(detector, rowsOf(copies).slice(0, 100));
  const apart = rowsOf(copies)
    .slice(100, 160)
    .map(([a = 0, b = 0, c = 0]) => [a, b + 0.05, c]);
  assert.equal(show(detector, apart, 100).some(Boolean), false);
});
