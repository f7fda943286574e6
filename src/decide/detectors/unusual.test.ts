import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_US, noise, show } from '#decide/detectors/fixture.ts';
import { learnUnusual, Unusual } from '#decide/detectors/unusual.ts';

const DAY = 24 * 60;
const STEP = 5;

/** Every five minutes: high by day, low by night. */
function days(count: number, seed: number, from = 0): number[] {
  const random = noise(seed);
  return Array.from({ length: (count * DAY) / STEP }, (_, i) => {
    const hour = (((from * DAY + i * STEP) % DAY) / 60) | 0;
    return (hour >= 8 && hour < 18 ? 80 : 20) + random();
  });
}

const times = Array.from({ length: (10 * DAY) / STEP }, (_, i) => i * STEP * MINUTE_US);
const period = { signals: ['load'], columns: [Float64Array.from(days(10, 1))] };
const learned = learnUnusual(period, times);

/** Rows on from the end of what was learned. */
function go(detector: Unusual, values: readonly number[]): boolean[] {
  return values.map((value, i) => {
    detector.observe(Float64Array.of(value), (10 * DAY + i * STEP) * MINUTE_US);
    return detector.found;
  });
}

test('a week as all others is not unusual', () => {
  assert.equal(go(new Unusual(learned), days(7, 2)).some(Boolean), false);
});

test('a high hour in the night is unusual though it is the level of every day, and says so', () => {
  const detector = new Unusual(learned);
  const night = days(1, 3).map((value, i) => (i >= 24 && i < 48 ? value + 60 : value));
  const found = go(detector, night.slice(0, 36));
  assert.ok(found.indexOf(true) >= 24, `found at ${found.indexOf(true)}`);
  const [first] = detector.reasons();
  assert.match(first?.text ?? '', /^load: .*above/);
});

test('says nothing before it has seen a hundred moments, and nothing of what is missing', () => {
  const fresh = new Unusual(learnUnusual({ signals: ['x'], columns: [new Float64Array(0)] }, []));
  const wild = Array.from({ length: 100 }, (_, i) => [i % 7 === 0 ? 1e6 : i]);
  assert.equal(show(fresh, wild).some(Boolean), false);
  show(fresh, [[Number.NaN]], 100);
  assert.ok(Number.isNaN(fresh.ratio));
});

test('goes on from a snapshot as if nothing had been', () => {
  const values = days(2, 5).map((value, i) => (i > 300 && i < 320 ? value + 90 : value));
  const whole = new Unusual(learned);
  const all = go(whole, values);
  const head = new Unusual(learned);
  const before = go(head, values.slice(0, 310));
  const tail = new Unusual(learned);
  tail.restore(JSON.parse(JSON.stringify(head.snapshot())));
  const after = values.slice(310).map((value, i) => {
    tail.observe(Float64Array.of(value), (10 * DAY + (310 + i) * STEP) * MINUTE_US);
    return tail.found;
  });
  assert.ok(all.some(Boolean));
  assert.deepEqual([...before, ...after], all);
});
