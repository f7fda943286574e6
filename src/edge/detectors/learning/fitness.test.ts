import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noise } from '#decide/detectors/fixture.ts';
import { fitnessOf, type PeriodFacts } from '#edge/detectors/learning/fitness.ts';
import type { ReadPeriod } from '#edge/detectors/learning/period.ts';

const random = noise(7);
const ROWS = 1000;

const periodOf = (
  columns: { readonly [signal: string]: (row: number) => number },
  more: Partial<ReadPeriod> = {},
): ReadPeriod => ({
  signals: Object.keys(columns),
  columns: Object.values(columns).map((value) => Float64Array.from({ length: ROWS }, (_, row) => value(row))),
  timeUs: Float64Array.from({ length: ROWS }, (_, row) => row * 1e6),
  breaks: [],
  rested: 0,
  outside: new Uint32Array(Object.keys(columns).length),
  silentUs: 0,
  quiet: 0,
  calculated: [],
  ...more,
});

const FACTS: PeriodFacts = { needed: { least: 200, enough: 400 }, unwatched: {}, told: [] };
const report = (period: ReadPeriod, facts: Partial<PeriodFacts> = {}) =>
  fitnessOf(period, { ...FACTS, ...facts });
const texts = (...args: Parameters<typeof report>) => {
  const { fit, findings } = report(...args);
  return [fit, ...findings.map((one) => `${one.fit} ${one.what}: ${one.text}`)];
};

test('a steady period is fit, with the figures of its signals', () => {
  const { fit, findings, rows, signals } = report(periodOf({ a: (row) => (row % 2 ? 1 : 3) }));
  assert.deepEqual([fit, findings, rows], ['fit', [], ROWS]);
  assert.deepEqual(signals, [{ signal: 'a', known: 1, low: 1, high: 3 }]);
});

test('missing values are told, doubtful from a twentieth on, too many from half on', () => {
  const missing = (part: number) =>
    periodOf({ a: (row) => (row < part * ROWS ? Number.NaN : 10 + random()), b: random });
  assert.deepEqual(texts(missing(0.03)), ['fit', 'fit gaps: a is not known in 3 % of the time']);
  assert.deepEqual(texts(missing(0.1)), ['doubtful', 'doubtful gaps: a is not known in 10 % of the time']);
  assert.equal(texts(missing(0.6))[0], 'unfit');
  const none = report(missing(1));
  assert.equal(none.fit, 'unfit');
  assert.deepEqual(none.signals[0], { signal: 'a', known: 0, low: null, high: null });
});

test('few moments are doubtful, too few are none', () => {
  const of = (least: number, enough: number) => texts(periodOf({ a: random }), { needed: { least, enough } });
  assert.deepEqual(of(1001, 2000), [
    'unfit',
    'unfit short: 1000 moments are too few to learn from: 1001 are the least, 2000 are enough',
  ]);
  assert.deepEqual(of(500, 1001).slice(0, 1), ['doubtful']);
  assert.deepEqual(texts(periodOf({ a: random }), { refused: 'no life has ended' }), [
    'unfit',
    'unfit short: no life has ended',
  ]);
});

test('a level that is another one at the end is doubtful, but not where the signal is known to wander', () => {
  const period = periodOf({ a: (row) => (row < 500 ? 10 : 20) + random(), b: random });
  const [fit, finding] = texts(period);
  assert.equal(fit, 'doubtful');
  assert.match(
    finding ?? '',
    /^doubtful change: a goes from (9\.|10\.).* in the first quarter to (19|20)\.?\d* in the last, \S+ times/,
  );
  assert.deepEqual(texts(period, { unwatched: { a: 'its level wanders' } }), [
    'fit',
    'fit unwatched: a will not be watched: its level wanders',
  ]);
  const stepped = texts(periodOf({ setpoint: (row) => (row < 500 ? 50 : 60), b: random }));
  assert.match(stepped[1] ?? '', /setpoint goes from 50 in the first quarter to 60 in the last:/);
});

