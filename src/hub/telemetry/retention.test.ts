import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockOfRows } from '#journal/carry.ts';
import { systemClock } from '#kernel/clock.ts';
import { series } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { TelemetryKeeper } from './keeper.ts';
import { dateText, dayOf, ensurePartitions, partitionDays, placeOf } from './partitions.ts';
import { removeOld } from './retention.ts';

test('whole days of samples go once they are older than the policy, and events by when they came', async (t) => {
  const { pool } = await database(t, ['north']);
  const today = dayOf(Date.now() * 1000);
  const client = await pool.connect();
  const days = [today - 40, today - 31, today - 29, today];
  await ensurePartitions(client, days);
  await ensurePartitions(client, days);
  assert.deepEqual(await partitionDays(client), days);
  await pool.query(
    "INSERT INTO journals (site, uuid, epoch, software) VALUES ('north', gen_random_uuid(), 1, '')",
  );
  for (const [seq, age] of [
    [1, 100],
    [2, 1],
  ])
    await pool.query(
      `INSERT INTO site_events (journal, seq, time_us, kind, name, subject, received)
       VALUES (1, $1, 0, 'system', 'x', 'x', now() - make_interval(days => $2))`,
      [seq, age],
    );
  assert.deepEqual(await removeOld(pool, { samplesDays: 30, eventsDays: 90 }), { days: 2, events: 1 });
  assert.deepEqual(await partitionDays(client), [today - 29, today]);
  const { rows } = await client.query('SELECT seq FROM site_events');
  assert.deepEqual(rows, [{ seq: '2' }]);
  client.release();
});

test('what comes is sorted by itself, also after the database was away', async (t) => {
  const { pool, postgres } = await database(t, ['north']);
  await pool.query(
    "INSERT INTO journals (site, uuid, epoch, software) VALUES ('north', gen_random_uuid(), 1, '')",
  );
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const policy = { samplesDays: 30, eventsDays: 30 };
  const keeper = new TelemetryKeeper({ pool, clock: systemClock(), log: quiet }, policy, {
    rows: 1,
    waitS: 0,
  });
  t.after(() => keeper[Symbol.asyncDispose]());
  const come = (upTo: number) =>
    pool.query(
      'INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body) VALUES (1, $1, 2, 0, 1, $2)',
      [upTo, Buffer.from(blockOfRows(upTo, series([1, 2])))],
    );
  const isEmpty = async () => (await pool.query('SELECT FROM telemetry_inbox')).rowCount === 0;
  await come(1);
  await until('it is sorted', isEmpty, 60_000);
  await postgres.crash();
  await until(
    'the database is back',
    () =>
      come(2).then(
        () => true,
        () => false,
      ),
    60_000,
  );
  await until('it is sorted', isEmpty, 60_000);
  const { rows } = await pool.query('SELECT sum(rows) AS rows FROM telemetry');
  assert.deepEqual(rows, [{ rows: '4' }]);
});

test('a journal whose samples cannot be sorted holds up no other, and is kept as it came', async (t) => {
  const { pool } = await database(t, ['north', 'south']);
  for (const site of ['north', 'south'])
    await pool.query(
      "INSERT INTO journals (site, uuid, epoch, software) VALUES ($1, gen_random_uuid(), 1, '')",
      [site],
    );
  const come = (journal: number, body: Uint8Array) =>
    pool.query(
      'INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body) VALUES ($1, 1, 2, 0, 1, $2)',
      [journal, Buffer.from(body)],
    );
  const block = blockOfRows(1, series([1, 2]));
  await come(1, block.slice(0, -1));
  await come(2, block);
  const said: string[] = [];
  const warn = (_detail: object, message: string) => void said.push(message);
  const log = { debug() {}, info() {}, warn, error() {} };
  const policy = { samplesDays: 30, eventsDays: 30 };
  const ports = { pool, clock: systemClock(), log };
  const keeper = new TelemetryKeeper(ports, policy, { rows: 1, waitS: 0 });
  t.after(() => keeper[Symbol.asyncDispose]());
  const waiting = async () => (await pool.query('SELECT journal FROM telemetry_inbox')).rows;
  await until('the other one is sorted', async () => (await waiting()).length === 1, 60_000);
  assert.deepEqual(await waiting(), [{ journal: 1 }]);
  assert.match(said.join(), /not sorted just now/);
});

test('samples far from today are kept with today, whatever the clock of the site said', () => {
  const today = dayOf(Date.UTC(2026, 10, 29) * 1000);
  assert.equal(dateText(today), '2026-11-29');
  assert.deepEqual(placeOf(today - 400, today), { day: today - 400, odd: false });
  assert.deepEqual(placeOf(today + 1, today), { day: today + 1, odd: false });
  assert.deepEqual(placeOf(0, today), { day: today, odd: true });
  assert.deepEqual(placeOf(today + 2, today), { day: today, odd: true });
});
