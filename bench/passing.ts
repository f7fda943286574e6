/*
 * What a hub does with samples for others: passed on to a real nats-server with JetStream as it comes from Debian, and copied
 * to plain rows in a real PostgreSQL with its own settings, all on this machine; and how many bytes they are there.
 */

import type { Pool } from 'pg';
import { StreamPasser } from '#hub/jetstream/passer.ts';
import { addChoice } from '#hub/rows/choice.ts';
import { copyJournal } from '#hub/rows/copy.ts';
import { beginPassing } from '#hub/telemetry/passing.ts';
import { blockOfRows } from '#journal/carry.ts';
import { systemClock } from '#kernel/clock.ts';
import { plant } from '#test/fleet/plant-mix.ts';
import { Nats } from '#test/interop/nats.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { type Row, report } from './table.ts';

const SITES = 10;
/** Of one site, as the uplink gathers them each second. */
const PER_S = 1000;
const LIMIT_MS = 300_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function bench(quick: boolean): Promise<Row[]> {
  const seconds = quick ? 10 : 120;
  const samples = SITES * PER_S * seconds;
  await using stack = new AsyncDisposableStack();
  const scope = { after: (end: () => unknown) => void stack.defer(async () => void (await end())) };
  const { pool } = await database(
    scope,
    Array.from({ length: SITES }, (_, n) => `site-${n}`),
  );
  const nats = await Nats.start(scope);
  await fill(pool, seconds);
  const passed = await pass(pool, nats, samples);
  const copied = await copy(pool);
  return [
    {
      what: 'passed on to NATS JetStream, of 10 sites',
      unit: 'samples/s',
      ours: samples / passed.seconds,
      note: `${(passed.bytes / samples).toFixed(0)} B a sample in the stream; hub, nats-server and PostgreSQL on this machine`,
    },
    {
      what: 'copied to plain rows, of 10 sites',
      unit: 'samples/s',
      ours: samples / copied.seconds,
      note: `${(copied.bytes / samples).toFixed(0)} B a sample, its index included`,
    },
  ];
}

/** What came from sites and waits. */
async function fill(pool: Pool, seconds: number): Promise<void> {
  await pool.query(
    "INSERT INTO journals (site, uuid, epoch, software) SELECT id, gen_random_uuid(), 1, '' FROM sites",
  );
  await pool.query(
    `INSERT INTO site_tags SELECT j.id, n, 'hall/line1/pump' || n || '/value', '{"type": "number", "unit": "bar"}'
     FROM journals j, generate_series(0, 19999) n`,
  );
  const blocks = plant(seconds, PER_S).map((batch, n) => ({
    body: Buffer.from(blockOfRows(n + 1, batch)),
    rows: batch.rows,
    fromUs: Math.floor(batch.timeUs[0] ?? 0),
    toUs: Math.ceil(batch.timeUs.at(-1) ?? 0),
  }));
  for (const [n, { body, rows, fromUs, toUs }] of blocks.entries())
    await pool.query(
      `INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body)
       SELECT id, $1::bigint, $2::integer, $3::bigint, $4::bigint, $5::bytea FROM journals`,
      [n + 1, rows, fromUs, toUs, body],
    );
  await pool.query(
    'INSERT INTO lane_positions (journal, lane, position) SELECT id, 2, $1::bigint FROM journals',
    [blocks.length],
  );
}

interface Done {
  readonly seconds: number;
  readonly bytes: number;
}

async function pass(pool: Pool, nats: Nats, samples: number): Promise<Done> {
  await beginPassing(pool, true, 2 ** 40);
  const count = async () =>
    Number((await pool.query('SELECT coalesce(sum(count), 0) AS n FROM stream_positions')).rows[0].n);
  const begun = performance.now();
  await using _passer = new StreamPasser(nats.settings, { pool, clock: systemClock(), log: quiet });
  while ((await count()) < samples) {
    if (performance.now() - begun > LIMIT_MS) throw new Error('not all samples were passed on');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, bytes: await nats.bytes() };
}

async function copy(pool: Pool): Promise<Done> {
  await addChoice(pool, { name: 'all', tags: ['*'] }, { by: 'bench' });
  const { rows: journals } = await pool.query<{ id: number }>('SELECT id FROM journals');
  const client = await pool.connect();
  const begun = performance.now();
  for (const { id } of journals) {
    let more = true;
    while (more) {
      await client.query('BEGIN');
      more = await copyJournal(client, id);
      await client.query('COMMIT');
    }
  }
  const seconds = (performance.now() - begun) / 1000;
  client.release();
  const { rows } = await pool.query<{ bytes: string }>(
    `SELECT sum(pg_total_relation_size(inhrelid)) AS bytes FROM pg_inherits WHERE inhparent = 'telemetry_rows'::regclass`,
  );
  return { seconds, bytes: Number(rows[0]?.bytes) };
}

await report(bench);
