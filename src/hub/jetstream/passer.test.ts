import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Pool } from 'pg';
import type { NatsSettings } from '#contract/hub-file.ts';
import { blockOfRows } from '#journal/carry.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import { series } from '#test/crash/journal-fixture.ts';
import { Nats } from '#test/interop/nats.ts';
import { until } from '#test/until.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { rowsOf } from '#uplink/rows.ts';
import { boundOutbox } from '../telemetry/outbox.ts';
import { beginPassing, endPassing, mustBeKept } from '../telemetry/passing.ts';
import { sortOne } from '../telemetry/sorter.ts';
import { pieces } from './lines.ts';
import { StreamLink } from './link.ts';
import { StreamPasser } from './passer.ts';

const LONG_MS = 60_000;
const AT_ONCE = { rows: 1, waitS: 0 };

/** What sites sent, as the hub stores it. */
class Inbox {
  readonly pool: Pool;
  readonly #at = new Map<number, number>();

  constructor(pool: Pool) {
    this.pool = pool;
  }

  /** A hub that was restored: its site goes on there. */
  goesBack(journal: number, upTo: number): void {
    this.#at.set(journal, upTo);
  }

  async comes(journal: number, values: readonly number[]): Promise<void> {
    const upTo = (this.#at.get(journal) ?? 0) + values.length;
    this.#at.set(journal, upTo);
    const batch = series(values);
    // A sample has its time, in whatever block it comes.
    values.forEach((value, i) => {
      batch.timeUs[i] = value * 1e6;
    });
    const body = Buffer.from(blockOfRows(upTo, batch));
    await this.pool.query(
      `WITH moved AS (
         INSERT INTO lane_positions (journal, lane, position) VALUES ($1, 2, $2)
         ON CONFLICT (journal, lane) DO UPDATE SET position = EXCLUDED.position
       ) INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body) VALUES ($1, $2, $3, 0, 1, $4)`,
      [journal, upTo, values.length, body],
    );
  }
}

/** What the database has of a journal, as a backup keeps it. */
class Backup {
  readonly #pool: Pool;
  readonly #tables: Record<string, readonly object[]> = {};

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async of(pool: Pool): Promise<Backup> {
    const backup = new Backup(pool);
    for (const table of KEPT) backup.#tables[table] = (await pool.query(`SELECT * FROM ${table}`)).rows;
    return backup;
  }

