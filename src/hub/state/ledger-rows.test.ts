import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import { blockOfRows } from '#journal/carry.ts';
import { allocBatch } from '#kernel/batch.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { removeOld } from '../telemetry/retention.ts';
import { sortOne } from '../telemetry/sorter.ts';
import { ledgerRowsOf } from './ledger-rows.ts';

const HOUR_US = 3_600e6;
const NOON_US = Math.floor(Date.now() / 86_400_000) * 24 * HOUR_US;
const ALL = { prefix: '', each: 'both', limit: 1000 } as const;

/** Rows of a tag each, which arrive together. */
async function come(pool: Pool, journal: number, upTo: number, hour: number, tags: readonly number[]) {
  const receivedUs = NOON_US + hour * HOUR_US + 1;
  const batch = allocBatch(tags.length, { receivedUs });
  for (const [i, tag] of tags.entries()) {
    batch.tag[i] = tag;
    batch.timeUs[i] = receivedUs - 24 * HOUR_US + i;
  }
  await pool.query(
    `WITH moved AS (
       INSERT INTO lane_positions AS l (journal, lane, position, count) VALUES ($1, 2, $2::bigint, $3::bigint)
       ON CONFLICT (journal, lane) DO UPDATE SET position = EXCLUDED.position, count = l.count + EXCLUDED.count
     ) INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body) VALUES ($1, $2, $3, 0, 1, $4)`,
    [journal, upTo, tags.length, Buffer.from(blockOfRows(upTo, batch))],
  );
}

test('samples are counted by hour of arrival and tag, sorted or not, over all boxes; and the sums are what the hub has', async (t) => {
  const { pool } = await database(t, ['north', 'south']);
  await pool.query(`
    INSERT INTO journals (site, uuid, epoch, software) VALUES
      ('north', gen_random_uuid(), 1, ''), ('north', gen_random_uuid(), 1, ''), ('south', gen_random_uuid(), 1, '');
    INSERT INTO site_tags VALUES (1, 0, 'p/a', '{}'), (1, 1, 'p/b', '{}'), (2, 7, 'p/a', '{}'), (3, 0, 'p/a', '{}')`);
  await come(pool, 1, 5, 0, [0, 0, 1]);
  await come(pool, 1, 9, 1, [0, 1, 1, 3]);
  await come(pool, 3, 9, 1, [0]);
  const at = (hour: number) => ({ fromUs: NOON_US + hour * HOUR_US });
  const wanted = [
    { tag: 'p/a', ...at(0), delivered: 2 },
    { tag: 'p/b', ...at(0), delivered: 1 },
    { tag: 'number 3', ...at(1), delivered: 1 },
    { tag: 'p/a', ...at(1), delivered: 1 },
    { tag: 'p/b', ...at(1), delivered: 2 },
  ];
  assert.deepEqual(await ledgerRowsOf(pool, 'north', ALL), wanted, 'before they are sorted');
  while (await sortOne(pool, { rows: 1, waitS: 0 }));
  assert.equal((await pool.query('SELECT FROM telemetry_inbox')).rowCount, 0);
  assert.deepEqual(await ledgerRowsOf(pool, 'north', ALL), wanted, 'and after it');

  await come(pool, 1, 12, 1, [0]);
  await come(pool, 2, 3, 1, [7, 7]);
  assert.deepEqual(await ledgerRowsOf(pool, 'north', { ...ALL, each: 'tag' }), [
    { tag: 'number 3', delivered: 1 },
    { tag: 'p/a', delivered: 6 },
    { tag: 'p/b', delivered: 3 },
  ]);
  while (await sortOne(pool, { rows: 1, waitS: 0 }));
  assert.deepEqual(await ledgerRowsOf(pool, 'north', { ...ALL, each: 'hour' }), [
    { ...at(0), delivered: 3 },
    { ...at(1), delivered: 7 },
  ]);
  const choice = { ...ALL, tag: ['p/a'], from: NOON_US + HOUR_US };
  assert.deepEqual(await ledgerRowsOf(pool, 'north', choice), [{ tag: 'p/a', ...at(1), delivered: 4 }]);
  await assert.rejects(ledgerRowsOf(pool, 'north', { ...ALL, tag: ['p/c'] }), { code: 'tag.unknown' });
  await assert.rejects(ledgerRowsOf(pool, 'west', ALL), { code: 'hub.unknown-site' });

  // What an earlier version sorted, and what became too old to be told by the hour.
  await pool.query('UPDATE lane_positions SET count = count + 100 WHERE journal = 1');
  await pool.query('UPDATE ledger_hours SET hour_us = hour_us - 40 * $1::bigint WHERE hour_us = $2', [
    24 * HOUR_US,
    NOON_US,
  ]);
  await removeOld(pool, { samplesDays: 30, eventsDays: 30 });
  assert.deepEqual(await ledgerRowsOf(pool, 'north', { ...ALL, each: 'hour' }), [
    { delivered: 103 },
    { ...at(1), delivered: 7 },
  ]);
  const tags = await ledgerRowsOf(pool, 'north', { ...ALL, each: 'tag' });
  assert.deepEqual(tags.find(({ tag }) => tag === 'p/a')?.delivered, 6);
  const { rows } = await pool.query(
    "SELECT sum(count)::int AS n FROM lane_positions JOIN journals ON id = journal WHERE site = 'north'",
  );
  assert.equal(
    tags.reduce((sum, { delivered }) => sum + delivered, 0),
    rows[0].n,
  );
});
