import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sortOne } from '#hub/telemetry/sorter.ts';
import { Nats } from '#test/interop/nats.ts';
import { until } from '#test/until.ts';
import { kill, moment, started } from '#test/uplink/children.ts';
import { database, scratch } from '#test/uplink/hub-rig.ts';
import { itemsOf } from './journal-fixture.ts';

const ROUNDS = 8;
/** Rows that a site writes in one round, should it live so long. */
const ROWS = 4000;
const LONG_MS = 120_000;

test('nats-server, hub and database killed again and again: the stream has every sample once, in its order', async (t) => {
  const { postgres, pool } = await database(t, ['north']);
  const nats = await Nats.start(t);
  // Between what is passed on and what is written down of it there is time to be killed in.
  await pool.query(`CREATE FUNCTION late() RETURNS trigger AS $$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER late BEFORE UPDATE ON stream_positions FOR EACH ROW EXECUTE FUNCTION late()`);
  const dir = scratch(t);
  const socket = join(scratch(t), 'hub.sock');
  const journal = join(dir, 'journal');
  const settings = JSON.stringify(nats.settings);
  const hub = () =>
    started('hub-process.ts', [JSON.stringify(postgres.connection), socket, 'north', settings]);
  let { child: hubNow } = await hub();
  t.after(() => kill(hubNow));
  const passed = async () => {
    const { rows } = await pool.query<{ count: string }>('SELECT count FROM stream_positions');
    return Number(rows[0]?.count ?? 0);
  };
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = await passed().catch(() => 0);
    const { child } = await started('site-process.ts', [journal, `${next}`, socket, 'north', `${ROWS}`]);
    t.after(() => kill(child));
    await moment();
    if (round % 2 === 0) await nats.kill();
    await moment();
    if (round % 2 === 1 || round === 4) {
      await kill(hubNow);
      ({ child: hubNow } = await hub());
    } else if (round === 6) await postgres.crash();
    // While it is away, too: what was sorted waits elsewhere.
    if (round % 4 === 2) await sortOne(pool, { rows: 1, waitS: 0 }).catch(() => {}); // the pool may hold killed sessions
    await moment();
    if (round % 2 === 0) await nats.restart();
    // Rounds in which nothing is passed on would show nothing.
    await until('more is passed on', async () => (await passed()) > before, LONG_MS);
    await kill(child);
    next = valuesOf(journal).length;
  }
  const last = await started('site-process.ts', [journal, `${next}`, socket, 'north', '0']);
  t.after(() => kill(last.child));
  await until('all is passed on', async () => (await passed()) >= next, LONG_MS);
  await kill(last.child);

  const samples = await nats.samples();
  assert.deepEqual(
    samples.map(({ value }) => value),
    valuesOf(journal),
  );
  assert.deepEqual(new Set(samples.map(({ tag }) => tag)), new Set(['a/b/0', 'a/b/1', 'a/b/2']));
  assert.equal(await passed(), next);
});

const valuesOf = (journal: string): number[] =>
  itemsOf(journal).flatMap((item) => (item.kind === 'batch' ? [...item.batch.value] : []));
