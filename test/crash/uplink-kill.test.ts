import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import { samplesOf } from '#hub/telemetry/samples.ts';
import { sortOne } from '#hub/telemetry/sorter.ts';
import { openReader } from '#journal/reader.ts';
import { until } from '#test/until.ts';
import { kill, moment, started } from '#test/uplink/children.ts';
import { database, scratch } from '#test/uplink/hub-rig.ts';
import { itemsOf } from './journal-fixture.ts';

const ROUNDS = 10;
/** Rows that a site writes in one round, should it live so long. */
const ROWS = 5000;
const TAGS = 3;
const LONG_MS = 120_000;

test('site, hub, database sessions and the database killed again and again: site and hub end equal', async (t) => {
  const { postgres, pool } = await database(t, ['north']);
  const dir = scratch(t);
  const socket = join(scratch(t), 'hub.sock');
  const journal = join(dir, 'journal');
  const hub = () => started('hub-process.ts', [JSON.stringify(postgres.connection), socket, 'north']);
  const site = (first: number, most: number) =>
    started('site-process.ts', [journal, `${first}`, socket, 'north', `${most}`]);
  let { child: hubNow } = await hub();
  t.after(() => hubNow.kill('SIGKILL'));
  let next = 0;
  let confirmed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { child, said } = await site(next, ROWS);
    t.after(() => child.kill('SIGKILL'));
    // Rounds without a confirmation would show nothing.
    await until('something is confirmed', () => said().includes('stored'), LONG_MS);
    // The moment is random on purpose: whatever it is, what follows must hold.
    await moment();
    if (round % 3 === 0) {
      await kill(hubNow);
      ({ child: hubNow } = await hub());
    } else if (round % 3 === 1) {
      await postgres.run(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'holdfast' AND pid <> pg_backend_pid()",
      );
    } else if (round === 5) await postgres.crash();
    if (round % 4 === 3) await sortOne(pool, { rows: 1, waitS: 0 }).catch(() => {}); // the pool may hold killed sessions
    await moment();
    await kill(child);
    confirmed += [...said().matchAll(/stored (\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    next = itemsOf(journal).reduce((sum, item) => sum + (item.kind === 'batch' ? item.batch.rows : 0), 0);
  }
  const last = await site(next, 0);
  t.after(() => last.child.kill('SIGKILL'));
  const positionOf = async (lane: number) => {
    const { rows } = await pool.query<{ position: string }>(
      'SELECT position FROM lane_positions WHERE lane = $1',
      [lane],
    );
    return Number(rows[0]?.position);
  };
  const items = itemsOf(journal);
  const end = items.findLast(({ kind }) => kind === 'batch')?.seq ?? 0;
  const events = items.flatMap((item) => (item.kind === 'event' ? [item] : []));
  await until('all samples', async () => (await positionOf(2)) >= end, LONG_MS);
  await until('all events', async () => (await countOf(pool, 'site_events')) >= events.length, LONG_MS);
  const gapsHere = gapsOf(journal);
  await until('the gaps', async () => isDeepStrictEqual(await gapsThere(pool), gapsHere), LONG_MS);
  await kill(last.child);

  assert.ok(confirmed > 0 && next >= confirmed);
  assert.equal(await countOf(pool, 'journals'), 1);
  await assertSameSamples(pool, items);
  await sortOne(pool, { rows: 1, waitS: 0 });
  await assertSameSamples(pool, items);
  const { rows: there } = await pool.query('SELECT seq, name, subject FROM site_events ORDER BY seq');
  assert.deepEqual(
    there,
    events.map(({ seq, event: { name, subject } }) => ({ seq: `${seq}`, name, subject })),
  );
  const { rows: tags } = await pool.query('SELECT path FROM site_tags ORDER BY number');
  assert.deepEqual(tags, [{ path: 'a/b/0' }, { path: 'a/b/1' }, { path: 'a/b/2' }]);
});

function gapsOf(journal: string): object[] {
  using reader = openReader(journal);
  return reader.gaps(1000).map(({ seq, count }) => ({ id: `${seq}`, count: `${count}` }));
}

const gapsThere = async (pool: Pool): Promise<object[]> =>
  (await pool.query('SELECT id, count FROM site_gaps ORDER BY id')).rows;

const countOf = async (pool: Pool, table: string): Promise<number> =>
  Number((await pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n);

async function assertSameSamples(pool: Pool, items: ReturnType<typeof itemsOf>): Promise<void> {
  for (let number = 0; number < TAGS; number++) {
    const here = items.flatMap((item) =>
      item.kind === 'batch' ? [...item.batch.value].filter((_, i) => item.batch.tag[i] === number) : [],
    );
    const there = await samplesOf(pool, 1, number, -(2 ** 53), 2 ** 53);
    assert.deepEqual([...there.value], here);
  }
  const { rows } = await pool.query<{ n: string }>('SELECT count AS n FROM lane_positions WHERE lane = 2');
  const all = items.reduce((sum, item) => sum + (item.kind === 'batch' ? item.batch.rows : 0), 0);
  assert.equal(Number(rows[0]?.n), all);
}
