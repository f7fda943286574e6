import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Quality } from '#kernel/quality.ts';
import { composed, isFineEnough, withPiece } from './compose.ts';
import { type Piece, pieceOf } from './piece.ts';
import { readingAt } from './reading.ts';

const S = 1e6;
const SPAN = { from: 0, to: 100 };
const seriesOf = (seconds: readonly number[], quality: readonly number[] = []) => ({
  tag: 'a',
  timeUs: seconds.map((one) => one * S),
  value: seconds.map((one) => one),
  quality: seconds.map((_, i) => quality[i] ?? 0),
});
const NONE = { known: undefined, gaps: [], before: undefined };

/** Pairs of neighbours that a line is drawn between. */
const drawn = ({ times, values }: Pick<Piece, 'times' | 'values'>): [number, number][] =>
  times.flatMap((time, i) =>
    i > 0 && values[i] !== null && values[i - 1] !== null
      ? [[times[i - 1] as number, time] as [number, number]]
      : [],
  );

const crosses = (piece: Pick<Piece, 'times' | 'values'>, from: number, to: number): boolean =>
  drawn(piece).some(([a, b]) => a < to && b > from);

test('no line crosses a counted hole, and the hole says why', () => {
  const gap = { tags: ['a'], fromUs: 20 * S, toUs: 40 * S, count: 12, reason: 'device-silent' };
  const piece = pieceOf({ ...NONE, series: seriesOf([0, 10, 20, 41, 50]), gaps: [gap] }, SPAN, 100);
  assert.equal(crosses(piece, 20, 40), false);
  assert.equal(readingAt(piece, 30).remark, 'device silent, 12 samples lost');
  assert.equal(readingAt(piece, 30).value, undefined);
  assert.equal(readingAt(piece, 15).value, 10);
  const later = { ...gap, fromUs: 43 * S, toUs: 48 * S };
  const held = pieceOf({ ...NONE, series: seriesOf([0, 10, 41, 50]), gaps: [later] }, SPAN, 100);
  assert.equal(crosses(held, 41, 43), true, 'a value holds until the hole begins');
  assert.equal(crosses(held, 43, 48), false);
});

test('a bad sample ends the line until the next good one', () => {
  const qualities = [0, Quality.badNoCommunication, 0];
  const piece = pieceOf({ ...NONE, series: seriesOf([0, 30, 60], qualities) }, SPAN, 100);
  assert.equal(crosses(piece, 30, 60), false);
  assert.equal(readingAt(piece, 45).remark, 'bad: no communication');
});

test('where few points stand for many samples, time of which nothing is known breaks the line', () => {
  // Ten stretches of 10 s; of the fifth and sixth a part is known, so the hole is in between.
  const known = {
    tag: 'a',
    startUs: [...Array(10).keys()].map((i) => i * 10 * S),
    columns: { count: Array(10).fill(1000) },
    known: [1, 1, 1, 1, 0.3, 0.2, 1, 1, 1, 1],
  };
  const points = [0, 9, 19, 29, 39, 42, 59, 69, 79, 89];
  const piece = pieceOf({ ...NONE, series: seriesOf(points), known }, SPAN, 10);
  assert.ok(piece.stepS > 0, 'it knows that it has not every sample');
  assert.equal(crosses(piece, 43, 58), false);
  assert.equal(crosses(piece, 1, 38), true);
  assert.match(readingAt(piece, 50).remark, /partly unknown/);
});

test('a value holds from before the stretch and to its end', () => {
  const before = { tag: 'a', timeUs: [-500 * S], value: [7], quality: [0] };
  const piece = pieceOf({ ...NONE, series: seriesOf([]), before }, SPAN, 100);
  assert.deepEqual([readingAt(piece, 0).value, readingAt(piece, 99).value], [7, 7]);
  assert.deepEqual(drawn(piece), [[0, 100]]);
});

test('uncertain values are drawn, and told', () => {
  const piece = pieceOf(
    { ...NONE, series: seriesOf([0, 30, 60], [0, Quality.uncertainLastUsable, 0]) },
    SPAN,
    100,
  );
  assert.equal(crosses(piece, 30, 60), true);
  assert.equal(readingAt(piece, 45).remark, 'uncertain: last usable');
});

const pieceFrom = (from: number, to: number, stepS: number): Piece => ({
  from,
  to,
  stepS,
  times: Array.from({ length: 10 }, (_, i) => from + ((to - from) * i) / 10),
  values: Array(10).fill(stepS),
  qualities: Array(10).fill(0),
  holes: [],
  doubts: [],
});

test('what is finer stands before what is coarser, and between pieces that do not meet nothing is drawn', () => {
  const line = composed([pieceFrom(0, 100, 10), pieceFrom(40, 60, 1), pieceFrom(200, 300, 10)]);
  assert.equal(readingAt(line, 50).value, 1);
  assert.equal(readingAt(line, 20).value, 10);
  assert.equal(crosses(line, 100, 200), false);
});

test('a composed line is in the order of time, and crosses no hole of a piece', () => {
  const piece = fc
    .tuple(fc.nat(80), fc.integer({ min: 5, max: 40 }), fc.constantFrom(0, 1, 5), fc.nat(30))
    .map(([from, length, stepS, hole]) => {
      const span = { from, to: from + length };
      const gap = {
        tags: 'all' as const,
        fromUs: (from + hole) * S,
        toUs: (from + hole + 3) * S,
        reason: 'quota',
      };
      const series = seriesOf(
        Array.from({ length }, (_, i) => from + i).filter((s) => s < from + hole || s >= from + hole + 3),
      );
      return { ...pieceOf({ ...NONE, series, gaps: [gap] }, span, length), stepS };
    });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
      const line = composed(pieces);
      assert.deepEqual(
        line.times,
        line.times.toSorted((a, b) => a - b),
      );
      for (const { from, to } of line.holes) assert.equal(crosses(line, from + 1e-3, to - 1e-3), false);
    }),
  );
});

test('a picture is fine enough once each of its pixels has a point of its own', () => {
  const pieces = [pieceFrom(0, 100, 1)];
  assert.equal(isFineEnough(pieces, { from: 0, to: 100 }, 100), true);
  assert.equal(isFineEnough(pieces, { from: 0, to: 20 }, 100), false, 'zoomed in');
  assert.equal(isFineEnough(pieces, { from: 50, to: 150 }, 100), false, 'panned');
  assert.equal(isFineEnough([pieceFrom(0, 100, 0)], { from: 0, to: 1 }, 1000), true, 'every sample is there');
});

test('a piece makes coarser ones needless that it covers', () => {
  assert.equal(withPiece([pieceFrom(10, 20, 5)], pieceFrom(0, 30, 1)).length, 1);
  assert.equal(withPiece([pieceFrom(10, 20, 1)], pieceFrom(0, 30, 5)).length, 2);
});
