import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAxes } from './curve.ts';
import { heapsOf, type Mark } from './marks.ts';
import { merged, notBeyond, without, zoomed } from './span.ts';

test('zooming keeps the time under the pointer in its place', () => {
  const { from, to } = zoomed({ from: 100, to: 200 }, 125, 0.5);
  assert.deepEqual([from, to], [112.5, 162.5]);
  const deep = zoomed({ from: 0, to: 1 }, 0.5, 1e-9);
  assert.ok(deep.to - deep.from >= 0.0099, 'not deeper than samples are');
});

test('a span ends now at the latest', () => {
  assert.deepEqual(notBeyond({ from: 50, to: 150 }, 120), { from: 20, to: 120 });
});

test('what is left of a span, and spans that touch as one', () => {
  assert.deepEqual(
    merged([
      { from: 3, to: 5 },
      { from: 1, to: 3 },
      { from: 8, to: 9 },
    ]),
    [
      { from: 1, to: 5 },
      { from: 8, to: 9 },
    ],
  );
  assert.deepEqual(
    without({ from: 0, to: 10 }, [
      { from: 2, to: 3 },
      { from: 9, to: 12 },
    ]),
    [
      { from: 0, to: 2 },
      { from: 3, to: 9 },
    ],
  );
});

test('each unit has its axis, a chosen one goes first, and the last one is shared', () => {
  const given = [
    ['bar', undefined],
    ['°C', 0],
    ['bar', undefined],
    ['kW', undefined],
    ['A', undefined],
    ['V', undefined],
    ['°C', undefined],
  ] as const;
  const axes = withAxes(given.map(([unit, chosenAxis]) => ({ unit, states: undefined, chosenAxis })));
  assert.deepEqual(
    axes.map(({ axis }) => axis),
    [1, 0, 1, 2, 3, 3, 0],
  );
});

test('marks that would lie upon each other are one heap', () => {
  const mark = (time: number): Mark => ({
    id: time,
    time,
    kind: 'write',
    isHollow: false,
    title: '',
    about: '',
  });
  const heaps = heapsOf([mark(-5), mark(10), mark(12), mark(60), mark(500)], (time) => time, 100);
  assert.deepEqual(
    heaps.map(({ marks }) => marks.length),
    [2, 1],
  );
});
