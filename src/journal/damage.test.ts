// Long because all ways to damage a journal share what makes, spoils and reads one.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import type { Tag } from '#kernel/tag-table.ts';
import {
  anEvent,
  itemsOf,
  journalConfig,
  noise,
  START_US,
  series,
  settled,
  valuesOf,
} from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import type { JournalConfig } from './api.ts';
import { openJournal } from './journal.ts';
import { openReader } from './reader.ts';

const mark = { source: 'plc', atUs: START_US };
const tag = (number: number): Tag => ({ number, path: `a/t${number}`, type: 'number', access: 'read' });

/** A journal that has run: tags, states, a cursor, samples, events. */
async function lived(config: JournalConfig): Promise<void> {
  await using journal = await openJournal(config);
  for (let n = 0; n < 300; n++) journal.tag(tag(n));
  journal.state('mode', 'remote');
  journal.setCursor('hub', 1);
  for (let n = 0; n < 5; n++) {
    journal.append(series([n, n, n], n), mark);
    journal.event(anEvent(`system.n${n}`), START_US + n);
    await settled(journal);
  }
}

/** Overwrites part of the database file. */
function scribble(dir: string, from: number, to: number): void {
  const path = join(dir, 'journal.db');
  const bytes = readFileSync(path);
  bytes.fill(0xa5, from, Math.min(to, bytes.length));
  writeFileSync(path, bytes);
}

async function reopened(
  config: JournalConfig,
): Promise<{ tags: number[]; state: unknown; damage: readonly string[] }> {
  await using journal = await openJournal(config);
  const { opened } = journal;
  journal.append(series([42]), mark);
  assert.equal(await settled(journal), 'durable');
  return {
    tags: opened.tags.map(({ number }) => number),
    state: opened.state.get('mode'),
    damage: opened.damage,
  };
}

const ALL_TAGS = Array.from({ length: 300 }, (_, n) => n);

test('a damaged block is left out alone, and told of', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  const db = new DatabaseSync(join(config.dir, 'journal.db'));
  const change =
    "UPDATE blocks SET body = CAST(substr(body, 1, 40) || x'ff' || substr(body, 42) AS BLOB) WHERE seq = 5";
  db.exec(change);
  db.close();
  const damage: string[] = [];
  const items = itemsOf(config.dir, 0, damage);
  assert.equal(damage.length, 1);
  assert.match(damage[0] ?? '', /block 5 /);
  assert.deepEqual(
    items.map((item) => item.seq),
    [1, 2, 3, 4, 6, 7, 8, 9, 10],
  );
});

test('a damaged page of blocks takes only its own blocks along, and what is settled later can be read', async (t) => {
  const config = journalConfig(t);
  {
    await using journal = await openJournal(config);
    journal.tag(tag(0));
    for (let n = 0; n < 200; n++) {
      journal.append(noise(20, n), mark);
      await settled(journal);
    }
  }
  const path = join(config.dir, 'journal.db');
  const whole = readFileSync(path);
  const db = new DatabaseSync(path);
  // Leaves of the tree of blocks. Damage to the first or the last is met when the journal is opened or written: the whole
  // file is set aside then.
  const leaves = db
    .prepare("SELECT pageno FROM dbstat WHERE name = 'blocks' AND pagetype = 'leaf' ORDER BY path")
    .all() as { pageno: number }[];
  db.close();
  assert.ok(leaves.length >= 10, `${leaves.length} leaves`);
  for (const { pageno } of [leaves[3], leaves[6]].filter((leaf) => leaf !== undefined)) {
    for (const name of readdirSync(config.dir))
      if (name.startsWith('journal.db')) rmSync(join(config.dir, name));
    writeFileSync(path, whole);
    scribble(config.dir, (pageno - 1) * 4096, pageno * 4096);
    await reopened(config);
    const damage: string[] = [];
    const items = itemsOf(config.dir, 0, damage);
    assert.equal(damage.length, 1, `page ${pageno}: ${damage}; ${items.length} entries`);
    assert.match(damage[0] ?? '', /^blocks after \d+ and before block \d+ cannot be read/);
    assert.ok(items.length >= 170 && items.length < 201, `${items.length} entries`);
    assert.equal(valuesOf(config.dir).at(-1), 42);
  }
});

