import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gathered, spreadOf } from './runs.ts';
import type { Row } from './table.ts';

const row = (ours: number, more: Partial<Row> = {}): Row => ({
  what: 'durable',
  unit: 'samples/s',
  ours,
  ...more,
});
const beside = (ours: number, value: number, more: Partial<Row> = {}): Row =>
  row(ours, { peer: { name: 'SQLite', value }, ...more });

test('a spread is the median with the least and the most, in whatever order they came', () => {
  assert.deepEqual(spreadOf([9, 1, 5]), { median: 5, least: 1, most: 9 });
  assert.deepEqual(spreadOf([4, 1, 2, 9]), { median: 3, least: 1, most: 9 });
});

test('a ratio is taken run by run, so that drift of the machine does not enter it', () => {
  // The machine is half as fast in the second run, for both.
  const [figure] = gathered([[beside(100, 50)], [beside(50, 25)], [beside(104, 52)]]);
  assert.deepEqual(figure?.ratio, { median: 2, least: 2, most: 2 });
  assert.deepEqual(figure?.ours, { median: 100, least: 50, most: 104 });
  assert.deepEqual(figure?.peer, { name: 'SQLite', median: 50, least: 25, most: 52 });
});

test('where less is better a ratio above 1 still says that ours is better', () => {
  assert.equal(gathered([[beside(2, 10, { less: true })]])[0]?.ratio?.median, 5);
  assert.equal(gathered([[beside(2, 10, { goal: { most: 3 } })]])[0]?.ratio?.median, 5);
});

test('a run that failed leaves the others, and their number shows', () => {
  const other = row(7, { what: 'on disk' });
  const figures = gathered([[row(1)], [], [row(3), other]]);
  assert.deepEqual(
    figures.map(({ what, runs, ours }) => [what, runs, ours.median]),
    [
      ['durable', 2, 2],
      ['on disk', 1, 7],
    ],
  );
});

test('a peer that was missing once does not count as nothing', () => {
  const [figure] = gathered([[row(10)], [beside(10, 5)], [beside(30, 10)]]);
  assert.equal(figure?.runs, 3);
  assert.deepEqual(figure?.peer, { name: 'SQLite', median: 7.5, least: 5, most: 10 });
  assert.deepEqual(figure?.ratio, { median: 2.5, least: 2, most: 3 });
});

test('steps of growth are figures of their own', () => {
  const at = (tags: number, ours: number) => row(ours, { growth: { table: 'Tags', axis: 'tags', at: tags } });
  const figures = gathered([
    [at(100, 1), at(1000, 2)],
    [at(100, 3), at(1000, 4)],
  ]);
  assert.deepEqual(
    figures.map(({ growth, ours }) => [growth?.at, ours.median]),
    [
      [100, 2],
      [1000, 3],
    ],
  );
});

test('the note is that of the run that stands for all', () => {
  const [figure] = gathered([
    [row(1, { note: 'low' })],
    [row(5, { note: 'middle' })],
    [row(9, { note: 'high' })],
  ]);
  assert.equal(figure?.note, 'middle');
});
