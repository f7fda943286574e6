import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { openHistorian } from '#historian/historian.ts';
import { BatchBuilder } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { folders, historianConfig, START_US } from '#test/historian/folders.ts';
import { openCsv } from './csv-table.ts';
import { type ExportQuery, exportHistory } from './export.ts';
import { exportAside } from './exporting.ts';
import { importTable } from './import.ts';
import { openParquet } from './parquet-table.ts';
import type { Table } from './table.ts';

const TAGS: readonly TagInfo[] = [
  { path: 'line/flow', type: 'number', access: 'read' },
  { path: 'line/on', type: 'boolean', access: 'read' },
  { path: 'line/count', type: 'int64', access: 'read' },
  { path: 'line/note', type: 'text', access: 'read' },
];
const SPAN = { fromUs: 0, toUs: START_US + 1e12 };

interface Row {
  readonly tag: number;
  readonly atUs: number;
  readonly value: number | boolean | bigint | string;
  readonly quality: number;
}

const quality = fc.constantFrom(Quality.good, Quality.uncertain, Quality.goodEntryInserted);
const at = fc.integer({ min: 0, max: 30 }).map((n) => n * 500_001);
const row = (tag: number, value: fc.Arbitrary<Row['value']>): fc.Arbitrary<Row> =>
  fc.record({ tag: fc.constant(tag), atUs: at, value, quality });
const text = fc.string({
  unit: fc.constantFrom('a', 'ü', '"', ',', '\n', '€', '😀'),
  minLength: 1,
  maxLength: 5,
});
const rows = fc.array(
  fc.oneof(
    row(0, fc.double({ noNaN: true, noDefaultInfinity: true })),
    row(1, fc.boolean()),
    row(2, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    row(3, text),
  ),
  { minLength: 1, maxLength: 60 },
);

async function historianWith(t: TestContext, all: readonly Row[]) {
  const dirs = folders(t);
  const historian = await openHistorian(historianConfig(dirs));
  t.after(() => historian[Symbol.asyncDispose]());
  const builder = new BatchBuilder();
  for (const { tag, atUs, value, quality } of all) builder.addValue(tag, START_US + atUs, value, quality);
  await historian.importRows({ tags: TAGS, batch: builder.take({ receivedUs: START_US }) });
  return { dirs, historian };
}

const bytesOf = (dirs: ReturnType<typeof folders>, query: Partial<ExportQuery>): Buffer => {
  const whole = { tags: ['*'], ...SPAN, format: 'csv', form: 'long', ...query } as const;
  return Buffer.concat([...exportHistory(dirs, whole)]);
};

test('whatever is exported is known again when it is imported, in every form', async (t) => {
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      const { dirs, historian } = await historianWith(t, all);
      for (const format of ['csv', 'parquet'] as const)
        for (const form of ['long', 'wide'] as const) {
          const bytes = bytesOf(dirs, { format, form });
          const file = join(dirs.dir, 'file');
          writeFileSync(file, bytes);
          const one = async function* () {
            yield bytes;
          };
          await using parquet = format === 'parquet' ? await openParquet(file) : undefined;
          const table: Table = parquet ?? (await openCsv(one(), {}));
          const report = await importTable(
            table,
            {},
            {
              find: (path) => TAGS.find((tag) => tag.path === path),
              keep: (given) => historian.importRows(given),
              nowUs: START_US + 1e9,
            },
          );
          assert.deepEqual(report.refusals, [], `${format} ${form}`);
          assert.ok(report.samples > 0);
          assert.equal(report.added, 0, `${format} ${form}: ${bytes.toString().slice(0, 2000)}`);
        }
    }),
    { numRuns: 10, examples: [[[{ tag: 0, atUs: 0, value: -0, quality: 0 }]]] },
  );
});

test('a long table keeps qualities and values as they are', async (t) => {
  const { dirs } = await historianWith(t, [
    { tag: 0, atUs: 0, value: 0.1, quality: Quality.good },
    { tag: 0, atUs: 1, value: 2, quality: Quality.badSensorFailure },
    { tag: 3, atUs: 0, value: 'a,b', quality: Quality.good },
  ]);
  assert.deepEqual(
    bytesOf(dirs, { tags: ['line/flow', 'line/n*'] })
      .toString()
      .split('\n'),
    [
      'tag,time,value,quality',
      'line/flow,2026-09-21T14:13:20.000000Z,0.1,good',
      'line/flow,2026-09-21T14:13:20.000001Z,2,badSensorFailure',
      'line/note,2026-09-21T14:13:20.000000Z,"a,b",good',
      '',
    ],
  );
  assert.equal(
    bytesOf(dirs, { tags: ['line/flow'], form: 'wide', valuesOnly: true }).toString(),
    'time,line/flow\n2026-09-21T14:13:20.000000Z,0.1\n2026-09-21T14:13:20.000001Z,\n',
  );
  assert.throws(() => bytesOf(dirs, { tags: ['line/other'] }), { code: 'tag.unknown' });
});

test('Parquet refuses what 64 bits cannot hold, and CSV does not', async (t) => {
  const { dirs } = await historianWith(t, [
    { tag: 2, atUs: 0, value: 2n ** 64n - 1n, quality: Quality.good },
  ]);
  assert.match(bytesOf(dirs, {}).toString(), /18446744073709551615/);
  assert.throws(() => bytesOf(dirs, { format: 'parquet' }), { code: 'exchange.not-int64' });
});

test('an export in its thread is the same, and one that is broken off ends', async (t) => {
  const many = Array.from({ length: 20_000 }, (_, i) => ({ tag: 0, atUs: i, value: i / 10, quality: 0 }));
  const { dirs } = await historianWith(t, many);
  const query = { tags: ['line/flow'], ...SPAN, format: 'csv', form: 'long' } as const;
  const parts = await Array.fromAsync(exportAside(dirs, query));
  assert.ok(Buffer.concat(parts).equals(bytesOf(dirs, query)));
  for await (const _ of exportAside(dirs, query)) break;
  await assert.rejects(Array.fromAsync(exportAside(dirs, { ...query, tags: ['x'] })), {
    code: 'tag.unknown',
  });
});