test('a block that is gone without a trace is told of', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  const db = new DatabaseSync(join(config.dir, 'journal.db'));
  const [, second] = db.prepare('SELECT seq FROM blocks WHERE rows > 0 ORDER BY seq').all() as {
    seq: number;
  }[];
  db.prepare('DELETE FROM blocks WHERE seq = ?').run(second?.seq ?? 0);
  db.close();
  const damage: string[] = [];
  assert.equal(itemsOf(config.dir, 0, damage).filter(({ kind }) => kind === 'batch').length, 4);
  assert.equal(damage.length, 1, damage.join());
  assert.match(damage[0] ?? '', /entries between \d+ and \d+ are missing/);
  // What makes room goes from the oldest on, and is no damage.
  const older = new DatabaseSync(join(config.dir, 'journal.db'));
  older.prepare('DELETE FROM blocks WHERE seq < ?').run(second?.seq ?? 0);
  older.close();
  const none: string[] = [];
  itemsOf(config.dir, 0, none);
  assert.deepEqual(none, []);
});

test('a file that is no database is set aside, and a new journal begins with its tags and a gap', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  scribble(config.dir, 0, 2 ** 20);
  const { tags, damage } = await reopened(config);
  assert.deepEqual(tags, ALL_TAGS);
  assert.match(damage.join('\n'), /not a database/);
  assert.ok(existsSync(join(config.dir, 'journal.db.damaged-2')));
  using reader = openReader(config.dir);
  const [gap] = reader.gaps(10);
  assert.equal(gap?.reason, 'journal-damaged');
  assert.equal(gap?.tags, 'all');
  const [item] = itemsOf(config.dir);
  assert.ok((item?.seq ?? 0) > 2 ** 40, 'numbers are never given twice');
  assert.equal(reader.verify().broken, undefined);
});

/** Another length of the file's pages: `fromPage` 0 is the first. */
const scribblePages = (dir: string, fromPage: number, pages = 1) =>
  scribble(dir, fromPage * 4096, (fromPage + pages) * 4096);

/** Pages of one table, by what SQLite says of the sound file, in the order of its keys. */
function pagesOf(dir: string, table: string, type: 'leaf' | 'internal' = 'leaf'): number[] {
  const db = new DatabaseSync(join(dir, 'journal.db'), { readOnly: true });
  const sql = 'SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY path';
  const pages = db.prepare(sql).all(table, type) as { pageno: number }[];
  db.close();
  return pages.map(({ pageno }) => pageno - 1);
}

const BATCHES = 200;
const BATCH_ROWS = 20;

/** Many small blocks with an event each. */
async function long(config: JournalConfig): Promise<void> {
  await using journal = await openJournal(config);
  journal.tag(tag(0));
  for (let n = 0; n < BATCHES; n++) {
    journal.append(noise(BATCH_ROWS, n), mark);
    journal.event(anEvent(`system.n${n}`), START_US + n);
    await settled(journal);
  }
}

for (const [which, page] of [
  ['first', 0],
  ['last', -1],
] as const)
  test(`damage to the ${which} page of blocks, met when opening or writing, loses that page alone, counted`, async (t) => {
    const config = journalConfig(t);
    await long(config);
    const leaf = pagesOf(config.dir, 'blocks').at(page) as number;
    scribblePages(config.dir, leaf);
    const seen: string[] = [];
    {
      await using journal = await openJournal(config, { onDamage: (what) => seen.push(...what) });
      seen.push(...journal.opened.damage);
      journal.append(series([42]), mark);
      assert.equal(await settled(journal), 'durable');
    }
    const damage: string[] = [];
    const kept = itemsOf(config.dir, 0, damage);
    const rows = kept.reduce((sum, item) => sum + (item.kind === 'batch' ? item.batch.rows : 0), 0) - 1;
    const lost = BATCHES * BATCH_ROWS - rows;
    assert.ok(lost > 0 && lost < 0.1 * BATCHES * BATCH_ROWS, `${lost} rows lost`);
    using reader = openReader(config.dir);
    const gaps = reader.gaps(10);
    assert.match(seen.join(), /set aside/);
    assert.deepEqual(
      gaps.map(({ count, reason }) => [count, reason]),
      [[lost, 'journal-damaged']],
      damage.join(),
    );
    assert.equal(kept.filter(({ kind }) => kind === 'event').length, BATCHES, 'events lie elsewhere');
    assert.equal(reader.verify().broken, undefined);
    assert.equal(valuesOf(config.dir).at(-1), 42);
  });

test('a spoilt first page takes no other one along', async (t) => {
  const config = journalConfig(t);
  await long(config);
  scribblePages(config.dir, 0);
  const { damage } = await reopened(config);
  assert.match(damage.join(), /not a database/);
  assert.equal(valuesOf(config.dir).length, BATCHES * BATCH_ROWS + 1);
  using reader = openReader(config.dir);
  assert.deepEqual(reader.gaps(10), []);
  assert.equal(reader.verify().events, BATCHES);
  assert.equal(reader.verify().broken, undefined);
});

