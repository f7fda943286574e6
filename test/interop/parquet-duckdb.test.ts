import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type ImportOptions, importTable } from '#exchange/import.ts';
import { openParquet } from '#exchange/parquet-table.ts';
import { wideAt } from '#kernel/batch.ts';
import type { TagInfo, TagType } from '#kernel/tag-table.ts';

/* Files that DuckDB wrote. */

const dir = mkdtempSync(join(tmpdir(), 'holdfast-parquet-'));
let db: DuckDBConnection;

before(async () => {
  db = await (await DuckDBInstance.create(':memory:')).connect();
});
after(() => {
  db.closeSync();
  rmSync(dir, { recursive: true, force: true });
});

const ROWS = 300_000;
/** DuckDB takes a third of a second for a thousand rows of it. */
const ROWS_OF_BROTLI = 2000;
const START_US = Date.UTC(2026, 0, 1) * 1000;

async function imported(
  file: string,
  types: { readonly [path: string]: TagType },
  options: ImportOptions = {},
) {
  const kept: (readonly [path: string, timeUs: number, value: unknown])[] = [];
  await using table = await openParquet(file);
  const report = await importTable(table, options, {
    find: (path): TagInfo | undefined => {
      const type = types[path];
      return type && { path, type, access: 'read' };
    },
    keep: async ({ tags, batch }) => {
      for (let i = 0; i < batch.rows; i++)
        kept.push([
          tags[batch.tag[i] ?? 0]?.path ?? '',
          batch.timeUs[i] ?? 0,
          wideAt(batch, i) ?? batch.value[i],
        ]);
      return batch.rows;
    },
    nowUs: Date.UTC(2026, 10, 1) * 1000,
  });
  assert.deepEqual(report.refusals, []);
  return { kept, report };
}

for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI', 'LZ4_RAW'])
  test(`reads what DuckDB wrote with ${codec}, row group by row group`, async () => {
    const file = join(dir, `${codec}.parquet`);
    const rows = codec === 'BROTLI' ? ROWS_OF_BROTLI : ROWS;
    await db.run(
      `COPY (SELECT make_timestamptz(${START_US} + i * 1000003) AS time, sin(i) AS "line/flow"
       FROM range(${rows}) t(i)) TO '${file}' (FORMAT parquet, COMPRESSION ${codec}, ROW_GROUP_SIZE 122880)`,
    );
    const { kept, report } = await imported(file, { 'line/flow': 'number' });
    assert.equal(report.samples, rows);
    const sine = await db.runAndReadAll(`SELECT "line/flow" AS value FROM '${file}' ORDER BY time`);
    const want = sine.getColumnsJS()[0] as number[];
    assert.ok(kept.every(([, timeUs, value], i) => timeUs === START_US + i * 1_000_003 && value === want[i]));
  });

test('reads every type that a historian may have written', async () => {
  const file = join(dir, 'types.parquet');
  await db.run(
    `COPY (SELECT TIMESTAMP '2026-03-29 03:00:00.000001' AS ts, 9007199254740993::BIGINT AS count, true AS "on",
       1.5::FLOAT AS level, 12.34::DECIMAL(9,2) AS price, 7::INTEGER AS state, 'größer' AS note, NULL::DOUBLE AS empty)
     TO '${file}' (FORMAT parquet)`,
  );
  const types = {
    count: 'int64',
    on: 'boolean',
    level: 'number',
    price: 'number',
    state: 'enum',
    note: 'text',
    empty: 'number',
  } as const;
  await assert.rejects(imported(file, types), { code: 'exchange.no-zone' });
  const { kept, report } = await imported(file, types, { zone: 'Europe/Berlin' });
  const timeUs = Date.UTC(2026, 2, 29, 1) * 1000 + 1;
  assert.deepEqual(kept, [
    ['count', timeUs, 9007199254740993n],
    ['on', timeUs, 1],
    ['level', timeUs, 1.5],
    ['price', timeUs, 12.34],
    ['state', timeUs, 7],
    ['note', timeUs, 'größer'],
  ]);
  assert.equal(report.empty, 1);
});
