import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openForWriting } from '#platform/sqlite.ts';
import {
  append,
  everything,
  folders,
  historianConfig,
  journalAt,
  rawOf,
  readings,
} from '#test/historian/folders.ts';
import { openHistorian } from './historian.ts';
import { openHistory } from './history.ts';

test('a damaged chunk loses only itself, and is told as a gap', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  {
    await using historian = await openHistorian(historianConfig(dirs));
    await append(journal, 0, readings(0, 20_000));
    await append(journal, 1, readings(0, 6000));
    await historian.flush();
  }
  const db = new DatabaseSync(join(dirs.dir, 'historian.db'));
  const rows = db.prepare('SELECT id, rows, body FROM chunks WHERE tag = 1 ORDER BY from_us').all() as {
    id: number;
    rows: number;
    body: Uint8Array;
  }[];
  const [, middle] = rows;
  assert.ok(middle && rows.length >= 3);
  const broken = middle.body.slice();
  broken[200] = (broken[200] ?? 0) ^ 1;
  db.prepare('UPDATE chunks SET body = ? WHERE id = ?').run(broken, middle.id);
  db.close();
  await using reader = openHistory(dirs);
  const left = await rawOf(reader, 'line/tag0');
  assert.equal(left.length, 20_000 - middle.rows);
  assert.equal((await rawOf(reader, 'line/tag1')).length, 6000);
  const [gap, ...others] = await reader.gaps(everything);
  assert.deepEqual(others, []);
  assert.equal(gap?.reason, 'historian-damaged');
  assert.deepEqual(gap?.tags, ['line/tag0']);
  assert.equal(gap?.count, middle.rows);
});

test('a database that cannot be opened is set aside, and the journal fills a new one', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  {
    await using historian = await openHistorian(historianConfig(dirs));
    await append(journal, 0, readings(0, 5000));
    await historian.flush();
  }
  const path = join(dirs.dir, 'historian.db');
  writeFileSync(path, readFileSync(path).fill(0x55, 0, 8192));
  const told: string[] = [];
  await using historian = await openHistorian(historianConfig(dirs), {
    onDamage: (what) => told.push(...what),
  });
  await historian.flush();
  await using reader = openHistory(dirs);
  assert.deepEqual(await rawOf(reader, 'line/tag0'), readings(0, 5000));
  assert.match(told.join(), /set aside/);
  const [gap] = await reader.gaps(everything);
  assert.equal(gap?.reason, 'historian-damaged');
  assert.equal(gap?.tags, 'all');
});

test('a database that was being made when the power went is made anew, and nothing is called lost', async (t) => {
  const dirs = folders(t);
  await using journal = await journalAt(dirs.journalDir);
  await append(journal, 0, readings(0, 100));
  mkdirSync(dirs.dir);
  openForWriting(join(dirs.dir, 'historian.db')).close();
  const told: string[] = [];
  await using historian = await openHistorian(historianConfig(dirs), {
    onDamage: (what) => told.push(...what),
  });
  await historian.flush();
  await using reader = openHistory(dirs);
  assert.deepEqual(await rawOf(reader, 'line/tag0'), readings(0, 100));
  assert.deepEqual(await reader.gaps(everything), []);
  assert.deepEqual(told, []);
});

test('a damaged block of the journal becomes a gap of the historian, told once', async (t) => {
  const dirs = folders(t);
  {
    await using journal = await journalAt(dirs.journalDir);
    for (let part = 0; part < 4; part++) await append(journal, 0, readings(part * 500, 500));
  }
  const db = new DatabaseSync(join(dirs.journalDir, 'journal.db'));
  const blocks = db
    .prepare('SELECT seq, rows, from_us, to_us, body FROM blocks WHERE rows > 0 ORDER BY seq')
    .all();
  const [first, , , last] = blocks as {
    seq: number;
    rows: number;
    from_us: number;
    to_us: number;
    body: Uint8Array;
  }[];
  assert.ok(first && last, `${blocks.length} blocks`);
  // One among others, and the last one: behind that there is no entry to go on with.
  for (const { seq, body } of [first, last]) {
    const broken = body.slice();
    broken.fill(0xff, body.length >> 1, (body.length >> 1) + 40);
    db.prepare('UPDATE blocks SET body = ? WHERE seq = ?').run(broken, seq);
  }
  db.close();
  const told: string[] = [];
  {
    const config = { ...historianConfig(dirs), pollMs: 20 };
    await using historian = await openHistorian(config, { onDamage: (what) => told.push(...what) });
    await historian.flush();
    await setTimeout(200);
    await historian.flush();
  }
  assert.equal(told.length, 2, told.join('\n'));
  await using reader = openHistory(dirs);
  assert.equal((await rawOf(reader, 'line/tag0')).length, 1000);
  const gaps = (await reader.gaps(everything)).filter(({ reason }) => reason === 'journal-damaged');
  assert.deepEqual(
    gaps.map(({ tags, count, fromUs, toUs }) => ({ tags, count, fromUs, toUs })),
    [first, last].map(({ rows, from_us, to_us }) => ({
      tags: 'all',
      count: rows,
      fromUs: from_us,
      toUs: to_us,
    })),
  );
});