for (const table of ['blocks', 'events'])
  test(`a spoilt page in the branches of ${table} takes nothing along that lies below it`, async (t) => {
    const config = journalConfig(t);
    await long(config);
    const [branch] = pagesOf(config.dir, table, 'internal');
    assert.ok(branch !== undefined);
    scribblePages(config.dir, branch);
    await reopened(config);
    const aside = readdirSync(config.dir).filter((name) => name.endsWith(`.page${branch + 1}`));
    assert.equal(aside.length, 1, 'what it held is kept beside the file');
    assert.equal(valuesOf(config.dir).length, BATCHES * BATCH_ROWS + 1);
    using reader = openReader(config.dir);
    assert.deepEqual(reader.gaps(10), []);
    assert.deepEqual([reader.verify().events, reader.verify().broken], [BATCHES, undefined]);
  });

test('events on a spoilt page are a counted gap, and the chain holds on both sides of the hole', async (t) => {
  const config = journalConfig(t);
  await long(config);
  const leaf = pagesOf(config.dir, 'events')[2] as number;
  const last = pagesOf(config.dir, 'blocks').at(-1) as number;
  scribblePages(config.dir, leaf);
  scribblePages(config.dir, last);
  await reopened(config);
  using reader = openReader(config.dir);
  const gap = reader.gaps(10).find(({ source }) => source === 'journal/events');
  const { events, broken, torn } = reader.verify();
  assert.equal(gap?.count, BATCHES - events);
  assert.ok(events < BATCHES && events > 0.8 * BATCHES, `${events} events`);
  assert.equal(broken, undefined);
  assert.equal(torn, 1);
});

test('what is changed beside the hole still breaks the chain', async (t) => {
  const config = journalConfig(t);
  await long(config);
  scribblePages(config.dir, pagesOf(config.dir, 'blocks').at(-1) as number);
  await reopened(config);
  const db = new DatabaseSync(join(config.dir, 'journal.db'));
  db.exec(
    "UPDATE events SET body = CAST('{}' AS BLOB) WHERE seq = (SELECT seq FROM events LIMIT 1 OFFSET 50)",
  );
  db.close();
  using reader = openReader(config.dir);
  assert.notEqual(reader.verify().broken, undefined);
});

test('gaps, dead letters and holes of a damaged database are known to its successor, and to the one after that', async (t) => {
  const config = journalConfig(t);
  await long(config);
  {
    await using journal = await openJournal(config);
    journal.gap({ tags: [0], fromUs: 1, toUs: 2, count: 7, reason: 'device-silent' });
    await settled(journal);
  }
  const lostRows: number[] = [];
  for (let n = 0; n < 2; n++) {
    scribblePages(config.dir, pagesOf(config.dir, 'blocks').at(-1) as number);
    await reopened(config);
    lostRows.push(BATCHES * BATCH_ROWS + n + 1 - valuesOf(config.dir).length);
  }
  using reader = openReader(config.dir);
  const gaps = reader.gaps(10);
  assert.equal(gaps[0]?.count, 7);
  const counted = gaps.filter(({ reason }) => reason === 'journal-damaged');
  assert.equal(
    counted.reduce((sum, { count }) => sum + (count ?? Number.NaN), 0),
    lostRows[1],
    JSON.stringify({ gaps, lostRows }),
  );
});

test('a large journal is brought over between commits, and readers meet all of it in its order', async (t) => {
  const config = journalConfig(t, { quotaBytes: 256 * 2 ** 20 });
  const total = 12;
  {
    await using journal = await openJournal(config);
    for (let n = 0; n < total; n++) {
      journal.append(noise(50_000, n), mark);
      await settled(journal);
    }
    journal.append(series([1]), mark);
  }
  scribblePages(config.dir, pagesOf(config.dir, 'blocks').at(-1) as number);
  await using journal = await openJournal(config);
  journal.append(series([42]), mark);
  assert.equal(await settled(journal), 'durable');
  await until(
    'all is there',
    async () => {
      journal.tick(START_US);
      const seqs = itemsOf(config.dir).map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        [...seqs].sort((a, b) => a - b),
      );
      return seqs.some((seq) => seq > 2 ** 40);
    },
    60_000,
  );
  using reader = openReader(config.dir);
  const kept = valuesOf(config.dir).length - 1;
  const counted = reader.gaps(10).reduce((sum, { count }) => sum + (count ?? Number.NaN), 0);
  assert.equal(kept + counted, total * 50_000 + 1);
});

