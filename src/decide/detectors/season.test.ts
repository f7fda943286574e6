import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_US, noise, period, rowsOf, show } from '#decide/detectors/fixture.ts';
import { learnSeason, SEASON, Season } from '#decide/detectors/season.ts';

const DAY = 1440;
const timeUs = (rows: number): number[] => Array.from({ length: rows }, (_, i) => i * MINUTE_US);

/** A load that follows the hour: 20 at night, 80 by day. */
const load = (seed: number): ((i: number) => number[]) => {
  const random = noise(seed);
  return (i) => [(i % DAY >= 6 * 60 && i % DAY < 18 * 60 ? 80 : 20) + random()];
};

test('what is usual by day is found at night, and named with its hour', () => {
  const learned = learnSeason(period(['load'], 7 * DAY, load(1)), timeUs(7 * DAY));
  const detector = new Season(learned);
  assert.equal(show(detector, rowsOf(period(['load'], 14 * DAY, load(2))), 0).some(Boolean), false);
  // The pump that should have stopped at 18 h runs on.
  const random = noise(3);
  const on = Array.from({ length: 120 }, () => [80 + random()]);
  show(detector, rowsOf(period(['load'], 18 * 60, load(4))), 14 * DAY);
  const found = show(detector, on, 14 * DAY + 18 * 60);
  const after = found.indexOf(true);
  assert.ok(after >= 0 && after < 60, `found after ${after} minutes`);
  assert.match(
    detector.reasons(['kW'])[0]?.text ?? '',
    /^load is at \d\d\.?\d* kW, \d+ times its usual deviation above (19|20)\.?\d* kW between 19 and 20 h UTC$/,
  );
});

/** Products of an hour each, in turn; 3 has another temperature and more noise. */
function products(seed: number, codes: readonly number[], wrong = 0): number[][] {
  const random = noise(seed);
  return codes.flatMap((code) =>
    Array.from({ length: 60 }, (_, i) => {
      const settling = 10 * Math.exp(-i / 8);
      return [60 + 10 * code + settling + (code === 3 ? 2 : 0.5) * random() + wrong, code];
    }),
  );
}
const SETTINGS = { ...SEASON, hours: 0, context: 1, settle: 30 };
const CODES = Array.from({ length: 30 }, (_, i) => 1 + (i % 3));
const rows = products(5, CODES);
const learned = learnSeason(
  period(['temperature', 'product'], rows.length, (i) => rows[i] as number[]),
  timeUs(rows.length),
  SETTINGS,
);

test('each product has its level and its spread; changes and settling are no finding', () => {
  const detector = new Season(learned);
  assert.equal(show(detector, products(6, [...CODES, ...CODES])).some(Boolean), false);
  const cold = show(detector, products(7, [2], -4), 3600);
  assert.ok(cold.indexOf(true) >= 30 && cold.at(-1), 'four less is much for product 2');
  assert.match(
    detector.reasons(['Cel', '1'])[0]?.text ?? '',
    /^temperature is at 7\d\.?\d* Cel, .* below 80\.?\d* Cel where product is 2$/,
  );
  const noisy = show(new Season(learned), products(8, [3], -1));
  assert.equal(noisy.some(Boolean), false, 'one less is nothing for product 3');
});

test('a product that was never learned makes it rest, and so does one that is not known', () => {
  const detector = new Season(learned);
  assert.equal(show(detector, products(9, [7, 7, 7])).some(Boolean), false);
  assert.ok(Number.isNaN(detector.ratio));
  assert.deepEqual(detector.reasons(), []);
  show(detector, [[75, Number.NaN]], 180);
  assert.ok(Number.isNaN(detector.ratio));
  const found = show(detector, products(10, [1], -5), 181);
  assert.equal(found.at(-1), true);
  show(detector, products(11, [7]), 241);
  assert.deepEqual([detector.found, detector.ratio], [true, Number.NaN], 'it stays as it is');
});

test('goes on from a snapshot', () => {
  const all = [...products(12, [1, 2]), ...products(13, [3, 1], -5)];
  const whole = new Season(learned);
  const found = show(whole, all);
  assert.equal(found.at(-1), true);
  for (const cut of [0, 45, 61, 200]) {
    const [head, tail] = [new Season(learned), new Season(learned)];
    const before = show(head, all.slice(0, cut));
    tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
    assert.deepEqual([...before, ...show(tail, all.slice(cut), cut)], found, `cut at ${cut}`);
    assert.deepEqual(tail.reasons(), whole.reasons());
  }
});

test('refuses what cannot be told apart, or was not there often enough', () => {
  const one = period(['load'], DAY, load(1));
  assert.throws(() => learnSeason(one, timeUs(DAY)), /no part of a day was there 3 times/);
  assert.throws(
    () => learnSeason(one, timeUs(DAY), { ...SEASON, hours: 5 }),
    /hours is 5; it must divide 24/,
  );
  assert.throws(() => learnSeason(one, timeUs(DAY), { ...SEASON, hours: 0 }), /needs context 1/);
  assert.throws(() => learnSeason(one, timeUs(DAY), SETTINGS), /needs a signal before the context/);
});
