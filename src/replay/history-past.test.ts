import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Item } from '#journal/api.ts';
import type { Batch, Value } from '#kernel/batch.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { type HistoryRows, historyPast, type RowsInOrder } from '#replay/history-past.ts';

/** Samples in memory in the order of time, given in parts of about so many rows, as a historian does. */
type Samples = readonly (readonly [timeUs: number, tag: string, value: number | string])[];

const historyOf = (samples: Samples, size: number): HistoryRows => ({
  async *inOrder(tags, { fromUs, toUs }) {
    const rows = samples.filter(([timeUs]) => timeUs >= fromUs && timeUs < toUs);
    for (let from = 0, to = 0; from < rows.length; from = to) {
      to = Math.min(from + size, rows.length);
      while (to < rows.length && rows[to]?.[0] === rows[to - 1]?.[0]) to++;
      yield part(tags, rows.slice(from, to));
    }
  },
});

function part(tags: readonly string[], rows: Samples): RowsInOrder {
  const texts = rows.flatMap(([, , value], row) => (typeof value === 'string' ? [{ row, value }] : []));
  return {
    place: Uint32Array.from(rows, ([, tag]) => tags.indexOf(tag)),
    timeUs: Float64Array.from(rows, ([timeUs]) => timeUs),
    value: Float64Array.from(rows, ([, , value]) => (typeof value === 'string' ? Number.NaN : value)),
    quality: new Uint16Array(rows.length),
    ...(texts.length > 0 && {
      wide: { row: Uint32Array.from(texts, ({ row }) => row), value: texts.map(({ value }): Value => value) },
    }),
  };
}

async function itemsOf(samples: Samples, size: number): Promise<Item[]> {
  const table = new TagTable();
  for (const path of ['other', ...PATHS]) table.declare({ path, type: 'number', access: 'read' });
  const items: Item[] = [];
  const past = historyPast(historyOf(samples, size), table, { paths: PATHS, fromUs: 0, toUs: 100 });
  for await (const rows of past.parts()) for (const item of rows) items.push(item);
  return items;
}

const batchesOf = (items: readonly Item[]): Batch[] =>
  items.flatMap((item) => (item.kind === 'batch' ? [item.batch] : []));

const PATHS = ['a', 'b', 'text'];
/** With more rows of one time than are copied. */
const SAMPLES: Samples = [
  [5, 'b', 4],
  [10, 'a', 1],
  [20, 'a', 2],
  [20, 'b', 5],
  [20, 'text', 'x'],
  ...Array.from({ length: 9 }, (_, i) => [30, 'a', i] as const),
  [30, 'text', 'y'],
  [99, 'b', 6],
];

test('rows of one time are one batch, with the numbers of the tags, wherever the parts end', async () => {
  for (const size of [1, 4, 1000]) {
    const batches = batchesOf(await itemsOf(SAMPLES, size));
    const told = batches.map(({ tag, value, receivedUs }) => [receivedUs, [...tag], [...value]]);
    assert.deepEqual(told, [
      [5, [2], [4]],
      [10, [1], [1]],
      [20, [1, 2, 3], [2, 5, Number.NaN]],
      [30, [1, 1, 1, 1, 1, 1, 1, 1, 1, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, Number.NaN]],
      [99, [2], [6]],
    ]);
    const wide = batches.flatMap((batch) => (batch.wide ? [[[...batch.wide.row], batch.wide.value]] : []));
    assert.deepEqual(wide, [
      [[2], ['x']],
      [[9], ['y']],
    ]);
  }
});

test('entries are numbered upwards over parts', async () => {
  const numbers = (await itemsOf(SAMPLES, 2)).map(({ seq }) => seq);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
});