test('a database cut short keeps states and cursors where they can still be read', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  const path = join(config.dir, 'journal.db');
  scribble(config.dir, 8192, 12_288); // the head: the first page after the schema and the map of pages
  const { tags, state, damage } = await reopened(config);
  assert.deepEqual(tags, ALL_TAGS);
  assert.equal(state, 'remote');
  assert.ok(damage.length > 0);
  assert.ok(existsSync(path));
  using reader = openReader(config.dir);
  assert.equal(reader.cursor('hub'), 1);
});

test('an empty or a deleted database is damage too, once there was a journal', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  truncateSync(join(config.dir, 'journal.db'), 0);
  const emptied = await reopened(config);
  assert.deepEqual(emptied.tags, ALL_TAGS);
  assert.ok(emptied.damage.length > 0);
  rmSync(join(config.dir, 'journal.db'));
  const deleted = await reopened(config);
  assert.deepEqual(deleted.tags, ALL_TAGS);
  assert.ok(deleted.damage.length > 0);
  const after = await reopened(config);
  assert.deepEqual(after.damage, []);
  assert.deepEqual(after.tags, ALL_TAGS);
});

test('any damaged page leads to a journal that opens and goes on', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  const whole = readFileSync(join(config.dir, 'journal.db'));
  for (let page = 0; page * 4096 < whole.length; page++) {
    for (const name of readdirSync(config.dir)) {
      if (name.startsWith('journal.db')) rmSync(join(config.dir, name));
    }
    writeFileSync(join(config.dir, 'journal.db'), whole);
    scribble(config.dir, page * 4096, page * 4096 + 4096);
    const { tags } = await reopened(config);
    assert.deepEqual(tags, ALL_TAGS, `tags after damage to page ${page}`);
    assert.equal(valuesOf(config.dir).at(-1), 42);
  }
});

test('a torn ledger loses no more than its last line', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  const path = join(config.dir, 'journal.ledger');
  writeFileSync(path, readFileSync(path).subarray(0, -7));
  {
    await using journal = await openJournal(config);
    journal.tag(tag(300));
    await settled(journal);
  }
  rmSync(join(config.dir, 'journal.db'));
  const { tags } = await reopened(config);
  assert.ok(tags.includes(300) && tags.includes(298), 'what was written after the torn line is there');
});

test('a database that breaks while running is replaced, and what is given goes on', async (t) => {
  const config = journalConfig(t, { quotaBytes: 2 * 2 ** 20 });
  const damage: string[] = [];
  await using journal = await openJournal(config, { onDamage: (what) => damage.push(...what) });
  journal.tag(tag(0));
  journal.state('mode', 'local');
  journal.append(noise(20_000, 1), mark);
  journal.event(anEvent('a.b'), START_US);
  await settled(journal);
  // Several rounds, so that pages which the worker has in its cache are read again.
  for (let n = 0; n < 200 && damage.length === 0; n++) {
    scribble(config.dir, 4096, 2 ** 30);
    journal.append(noise(8000, n), mark);
    await settled(journal);
  }
  assert.ok(damage.length > 0);
  await until('the journal is well again', () => journal.health.fault === undefined);
  journal.append(series([42]), mark);
  assert.equal(await settled(journal), 'durable');
  assert.equal(valuesOf(config.dir).at(-1), 42);
  const last = itemsOf(config.dir).at(-1);
  assert.equal(last?.kind === 'batch' && last.mark.source, 'plc');
  using reader = openReader(config.dir);
  assert.deepEqual(reader.tags(), [tag(0)]);
});

test('a journal of a newer release is refused, not replaced', async (t) => {
  const config = journalConfig(t);
  await lived(config);
  const db = new DatabaseSync(join(config.dir, 'journal.db'));
  db.exec('PRAGMA user_version = 99');
  db.close();
  await assert.rejects(openJournal(config), (fault: Fault) => fault.code === 'journal.newer-format');
  assert.throws(() => openReader(config.dir), { code: 'journal.newer-format' });
  assert.deepEqual(
    readdirSync(config.dir).filter((name) => name.includes('damaged')),
    [],
  );
});

test('a folder that cannot be one is refused with the reason', async (t) => {
  const config = journalConfig(t);
  const file = join(config.dir, 'file');
  writeFileSync(file, '');
  await assert.rejects(openJournal({ ...config, dir: file }), (fault: Fault) =>
    fault.code.startsWith('journal.'),
  );
  assert.throws(() => openReader(join(config.dir, 'nothing')), { code: 'journal.none' });
});
