import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whenAround, worthwhileS } from './around.ts';

const NOW_MS = 1_800_000_000_000;
const agoUs = (s: number): number => (NOW_MS / 1000 - s) * 1e6;

test('what began lately is shown until now, what began long ago by itself', () => {
  assert.deepEqual(whenAround(agoUs(60), NOW_MS), { lastS: 960 });
  const dayAgo = NOW_MS / 1000 - 86_400;
  assert.deepEqual(whenAround(agoUs(86_400), NOW_MS), { from: dayAgo - 900, to: dayAgo + 900 });
  assert.deepEqual(whenAround(undefined, NOW_MS), { lastS: 3600 });
});

test('of a site that began a moment ago as much is shown as there is, and more as it grows', () => {
  const shown = [5, 59, 61, 130, 700, 5000].map((s) => worthwhileS(900, NOW_MS, agoUs(s)));
  assert.deepEqual(shown, [60, 60, 120, 240, 900, 900]);
  assert.equal(worthwhileS(900, NOW_MS, undefined), 900, 'nobody knows since when there is something');
});
