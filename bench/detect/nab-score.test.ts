import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalised, PROFILES, probation, tally } from './nab-score.ts';

const { standard } = PROFILES;
const ROWS = 1000;
const WINDOW = [400, 499] as const;
const scoreOf = (found: readonly number[]): number =>
  normalised(tally(ROWS, [WINDOW], found, standard), standard);

test('0 for silence, 100 for a detection with the first row of each window', () => {
  assert.equal(scoreOf([]), 0);
  assert.ok(Math.abs(scoreOf([400]) - 100) < 1e-9);
});

test('a detection earns as published: 2/(1 + e^5x) − 1, x from −1 to 0, over what the first row earns', () => {
  const half = (2 / (1 + Math.exp(-2.5)) - 1) / (2 / (1 + Math.exp(-5)) - 1);
  assert.ok(Math.abs(scoreOf([450]) - (100 * (half + 1)) / 2) < 1e-9);
  // The last row earns almost nothing, but the window is not missed.
  assert.ok(scoreOf([499]) > 50 && scoreOf([499]) < 52);
});

test('a wrong detection costs 0.11, less just behind a window; in the first rows nothing counts', () => {
  assert.ok(Math.abs(scoreOf([399, 400]) - (100 * 1.89) / 2) < 1e-9);
  assert.ok(scoreOf([400, 500]) > scoreOf([400, 600]));
  assert.equal(scoreOf([400, 900]), scoreOf([399, 400]));
  assert.equal(probation(ROWS), 150);
  assert.equal(probation(16_000), 750);
  assert.equal(scoreOf([149, 400]), scoreOf([400]));
});

test('more detections inside a window change nothing; more outside never help', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: ROWS - 1 })), fc.nat({ max: ROWS - 1 }), (rows, more) => {
      const found = rows.sort((a, b) => a - b);
      const all = [...new Set([...found, more])].sort((a, b) => a - b);
      const first = found.find((row) => row >= 400 && row <= 499);
      if (more >= 400 && more <= 499 && first !== undefined && more >= first)
        assert.equal(scoreOf(all), scoreOf(found));
      if (more < 400 || more > 499) assert.ok(scoreOf(all) <= scoreOf(found) + 1e-9);
    }),
  );
});
