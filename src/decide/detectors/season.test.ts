import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_US, noise, period, rowsOf, show } from '#decide/detectors/fixture.ts';
import { learnedText } from '#decide/detectors/learned.ts';
import { learnSeason, SEASON, Season } from '#decide/detectors/season.ts';
import { Texts } from '#decide/detectors/texts.ts';
import { contextsOf, MOST_CONTEXTS } from '#decide/detectors/visits.ts';

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

const NAMES = ['', 'Gouda', 'Edam', 'old "Leiden"'];
/** The same with the names of the products. @param order that in which the site meets them */
function named(order: readonly string[], all = rows) {
  const texts = new Texts();
  for (const name of order) texts.numberOf(name);
  const numbered = period(['temperature', 'product'], all.length, (i) => {
    const [temperature = 0, code = 0] = all[i] ?? [];
    return [temperature, texts.numberOf(NAMES[code] ?? `P${code}`)];
  });
  return { ...numbered, texts: texts.all };
}
const called = (all: readonly number[][]) =>
  all.map(([temperature = 0, code = 0]) => [temperature, NAMES[code] ?? `P${code}`]);
const byName = learnSeason(named([]), timeUs(rows.length), SETTINGS);

test('products by name are judged as those by number, and the words name them', () => {
  const all = [...products(14, [1, 2, 3, 7, 1]), ...products(15, [3, 2], -5)];
  const [number, name] = [new Season(learned), new Season(byName)];
  assert.deepEqual(show(name, called(all)), show(number, all));
  assert.equal(name.found, true);
  assert.equal(name.ratio, number.ratio);
  assert.match(name.reasons(['Cel'])[0]?.text ?? '', / below 80\.?\d* Cel where product is "Edam"$/);
  show(name, called(products(16, [3], -5)), all.length);
  assert.match(name.reasons()[0]?.text ?? '', / where product is "old \\"Leiden\\""$/);
});

test('a learned file has names and no numbers of them, whatever came first at the site', () => {
  const other = learnSeason(named(['?', 'Edam', 'old "Leiden"']), timeUs(rows.length), SETTINGS);
  const sorted = ({ state }: typeof other) =>
    (state.usual as { code: string }[]).toSorted((a, b) => (a.code < b.code ? -1 : 1));
  assert.deepEqual(sorted(other), sorted(byName));
  assert.match(learnedText(byName), /"code":"Gouda"/);
  assert.throws(() => new Season({ ...byName, state: { usual: [{ code: null, spread: [1] }] } }), RangeError);
});

test('it rests, and says why: another product, one that nobody knows, one that has only begun', () => {
  const detector = new Season(byName);
  assert.deepEqual([detector.rests, detector.whyRest()], [false, undefined]);
  const why = (all: readonly (readonly (number | string)[])[]) => {
    show(detector, all);
    return detector.rests ? detector.whyRest() : 'watches';
  };
  assert.equal(why([[75, 'Brie']]), 'it has not learned product "Brie"');
  assert.equal(why([[75, Number.NaN]]), 'product is not known');
  assert.equal(why([[75, 1]]), 'it has not learned product 1');
  assert.equal(why([[75, 'Edam']]), 'product "Edam" has only begun: it settles for 30 moments');
  assert.equal(why(called(products(17, [2]))), 'watches');
  assert.equal(why([[75, 'x'.repeat(99)]]), `it has not learned product "${'x'.repeat(59)}…"`);
  const byDay = new Season({ ...byName, settings: { ...byName.settings, hours: 6, offsetHours: 5 } });
  show(byDay, [[75, 'Edam']], 12 * 60);
  assert.equal(byDay.whyRest(), 'it has not learned product "Edam" between 11 and 17 h UTC');
});

test('goes on with a name from a snapshot', () => {
  const all = called([...products(12, [1, 2]), ...products(13, [3, 1], -5)]);
  const whole = new Season(byName);
  const found = show(whole, all);
  for (const cut of [45, 200]) {
    const [head, tail] = [new Season(byName), new Season(byName)];
    const before = show(head, all.slice(0, cut));
    tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
    assert.deepEqual([...before, ...show(tail, all.slice(cut), cut)], found, `cut at ${cut}`);
  }
});

test('tells of each context how much there was of it, and whether it is learned', () => {
  const some = products(18, [1, 2, 1, 2, 1, 3]).concat([[70, 7]], products(19, [1]));
  const seen = contextsOf(named([], some), timeUs(some.length), SETTINGS);
  assert.deepEqual(seen, {
    signal: 'product',
    seen: [
      { context: 'Gouda', moments: 240, visits: 4, parts: 1, learned: 1 },
      { context: 'Edam', moments: 120, visits: 2, parts: 1, learned: 0 },
      { context: 'old "Leiden"', moments: 60, visits: 1, parts: 1, learned: 0 },
      { context: 'P7', moments: 1, visits: 0, parts: 1, learned: 0 },
    ],
    further: 0,
    needed: 3,
  });
  assert.equal(contextsOf(named([], some), timeUs(some.length), SEASON), undefined);
});

test('of a signal with more values than products those that came first are learned, and the rest is counted', () => {
  const settings = { ...SETTINGS, settle: 0, visits: 1 };
  const many = period(['temperature', 'batch'], MOST_CONTEXTS + 7, (i) => [i % 5, i]);
  const texts = new Texts();
  const batches = many.columns[1]?.map((batch) => texts.numberOf(`batch ${batch}`)) as Float64Array;
  const byText = { ...many, columns: [many.columns[0] as Float64Array, batches], texts: texts.all };
  for (const one of [many, byText]) {
    const seen = contextsOf(one, timeUs(MOST_CONTEXTS + 7), settings);
    assert.deepEqual([seen?.seen.length, seen?.further], [MOST_CONTEXTS, 7]);
    const { usual } = learnSeason(one, timeUs(MOST_CONTEXTS + 7), settings).state;
    assert.equal((usual as unknown[]).length, MOST_CONTEXTS);
  }
  const long = new Texts();
  long.numberOf('y'.repeat(201));
  assert.deepEqual(long.all, [], 'a message is the name of nothing');
});