test('signals that stand still are doubtful; where all do there is nothing to learn', () => {
  assert.deepEqual(texts(periodOf({ a: () => 3, b: random }), { unwatched: { a: 'it never moved' } }), [
    'doubtful',
    'doubtful still: a stands still at 3 all the time',
  ]);
  assert.equal(texts(periodOf({ a: () => 3 }))[0], 'unfit');
});

test('a context is judged by what there is of it, and not as a level', () => {
  const codes = Float64Array.from({ length: ROWS }, (_, row) => (row < 700 ? 0 : 1));
  const period = periodOf(
    { a: random, product: (row) => codes[row] as number },
    { texts: ['Gouda', 'Edam'] },
  );
  const seen = [
    { context: 'Gouda', moments: 700, visits: 3, parts: 1, learned: 1 },
    { context: 'Edam', moments: 300, visits: 1, parts: 1, learned: 0 },
  ];
  const contexts = { signal: 'product', seen, further: 0, needed: 3 };
  const rests =
    'product was "Edam" fewer than 3 times for long enough to settle: the detector will rest there';
  assert.deepEqual(texts(period, { contexts }), ['fit', `fit contexts: ${rests}`]);
  const told = report(period, { contexts });
  assert.deepEqual(told.signals[1], { signal: 'product', known: 1, low: null, high: null });
  assert.deepEqual(
    told.contexts?.map(({ context, learned }) => [context, learned]),
    [
      ['"Gouda"', 1],
      ['"Edam"', 0],
    ],
  );
  const few = seen.map((one) => ({ ...one, learned: 0 }));
  const many = Array.from({ length: 70 }, (_, i) => ({ ...seen[1], context: `P${i}`, moments: 1 }) as const);
  assert.match(
    texts(period, { contexts: { ...contexts, seen: few } })[1] ?? '',
    /^doubtful contexts: product was "Gouda" or "Edam" fewer/,
  );
  const all = report(period, { contexts: { ...contexts, seen: [...many] as typeof seen, further: 20 } });
  assert.equal(all.contexts?.length, 50);
  assert.deepEqual(
    all.findings.map(({ fit, text }) => `${fit} ${text.slice(0, 60)}`),
    [
      'doubtful in 2 % of the moments product is too long a text, or one bey',
      'fit product was "P0", "P1", "P2", "P3", "P4" or one of 65 others',
    ],
  );
  const still = periodOf({ a: () => 3, product: (row) => codes[row] as number });
  assert.equal(texts(still, { contexts })[0], 'unfit', 'what it judges never moves');
});

test('moments that are shorter than the time between two values are doubtful', () => {
  assert.equal(report(periodOf({ a: random }, { quiet: 500 })).fit, 'fit');
  assert.deepEqual(texts(periodOf({ a: random }, { quiet: 670 })), [
    'doubtful',
    'doubtful quiet: in 67 % of the moments no signal brought anything: a moment is shorter than the time between two values, give the detector a longer everyMs',
  ]);
});

test('where no signal will be watched nothing was learned', () => {
  assert.deepEqual(texts(periodOf({ a: random }), { unwatched: { a: 'its level wanders' } })[0], 'unfit');
});

test('rests, silence, ranges and what was calculated are told; the heaviest comes first', () => {
  const period = periodOf(
    { a: random },
    { rested: 3000, silentUs: 7200e6, outside: Uint32Array.of(50), calculated: ['p/a'] },
  );
  const told = [
    { what: 'alarms', fit: 'doubtful', text: 'the alarm p/hot stood in 2 % of the time' },
  ] as const;
  assert.deepEqual(texts(period, { told }), [
    'doubtful',
    'doubtful rest: the detector rests in 75 % of the period, which is left out',
    'doubtful alarms: the alarm p/hot stood in 2 % of the time',
    'doubtful range: a is outside of its engineering range in 5 % of the time',
    'fit gaps: for 2 hours in all nothing came of any signal: that time counts as not known',
    'fit calculated: calculated anew from their inputs, as the site file derives them now: p/a',
  ]);
});