  async restore(): Promise<void> {
    await this.#pool.query(`TRUNCATE ${KEPT.join(', ')}`);
    for (const table of KEPT)
      for (const row of this.#tables[table] ?? []) {
        const marks = Object.keys(row).map((_, n) => `$${n + 1}`);
        const names = Object.keys(row).map((name) => `"${name}"`);
        await this.#pool.query(`INSERT INTO ${table} (${names}) VALUES (${marks})`, Object.values(row));
      }
  }
}

const KEPT = ['lane_positions', 'telemetry_inbox', 'telemetry_outbox', 'stream_positions'];

async function rig(t: TestContext) {
  const { pool } = await database(t, ['north', 'south']);
  await pool.query(
    "INSERT INTO journals (site, uuid, epoch, software) SELECT s, gen_random_uuid(), 1, '' FROM unnest('{north,south}'::text[]) s ORDER BY s",
  );
  const nats = await Nats.start(t);
  const said: string[] = [];
  const lost: object[] = [];
  const log: Log = {
    debug() {},
    info() {},
    error() {},
    warn: (detail) => void said.push(JSON.stringify(detail)),
  };
  const wentBack = (site: string, detail: object) => void lost.push({ site, ...detail });
  const pass = async (settings: NatsSettings = nats.settings): Promise<StreamPasser> => {
    await beginPassing(pool, settings.keep, settings.waitingBytes);
    const passer = new StreamPasser(settings, { pool, clock: systemClock(), log, wentBack });
    t.after(() => passer[Symbol.asyncDispose]());
    return passer;
  };
  const passed = async () => {
    const { rows } = await pool.query('SELECT coalesce(sum(count), 0)::int AS n FROM stream_positions');
    return rows[0].n as number;
  };
  const has = (n: number) => until(`${n} samples are passed on`, async () => (await passed()) === n, LONG_MS);
  const values = async (site = 'north') =>
    (await nats.samples()).filter((one) => one.site === site).map(({ value }) => value);
  return { pool, nats, said, lost, inbox: new Inbox(pool), pass, has, values };
}

const count = async (pool: Pool, table: string): Promise<number> =>
  (await pool.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;

test('what was sorted while the stream was away waits aside, and is passed on in its order', async (t) => {
  const { pool, nats, inbox, pass, has, values, said } = await rig(t);
  await nats.kill();
  await pass();
  await inbox.comes(1, [1, 2]);
  await until('it is said', () => said.length > 0, LONG_MS);
  await until('it is sorted', async () => !(await sortOne(pool, AT_ONCE)), LONG_MS);
  await inbox.comes(1, [3]);
  assert.equal(await count(pool, 'telemetry'), 1);
  assert.equal(await count(pool, 'telemetry_outbox'), 1);
  await nats.restart();
  await has(3);
  assert.deepEqual(await values(), [1, 2, 3]);
  assert.equal(await count(pool, 'telemetry_outbox'), 0);
  assert.match(said.join(), /CONNECTION_REFUSED|ECONNREFUSED|refused/i);
});

test('what was passed on without being written down is found in the stream', async (t) => {
  const { pool, inbox, pass, has, values, said } = await rig(t);
  await pool.query(`CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'as if it died here'; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER refuse BEFORE UPDATE ON stream_positions FOR EACH ROW EXECUTE FUNCTION refuse()`);
  const passer = await pass();
  await inbox.comes(1, [1, 2]);
  await until('it is passed on', () => /as if it died/.test(said.join()), LONG_MS);
  await inbox.comes(1, [3]);
  await passer[Symbol.asyncDispose]();
  assert.deepEqual((await values()).slice(0, 2), [1, 2]);
  await pool.query('DROP TRIGGER refuse ON stream_positions');
  await pass();
  await inbox.comes(1, [4]);
  await has(4);
  assert.deepEqual(await values(), [1, 2, 3, 4]);
});

test('several hubs share the work, whatever they are; each sample is there once, behind those before it', async (t) => {
  const { inbox, pass, has, values } = await rig(t);
  await Promise.all([pass(), pass(), pass()]);
  const all = Array.from({ length: 300 }, (_, n) => n);
  for (const n of all) await Promise.all([inbox.comes(1, [n]), inbox.comes(2, [n + 1000])]);
  await has(600);
  assert.deepEqual(await values('north'), all);
  assert.deepEqual(
    await values('south'),
    all.map((n) => n + 1000),
  );
});

test('a block larger than a message is passed on in parts', async (t) => {
  const { nats, inbox, pass, has, values } = await rig(t);
  await pass();
  const all = Array.from({ length: 20_000 }, (_, n) => n);
  await inbox.comes(1, all);
  await has(all.length);
  assert.ok((await nats.messages()).length > 1);
  assert.deepEqual(await values(), all);
});

test('not kept here, samples are nowhere else, and go once they are passed on', async (t) => {
  const { pool, nats, inbox, pass, has, values } = await rig(t);
  await pass({ ...nats.settings, keep: false });
  await inbox.comes(1, [1, 2]);
  await has(2);
  await until('it is sorted', async () => !(await sortOne(pool, AT_ONCE)), LONG_MS);
  for (const table of ['telemetry', 'telemetry_inbox', 'telemetry_outbox'])
    assert.equal(await count(pool, table), 0);
  assert.deepEqual(await values(), [1, 2]);
  const nowUs = Date.now() * 1000;
  await assert.rejects(mustBeKept(pool, nowUs + 60e6), { code: 'hub.samples-elsewhere' });
  await mustBeKept(pool, nowUs - 600e6);
  await beginPassing(pool, true, 2 ** 40);
  await mustBeKept(pool, nowUs + 60e6);
});

test('a stream that lost its end gets it again while it is at hand; what is not at hand is told', async (t) => {
  const { pool, nats, inbox, pass, has, values, lost } = await rig(t);
  await pass();
  await inbox.comes(1, [1]);
  await has(1);
  await nats.kill();
  const copy = `${nats.dataDir}-copy`;
  cpSync(nats.dataDir, copy, { recursive: true });
  const back = async () => {
    await nats.kill();
    rmSync(nats.dataDir, { recursive: true });
    cpSync(copy, nats.dataDir, { recursive: true });
    await nats.restart();
  };
  await nats.restart();
  await inbox.comes(1, [2, 3]);
  await has(3);
  await back();
  await inbox.comes(1, [4]);
  await has(4);
  assert.deepEqual(await values(), [1, 2, 3, 4]);
  assert.deepEqual(lost, []);
  await until('it is sorted', async () => !(await sortOne(pool, AT_ONCE)), LONG_MS);
  await back();
  await inbox.comes(1, [5]);
  await until('it is told', () => lost.length > 0, LONG_MS);
  await has(2);
  assert.deepEqual(await values(), [1, 5]);
  assert.deepEqual(lost, [{ site: 'north', from: 1, to: 4 }]);
});

test('goes on where messages were removed by age or by hand; a message of somebody else is told, and holds up one site', async (t) => {
  const { nats, inbox, pass, has, values, said } = await rig(t);
  await pass();
  await inbox.comes(1, [1]);
  await has(1);
  const session = await connect({ servers: nats.settings.servers as string[] });
  t.after(() => session.close());
  const { streams } = await jetstreamManager(session);
  await streams.purge(nats.settings.stream);
  await inbox.comes(1, [2]);
  await has(2);
  assert.deepEqual(await values(), [2]);
  const [message] = await nats.messages();
  await jetstream(session).publish(message?.subject ?? '', '{}');
  await inbox.comes(1, [3]);
  await inbox.comes(2, [4]);
  await has(3);
  await until('it is told', () => /somebody else writes/.test(said.join()), LONG_MS);
  assert.equal(await values('south').then((all) => all.join()), '4');
});

test('the stream is made as the settings say, on disk, and takes nothing more where it is full', async (t) => {
  const { nats, inbox, pass, has } = await rig(t);
  await pass({ ...nats.settings, keepDays: 7 });
  await inbox.comes(1, [1]);
  await has(1);
  const session = await connect({ servers: nats.settings.servers as string[] });
  t.after(() => session.close());
  const { streams } = await jetstreamManager(session);
  const { config } = await streams.info(nats.settings.stream);
  const { subjects, storage, discard, max_age: age } = config;
  assert.deepEqual(
    { subjects, storage, discard, age },
    { subjects: ['holdfast.samples.>'], storage: 'file', discard: 'new', age: 7 * 86_400e9 },
  );
});

test('after the end nothing waits any more, and what comes later is not passed on', async (t) => {
  const { pool, nats, inbox, pass, has } = await rig(t);
  const passer = await pass();
  await inbox.comes(1, [1]);
  await has(1);
  await passer[Symbol.asyncDispose]();
  assert.ok(await endPassing(pool));
  assert.equal(await endPassing(pool), undefined);
  await inbox.comes(1, [2]);
  await until('it is sorted', async () => !(await sortOne(pool, AT_ONCE)), LONG_MS);
  assert.equal(await count(pool, 'telemetry_outbox'), 0);
  assert.equal((await nats.samples()).length, 1);
});

test('what waits while the stream is away has an end: the oldest go, counted for each site and told, the rest is passed on', async (t) => {
  const { pool, nats, inbox, pass, has, values } = await rig(t);
  const blockBytes = blockOfRows(100, series(Array.from({ length: 100 }, () => 0))).length;
  const waitingBytes = 4 * blockBytes + Math.floor(blockBytes / 2);
  await beginPassing(pool, true, waitingBytes);
  for (let n = 0; n < 6; n++) {
    await inbox.comes(
      1,
      Array.from({ length: 100 }, () => n),
    );
    await inbox.comes(
      2,
      Array.from({ length: 100 }, () => n),
    );
  }
  while (await sortOne(pool, AT_ONCE));
  await inbox.comes(1, [7]);
  assert.deepEqual(await boundOutbox(pool), { samples: 800, sites: 2 });
  assert.equal(await boundOutbox(pool), undefined, 'once');
  const { rows: events } = await pool.query('SELECT name, subject, detail FROM hub_events');
  assert.deepEqual(events, [
    {
      ...{ name: 'system.stream-samples-dropped', subject: 'nats' },
      detail: { samples: 800, sites: 2, waitingBytes },
    },
  ]);
  await pass({ ...nats.settings, waitingBytes: 2 ** 30 });
  await has(401);
  for (const [site, more] of [
    ['north', [7]],
    ['south', []],
  ] as const)
    assert.deepEqual(await values(site), [
      ...Array.from({ length: 100 }, () => 4),
      ...Array.from({ length: 100 }, () => 5),
      ...more,
    ]);
  const { rows } = await pool.query('SELECT lost::int FROM stream_positions ORDER BY journal');
  assert.deepEqual(rows, [{ lost: 400 }, { lost: 400 }]);
});

/** In blocks of the sizes that come round. */
async function comesIn(inbox: Inbox, sizes: readonly number[], from: number, to: number): Promise<void> {
  for (let at = from, n = 0; at < to; n++) {
    const end = Math.min(to, at + (sizes[n % sizes.length] ?? 1));
    await inbox.comes(
      1,
      Array.from({ length: end - at }, (_, i) => at + i + 1),
    );
    at = end;
  }
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test('a hub that comes from a backup passes on what the stream has not got, however its site cuts it now', async (t) => {
  const { pool, inbox, pass, has, values } = await rig(t);
  let total = 0;
  for (const [before, after] of [
    [[3], [2]],
    [[1], [7]],
    [
      [5, 2],
      [3, 4],
    ],
    [[4], [4]],
    [[2, 9], [50]],
  ] as const) {
    const passer = await pass();
    const kept = total + 4;
    await comesIn(inbox, [2], total, kept);
    await has(kept);
    await passer[Symbol.asyncDispose]();
    const backup = await Backup.of(pool);
    const lost = await pass();
    await comesIn(inbox, before, kept, kept + 20);
    await has(kept + 20);
    await lost[Symbol.asyncDispose]();
    await backup.restore();
    inbox.goesBack(1, kept);
    const restored = await pass();
    total = kept + 33;
    await comesIn(inbox, after, kept, total);
    await has(total);
    assert.deepEqual(await values(), upTo(total));
    await restored[Symbol.asyncDispose]();
  }
});

test('it finds its place in a block of which the stream had a part of its messages', async (t) => {
  const { pool, nats, inbox, pass, has, values } = await rig(t);
  const first = await pass();
  await comesIn(inbox, [2], 0, 4);
  await has(4);
  await first[Symbol.asyncDispose]();
  const backup = await Backup.of(pool);
  await inbox.comes(
    1,
    Array.from({ length: 20_000 }, (_, n) => n + 5),
  );
  // As if the hub had died between two messages of it.
  const { rows } = await pool.query('SELECT body FROM telemetry_inbox ORDER BY upto DESC LIMIT 1');
  const link = await StreamLink.open(nats.settings);
  const [last] = (await nats.messages()).slice(-1);
  let after = last?.seq ?? 0;
  const most = link.mostBytes;
  for (const piece of [...pieces('north', rowsOf(20_004, rows[0].body), 0, most, () => undefined)].slice(
    0,
    3,
  )) {
    const position = { upTo: 4, row: piece.to };
    const added = await link.publish(last?.subject ?? '', piece.text, {
      position,
      count: 4 + piece.to,
      after,
    });
    after = added ?? assert.fail('another message is the last');
  }
  await link[Symbol.asyncDispose]();
  await backup.restore();
  inbox.goesBack(1, 4);
  await pass();
  await comesIn(inbox, [25_000], 4, 25_004);
  await has(25_004);
  assert.deepEqual(await values(), upTo(25_004));
});

test('a sample that the site no longer has is not looked for for ever, and nothing behind it is left out', async (t) => {
  const { pool, inbox, pass, has, values } = await rig(t);
  const first = await pass();
  await comesIn(inbox, [2], 0, 4);
  await has(4);
  await first[Symbol.asyncDispose]();
  const backup = await Backup.of(pool);
  const lost = await pass();
  await comesIn(inbox, [3], 4, 10);
  await has(10);
  await lost[Symbol.asyncDispose]();
  await backup.restore();
  // Quota took what was up to 10; a block begins before that, and holds what came after.
  inbox.goesBack(1, 8);
  await pass();
  await inbox.comes(1, [11, 12, 13, 14]);
  await has(14);
  assert.deepEqual(await values(), upTo(14));
});

test('it goes on behind a last message that somebody deleted', async (t) => {
  const { pool, nats, inbox, pass, has, values } = await rig(t);
  await pass();
  await inbox.comes(1, [1]);
  await has(1);
  await inbox.comes(1, [2]);
  await has(2);
  await until('it is sorted', async () => !(await sortOne(pool, AT_ONCE)), LONG_MS);
  const session = await connect({ servers: nats.settings.servers as string[] });
  t.after(() => session.close());
  const { streams } = await jetstreamManager(session);
  const ofSite = { last_by_subj: `${nats.settings.subject}.north.>` };
  const last = await streams.getMessage(nats.settings.stream, ofSite);
  assert.ok(last);
  await streams.deleteMessage(nats.settings.stream, last.seq);
  await inbox.comes(1, [3]);
  await until('it goes on', async () => (await values()).includes(3), LONG_MS);
  assert.deepEqual(await values(), [1, 3]);
});
