import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Item } from '#journal/api.ts';
import type { Batch, Value } from '#kernel/batch.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { type HistoryRows, historyPast, type SeriesRows } from '#replay/history-past.ts';

/** Samples in memory, given tag by tag and in parts of two, as a historian does. */
type Samples = { readonly [tag: string]: readonly (readonly [timeUs: number, value: number | string])[] };

const historyOf = (samples: Samples): HistoryRows => ({
  async *raw(tags, { fromUs, toUs }) {
    for (const tag of tags) {
      const rows = (samples[tag] ?? []).filter(([timeUs]) => timeUs >= fromUs && timeUs < toUs);
      for (let i = 0; i < rows.length; i += 2) yield series(tag, rows.slice(i, i + 2));
    }
  },
});

function series(tag: string, rows: Samples[string]): SeriesRows {
  const texts = rows.flatMap(([, value], row) => (typeof value === 'string' ? [{ row, value }] : []));
  return {
    tag,
    timeUs: Float64Array.from(rows, ([timeUs]) => timeUs),
    value: Float64Array.from(rows, ([, value]) => (typeof value === 'string' ? Number.NaN : value)),
    quality: new Uint16Array(rows.length),
    ...(texts.length > 0 && {
      wide: { row: Uint32Array.from(texts, ({ row }) => row), value: texts.map(({ value }): Value => value) },
    }),
  };
}

async function itemsOf(samples: Samples, sliceUs: number): Promise<Item[]> {
  const table = new TagTable();
  for (const path of Object.keys(samples)) table.declare({ path, type: 'number', access: 'read' });
  const items: Item[] = [];
  const past = historyPast(historyOf(samples), table, {
    paths: Object.keys(samples),
    fromUs: 0,
    toUs: 100,
    sliceUs,
  });
  for await (const part of past.parts()) for (const item of part) items.push(item);
  return items;
}

const batchesOf = (items: readonly Item[]): Batch[] =>
  items.flatMap((item) => (item.kind === 'batch' ? [item.batch] : []));

const SAMPLES: Samples = {
  a: [
    [10, 1],
    [20, 2],
    [30, 3],
  ],
  b: [
    [5, 4],
    [20, 5],
    [99, 6],
  ],
  text: [
    [20, 'x'],
    [40, 'y'],
  ],
};

test('rows of all tags come in the order of time, those of one time together, wherever the slices end', async () => {
  for (const sliceUs of [7, 20, 1000]) {
    const batches = batchesOf(await itemsOf(SAMPLES, sliceUs));
    const told = batches.map(({ tag, value, receivedUs }) => [receivedUs, [...tag], [...value]]);
    assert.deepEqual(told, [
      [5, [1], [4]],
      [10, [0], [1]],
      [20, [0, 1, 2], [2, 5, Number.NaN]],
      [30, [0], [3]],
      [40, [2], [Number.NaN]],
      [99, [1], [6]],
    ]);
    const wide = batches.flatMap((batch) => (batch.wide ? [[[...batch.wide.row], batch.wide.value]] : []));
    assert.deepEqual(wide, [
      [[2], ['x']],
      [[0], ['y']],
    ]);
  }
});

test('entries are numbered upwards over slices', async () => {
  const numbers = (await itemsOf(SAMPLES, 7)).map(({ seq }) => seq);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
});
