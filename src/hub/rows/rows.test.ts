import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Pool } from 'pg';
import { blockOfRows } from '#journal/carry.ts';
import type { Batch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { Quality } from '#kernel/quality.ts';
import { series } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { removeOld } from '../telemetry/retention.ts';
import { sortOne } from '../telemetry/sorter.ts';
import { addChoice, choices, chosenAt, removeChoice } from './choice.ts';
import { RowsKeeper } from './keeper.ts';

const LONG_MS = 60_000;
const AT_ONCE = { rows: 1, waitS: 0 };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
/** Of today, so that it has a partition of its own. */
const NOW_US = Math.floor(Date.now() / 1000) * 1e6;
const BY = { by: 'ann' };

async function rig(t: TestContext) {
  const { pool, postgres } = await database(t, ['north', 'south']);
  await pool.query(`UPDATE sites SET labels = jsonb_build_object('region', id)`);
  await pool.query(
    `INSERT INTO journals (site, uuid, epoch, software) SELECT s, gen_random_uuid(), 1, '' FROM unnest('{north,south}'::text[]) s ORDER BY s`,
  );
  await pool.query(
    `INSERT INTO site_tags SELECT j, n, p, jsonb_build_object('type', 'number', 'unit', 'bar')
     FROM generate_series(1, 2) j, unnest('{0,1}'::int[], '{press/a,press/b}'::text[]) x (n, p)`,
  );
  const at = new Map<number, number>();
  const comes = async (journal: number, batch: Batch): Promise<void> => {
    const upTo = (at.get(journal) ?? 0) + 1;
    at.set(journal, upTo);
    const span = [Math.min(...batch.timeUs), Math.max(...batch.timeUs)];
    await pool.query(
      `WITH moved AS (
         INSERT INTO lane_positions (journal, lane, position) VALUES ($1, 2, $2)
         ON CONFLICT (journal, lane) DO UPDATE SET position = EXCLUDED.position
       ) INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body) VALUES ($1, $2, $3, $5, $6, $4)`,
      [journal, upTo, batch.rows, Buffer.from(blockOfRows(upTo, batch)), ...span],
    );
  };
  const keeps = (): RowsKeeper => {
    const keeper = new RowsKeeper({ pool, clock: systemClock(), log: quiet });
    t.after(() => keeper[Symbol.asyncDispose]());
    return keeper;
  };
  return { pool, postgres, comes, keeps };
}

const values = async (pool: Pool, where = 'true') =>
  (await pool.query(`SELECT value FROM samples WHERE ${where} ORDER BY site, tag, at, value`)).rows.map(
    ({ value }) => value,
  );
const has = (pool: Pool, n: number) =>
  until(`${n} rows`, async () => (await values(pool)).length === n, LONG_MS);

test('chosen tags of chosen sites are rows that an analyst understands; others are not', async (t) => {
  const { pool, comes, keeps } = await rig(t);
  await addChoice(pool, { name: 'a', tags: ['*/a'], sites: 'region=north' }, BY);
  keeps();
  const odd: Batch = {
    ...series([1.5, 2.5, Number.NaN], 0, NOW_US),
    quality: new Uint16Array([Quality.good, Quality.badTimeout, Quality.good]),
    wide: { row: new Uint32Array([2]), value: ['open'] },
  };
  await comes(1, odd);
  await comes(1, series([7], 1, NOW_US));
  await comes(2, series([8], 0, NOW_US));
  await has(pool, 3);
  const { rows } = await pool.query(
    'SELECT site, tag, unit, at, value, other, quality FROM samples ORDER BY at',
  );
  const moment = (s: number) => new Date(NOW_US / 1000 + s * 1000);
  const head = { site: 'north', tag: 'press/a', unit: 'bar' };
  assert.deepEqual(rows, [
    { ...head, at: moment(0), value: 1.5, other: null, quality: 'good' },
    { ...head, at: moment(1), value: 2.5, other: null, quality: 'bad' },
    { ...head, at: moment(2), value: null, other: 'open', quality: 'good' },
  ]);
});

test('late, repeated and odd samples are there once, also when the database dies and sorting comes in between', async (t) => {
  const { pool, postgres, comes, keeps } = await rig(t);
  await addChoice(pool, { name: 'all', tags: ['*'] }, BY);
  const keeper = keeps();
  await comes(1, series([1, 2, 3], 0, NOW_US));
  await has(pool, 3);
  await comes(1, series([2, 3, 4], 0, NOW_US + 1e6));
  await comes(1, series([5], 0, NOW_US - 3 * 86_400e6));
  await comes(1, series([6], 0, 0));
  await comes(1, series([6], 0, 0));
  await has(pool, 6);
  await postgres.crash();
  const sorted = async () => !(await sortOne(pool, AT_ONCE).catch(() => true));
  await until('it is sorted', sorted, LONG_MS);
  await keeper[Symbol.asyncDispose]();
  // Sorting waits for no keeper: what would go from the inbox is copied first.
  await comes(1, series([9], 0, NOW_US + 10e6));
  await until('it is sorted', sorted, LONG_MS);
  assert.deepEqual(await values(pool), [6, 5, 1, 2, 3, 4, 9]);
});

test('what came before it was chosen is copied where it is asked for, once, wherever it lies', async (t) => {
  const { pool, comes, keeps } = await rig(t);
  await comes(1, series([1, 2], 0, NOW_US - 86_400e6));
  await comes(2, series([3], 1, NOW_US));
  await until('it is sorted', async () => !(await sortOne(pool, AT_ONCE)), LONG_MS);
  await comes(1, series([4], 0, NOW_US));
  await addChoice(pool, { name: 'a', tags: ['press/a'] }, BY);
  const keeper = keeps();
  await has(pool, 1);
  await addChoice(
    pool,
    { name: 'all', tags: ['*'] },
    { ...BY, fillFrom: new Date(Date.now() - 2 * 86_400_000) },
  );
  await until('all is copied', async () => (await choices(pool)).every(({ fillFrom }) => !fillFrom), LONG_MS);
  assert.deepEqual(await values(pool), [1, 2, 4, 3]);
  await removeChoice(pool, 'a');
  await removeChoice(pool, 'all');
  await assert.rejects(removeChoice(pool, 'all'), { code: 'hub.usage' });
  await keeper[Symbol.asyncDispose]();
  assert.equal((await values(pool)).length, 4);
});

test('a day that came too early gets its partition when it is there, and old days go', async (t) => {
  const { pool, comes, keeps } = await rig(t);
  await addChoice(pool, { name: 'all', tags: ['*'] }, BY);
  keeps();
  const tomorrow = NOW_US + 86_400e6;
  await comes(1, series([1], 0, tomorrow + 4 * 86_400e6));
  await has(pool, 1);
  assert.equal((await pool.query('SELECT FROM telemetry_rows_odd')).rowCount, 1);
  // As if it had come on the day before: then it was odd.
  await pool.query(`UPDATE telemetry_rows_odd SET at = at - interval '4 days'`);
  await comes(1, series([2], 0, tomorrow));
  await comes(1, series([3], 0, NOW_US - 40 * 86_400e6));
  await has(pool, 3);
  assert.equal((await pool.query('SELECT FROM telemetry_rows_odd')).rowCount, 0);
  await removeOld(pool, { samplesDays: 30, eventsDays: 30 });
  assert.deepEqual((await values(pool)).toSorted(), [1, 2]);
});

test('a reader of the views alone sees samples, and nothing else', async (t) => {
  const { pool, postgres, comes, keeps } = await rig(t);
  await addChoice(pool, { name: 'all', tags: ['*'] }, BY);
  keeps();
  await comes(1, series([1], 0, NOW_US));
  await has(pool, 1);
  await pool.query('CREATE ROLE analyst LOGIN; GRANT SELECT ON samples, sample_tags TO analyst');
  const as = (query: string) => postgres.run('SET ROLE analyst', query);
  assert.match(await as('SELECT site, value FROM samples'), /north\|1/);
  await assert.rejects(as('SELECT * FROM people'), /permission denied/);
  await assert.rejects(as('DELETE FROM telemetry_rows'), /permission denied/);
});

test('patterns and labels choose together, and a choice fits its own sites only', () => {
  const all = [
    { name: 'a', tags: ['press/*'], sites: 'region=north' },
    { name: 'b', tags: ['*/flow', 'x'], sites: 'region notin (north), camera' },
  ];
  assert.equal(chosenAt(all, {}), undefined);
  assert.equal(chosenAt(all, { region: 'north' })?.('press/flow'), true);
  assert.equal(chosenAt(all, { region: 'north' })?.('pump/flow'), false);
  assert.equal(chosenAt(all, { camera: 'yes' })?.('pump/flow'), true);
  assert.equal(chosenAt(all, { camera: 'yes', region: 'north' })?.('pump/flow'), false);
});
