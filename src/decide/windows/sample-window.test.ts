import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SampleFunction, SampleWindow } from '#decide/windows/sample-window.ts';

const FUNCTIONS: readonly SampleFunction[] = ['mean', 'min', 'max', 'rate', 'stddev', 'rms', 'count'];
const LENGTH_US = 10e6;
/** Rows further apart than this are told apart. */
const CELL_US = LENGTH_US / 1024;

interface Row {
  readonly timeUs: number;
  readonly value: number;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** What a window is by definition, computed anew from all rows. */
function naive(fn: SampleFunction, rows: readonly Row[], nowUs: number): number {
  const inside = rows.filter(({ timeUs }) => timeUs > nowUs - LENGTH_US);
  const values = inside.map(({ value }) => value);
  const n = values.length;
  const last = rows.at(-1) as Row;
  const held = { mean: last.value, min: last.value, max: last.value, rms: Math.abs(last.value) };
  if (n === 0) return fn in held ? held[fn as keyof typeof held] : 0;
  const mean = sum(values) / n;
  if (fn === 'count') return n;
  if (fn === 'mean') return mean;
  if (fn === 'min') return Math.min(...values);
  if (fn === 'max') return Math.max(...values);
  if (fn === 'rms') return Math.sqrt(sum(values.map((v) => v * v)) / n);
  if (fn === 'stddev') return n < 2 ? 0 : Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / (n - 1));
  if (n === 1) return slopeBetween(rows.at(-2), last);
  const times = inside.map(({ timeUs }) => (timeUs - nowUs) / 1e6);
  const meanT = sum(times) / n;
  return (
    sum(inside.map(({ value }, i) => ((times[i] as number) - meanT) * (value - mean))) /
    sum(times.map((t) => (t - meanT) ** 2))
  );
}

function slopeBetween(a: Row | undefined, b: Row): number {
  return a === undefined ? Number.NaN : ((b.value - a.value) * 1e6) / (b.timeUs - a.timeUs);
}

function near(actual: number, expected: number, what: string): void {
  const off = Number.isNaN(expected) && Number.isNaN(actual) ? 0 : Math.abs(actual - expected);
  assert.ok(off <= 1e-6 * Math.max(1, Math.abs(expected || 0)), `${what}: ${actual} instead of ${expected}`);
}

const steps = fc.array(
  fc.record({
    gapUs: fc.integer({ min: Math.ceil(CELL_US), max: 4e6 }),
    value: fc.double({ min: -1000, max: 1000, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
);

test('every window function is what its definition says, computed anew', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 15e6 }), (all, laterUs) => {
      const window = new SampleWindow(LENGTH_US);
      const rows: Row[] = [];
      let timeUs = 1.7e15;
      for (const { gapUs, value } of all) {
        timeUs += gapUs;
        rows.push({ timeUs, value });
        window.add(timeUs, value, false);
        for (const fn of FUNCTIONS) near(window.value(fn, timeUs), naive(fn, rows, timeUs), fn);
      }
      const nowUs = timeUs + laterUs;
      for (const fn of FUNCTIONS) near(window.value(fn, nowUs), naive(fn, rows, nowUs), `${fn} later`);
    }),
  );
});

test('rows denser than the resolution leave at most 0.1 % too early, and memory stays bounded', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 500, max: 5000 }), (gapUs, n) => {
      const window = new SampleWindow(LENGTH_US);
      const rows: Row[] = [];
      for (let i = 0; i < n; i++) {
        rows.push({ timeUs: 1e15 + i * gapUs, value: i });
        window.add(1e15 + i * gapUs, i, false);
      }
      const nowUs = 1e15 + n * gapUs + LENGTH_US / 2;
      const most = naive('count', rows, nowUs);
      const least = naive('count', rows, nowUs + CELL_US);
      const count = window.value('count', nowUs);
      assert.ok(count <= most && count >= least, `${count} is not between ${least} and ${most}`);
    }),
    { numRuns: 20 },
  );
});

test('a huge value leaves no trace once it has left the window', () => {
  const window = new SampleWindow(LENGTH_US);
  window.add(0, 1e18, false);
  for (let t = 1; t <= 20; t++) window.add(t * 1e6, 0.25, false);
  assert.equal(window.value('mean', 20e6), 0.25);
  assert.equal(window.value('stddev', 20e6), 0);
  assert.equal(window.value('rms', 20e6), 0.25);
});

test('a window is unknown before the first row and while the newest is bad', () => {
  const window = new SampleWindow(LENGTH_US);
  assert.ok(Number.isNaN(window.value('mean', 0)));
  window.add(1e6, 4, false);
  window.add(2e6, 999, true);
  assert.ok(Number.isNaN(window.value('mean', 2e6)));
  assert.ok(Number.isNaN(window.value('count', 2e6)));
  window.add(3e6, 6, false);
  assert.equal(window.value('mean', 3e6), 5, 'the bad row is not in it');
});

test('a tag that is silent though healthy holds its value', () => {
  const window = new SampleWindow(LENGTH_US);
  window.add(1e6, -4, false);
  assert.equal(window.nextChangeUs(), 1e6 + LENGTH_US);
  assert.equal(window.value('mean', 60e6), -4);
  assert.equal(window.value('rms', 60e6), 4);
  assert.equal(window.value('rate', 60e6), 0);
  assert.equal(window.value('count', 60e6), 0);
  assert.equal(window.nextChangeUs(), Number.POSITIVE_INFINITY);
});

test('a time before the newest row counts as that, so a clock that went back does no harm', () => {
  const window = new SampleWindow(LENGTH_US);
  window.add(50e6, 1, false);
  window.add(10e6, 3, false);
  assert.equal(window.value('count', 50e6), 2);
  assert.ok(Number.isNaN(window.value('rate', 50e6)), 'two rows at one time have no slope');
});
