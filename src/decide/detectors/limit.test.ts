import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_US, noise, show } from '#decide/detectors/fixture.ts';
import { detectorOf, kindOf, learnedText } from '#decide/detectors/learned.ts';
import { LIMIT, Limit, limitOf } from '#decide/detectors/limit.ts';

const settings = { ...LIMIT, limit: 7.1, windowHours: 24, horizonHours: 72 };
const learned = limitOf(['vibration'], settings);
const HOUR = 60;
const DAY = 24 * HOUR;
const rows = (count: number, of: (minute: number) => number): number[][] =>
  Array.from({ length: count }, (_, i) => [of(i)]);

test('a signal on its way to the limit is found ahead of it, with when that will be in its unit', () => {
  const random = noise(3);
  const detector = new Limit(learned);
  // From the second day on a fifth of a unit a day, from 3.2 upwards: 7.1 after 19.5 days more.
  const way = (i: number): number => 3.2 + 0.2 * Math.max(0, i / DAY - 1) + 0.15 * random();
  const found = show(detector, rows(22 * DAY, way));
  const days = found.indexOf(true) / DAY;
  assert.ok(days > 16.5 && days < 19.5, `found after ${days} days, due 20.5`);
  const [reason] = detector.reasons(['mm/s']);
  assert.match(reason?.text ?? '', /^vibration is at 7\.\d+ mm\/s, beyond 7\.1 mm\/s$/);

  const before = new Limit(learned);
  show(before, rows(18 * DAY, way));
  const [ahead] = before.reasons(['mm/s']);
  assert.ok(ahead);
  const [, from, to] =
    /^vibration reaches 7\.1 mm\/s in ([\d.]+) to ([\d.]+) days; now it is at 6\.\d+ mm\/s$/
      .exec(ahead.text)
      ?.map(Number) ?? [];
  assert.ok(from && to && from <= 2.5 && to >= 2.5 && to < 5, ahead.text);
  assert.equal(ahead.share, 1);
});

test('noise near the limit, one step and single readings are no way to it', () => {
  const random = noise(4);
  const quiet = (i: number): number => 6.5 + 0.1 * random() + 0.1 * Math.sin((2 * Math.PI * i) / DAY);
  assert.equal(show(new Limit(learned), rows(60 * DAY, quiet)).some(Boolean), false);
  const step = (i: number): number => (i < 3 * DAY ? 4 : 5.5) + 0.1 * random();
  assert.equal(show(new Limit(learned), rows(6 * DAY, step)).some(Boolean), false);
  const spikes = (i: number): number => (i % (5 * HOUR) === 7 ? 50 : 4 + 0.1 * random());
  assert.equal(show(new Limit(learned), rows(6 * DAY, spikes)).some(Boolean), false);
});

test('a limit from above is one too, and the finding ends when the way does', () => {
  const random = noise(5);
  const below = new Limit(limitOf(['level'], { ...settings, limit: 10, side: -1 }));
  const falling = rows(3 * DAY, (i) => 40 - (8 * i) / DAY + 0.2 * random());
  assert.equal(show(below, falling).at(-1), true);
  assert.match(below.reasons(['m'])[0]?.text ?? '', /^level reaches 10 m in 1[89] hours; now it is at 16/);
  const filled = rows(DAY, () => 40 + 0.2 * random());
  assert.equal(show(below, filled, 3 * DAY).at(-1), false);
});

test('says nothing before half of its window is full, and nothing where nothing comes', () => {
  const detector = new Limit(learned);
  show(
    detector,
    rows(11 * HOUR, (i) => 3 + i / 1000),
  );
  assert.ok(Number.isNaN(detector.ratio));
  assert.deepEqual(detector.reasons(), []);
  show(
    detector,
    rows(3 * HOUR, (i) => 3.66 + i / 1000),
    11 * HOUR,
  );
  assert.ok(detector.ratio > 0);
  show(
    detector,
    rows(2 * DAY, () => Number.NaN),
    14 * HOUR,
  );
  assert.ok(Number.isNaN(detector.ratio));
});

test('goes on from a snapshot, wherever it was cut', () => {
  const random = noise(6);
  const all = rows(3 * DAY, (i) => 3 + (1.2 * i) / DAY + 0.2 * random());
  const whole = new Limit(learned);
  const found = show(whole, all);
  assert.equal(found.at(-1), true);
  for (const cut of [0, 5, 800, 2 * DAY + 17]) {
    const [head, tail] = [new Limit(learned), new Limit(learned)];
    const before = show(head, all.slice(0, cut));
    tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
    assert.deepEqual([...before, ...show(tail, all.slice(cut), cut)], found);
    assert.deepEqual(tail.reasons(), whole.reasons());
    assert.equal(tail.sinceUs, whole.sinceUs);
  }
  assert.ok(whole.sinceUs % MINUTE_US === 0);
  const other = new Limit(limitOf(['vibration'], { ...settings, windowHours: 12 }));
  other.restore(whole.snapshot());
  assert.deepEqual([other.found, other.ratio], [false, Number.NaN], 'means of another length');
});

test('needs no learning, and what was set wrongly is told', () => {
  const fresh = kindOf('limit')?.fresh;
  assert.ok(fresh);
  const text = learnedText(fresh(['vibration'], { limit: 7.1 }));
  assert.deepEqual(detectorOf(text).learned, learned);
  const wrong: readonly [Partial<typeof settings>, readonly string[], RegExp][] = [
    [{ limit: Number.NaN }, ['x'], /limit is missing/],
    [{ side: 0 }, ['x'], /side is 0; 1 is above the limit, -1 below/],
    [{ windowHours: 0 }, ['x'], /windowHours and horizonHours/],
    [{}, ['x', 'y'], /one signal, not 2/],
  ];
  for (const [part, signals, message] of wrong)
    assert.throws(() => fresh(signals, { ...settings, ...part }), message);
});
