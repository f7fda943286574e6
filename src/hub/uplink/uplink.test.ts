import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Pool } from 'pg';
import { samplesOf } from '#hub/telemetry/samples.ts';
import { sortOne } from '#hub/telemetry/sorter.ts';
import { ByteSink } from '#journal/bytes.ts';
import { blockOfRows } from '#journal/carry.ts';
import { writePacked } from '#journal/packed.ts';
import { type Batch, BatchBuilder } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import { noise, START_US, series } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { database, SiteByHand, uplinkServer } from '#test/uplink/hub-rig.ts';
import type { FromSite, Lane } from '#uplink/messages.ts';

const LONG_MS = 60_000;

function listOf(
  events: readonly (readonly [seq: number, event: { readonly [key: string]: Json }])[],
): Uint8Array {
  const plain = new ByteSink();
  let last = 0;
  for (const [seq, event] of events) {
    plain.varint(seq - last);
    plain.text(JSON.stringify(event));
    last = seq;
  }
  const list = new ByteSink();
  writePacked(list, plain.bytes);
  return list.bytes;
}

const history = (after: number, upTo: number, batch: Batch): FromSite => ({
  kind: 'history',
  after,
  upTo,
  block: blockOfRows(upTo, batch),
});

const anEvent = (name: string, kind = 'system') => ({ kind, name, timeUs: START_US, subject: 'pump' });

/** A hub with two sites by hand, both greeted. */
async function rig(t: TestContext) {
  const { postgres, pool } = await database(t, ['north', 'south']);
  const { server, reports } = uplinkServer(t, pool);
  const journals = { north: randomUUID(), south: randomUUID() };
  const join = async (site: 'north' | 'south', epoch = 1) => {
    const one = new SiteByHand(server, site);
    one.hello(site, journals[site], epoch);
    await until('the welcome', () => one.last('welcome') !== undefined, LONG_MS);
    return one;
  };
  const stored = (one: SiteByHand, lane: Lane | 'live', upTo: number) =>
    until(
      `${lane} up to ${upTo}`,
      () => one.heard.some((m) => m.kind === 'stored' && m.lane === lane && m.upTo === upTo),
      LONG_MS,
    );
  return { postgres, pool, server, reports, journals, join, stored };
}

const count = async (pool: Pool, query: string): Promise<number> =>
  Number((await pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${query}`)).rows[0]?.n);

async function valuesOf(pool: Pool, site: string, number: number): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>('SELECT id FROM journals WHERE site = $1 ORDER BY id', [
    site,
  ]);
  const samples = await samplesOf(pool, rows[0]?.id ?? 0, number, -(2 ** 53), 2 ** 53);
  return [...samples.value];
}

test('what a site sends is stored with its position, confirmed, and known at the next greeting', async (t) => {
  const r = await rig(t);
  const north = await r.join('north');
  assert.deepEqual(north.last('welcome')?.positions, { security: 0, others: 0, history: 0 });
  const tag = { number: 5, path: 'a/b', type: 'number', access: 'read' };
  north.say({ kind: 'page', table: 'tags', page: 0, text: JSON.stringify([tag]) });
  north.say(history(0, 3, series([1, 2], 5)));
  north.say(history(3, 9, series([3], 5, START_US + 10e6)));
  const list = listOf([
    [4, anEvent('system.a')],
    [8, { ...anEvent('system.\0b'), by: 'anna', detail: { text: '\ud800 \0', '\0': 1 } }],
  ]);
  north.say({ kind: 'events', lane: 'others', after: 0, upTo: 8, list });
  north.say({ kind: 'live', stamp: 7, block: blockOfRows(7, series([3], 5)) });
  await r.stored(north, 'history', 9);
  await r.stored(north, 'others', 8);
  await r.stored(north, 'live', 7);
  assert.deepEqual(await valuesOf(r.pool, 'north', 5), [1, 2, 3]);
  const events = await r.pool.query('SELECT seq, name, by, detail FROM site_events ORDER BY seq');
  assert.deepEqual(events.rows, [
    { seq: '4', name: 'system.a', by: null, detail: null },
    { seq: '8', name: 'system.\ufffdb', by: 'anna', detail: { text: '\ufffd \ufffd', '\ufffd': 1 } },
  ]);
  const newest = await r.pool.query('SELECT number, value, quality FROM newest_values');
  assert.deepEqual(newest.rows, [{ number: '5', value: 3, quality: 0 }]);
  assert.deepEqual((await r.pool.query('SELECT path FROM site_tags')).rows, [{ path: 'a/b' }]);

  const again = await r.join('north', 2);
  assert.deepEqual(again.last('welcome')?.positions, { security: 0, others: 8, history: 9 });
  assert.deepEqual([...(again.last('welcome')?.pages.tags.keys() ?? [])], [0]);
  await until('the old connection is closed', () => north.ended, LONG_MS);
  assert.equal(north.last('refused')?.code, 'uplink.replaced');
});

test('a page takes the place of what was there, and an empty one removes it', async (t) => {
  const r = await rig(t);
  const north = await r.join('north');
  const gap = (id: number, n: number) => ({ id, tags: 'all', fromUs: 1, toUs: 2, count: n, reason: 'quota' });
  const page = (rows: readonly object[]) =>
    north.say({ kind: 'page', table: 'gaps', page: 1, text: JSON.stringify(rows) });
  page([gap(64, 1), gap(65, 2)]);
  page([gap(65, 7)]);
  await until('the page', async () => (await count(r.pool, 'site_gaps WHERE count = 7')) === 1, LONG_MS);
  assert.equal(await count(r.pool, 'site_gaps'), 1);
  page([]);
  await until('no page', async () => (await count(r.pool, 'site_gaps')) === 0, LONG_MS);
  assert.equal(await count(r.pool, 'journal_pages'), 0);
});

const wrong: readonly (readonly [what: string, code: string, say: (one: SiteByHand) => void])[] = [
  [
    'bytes that are no frames',
    'uplink.malformed',
    (one) => void one.stream.write(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
  ],
  [
    'a block that is none',
    'uplink.malformed',
    (one) => one.say({ kind: 'history', after: 0, upTo: 3, block: Buffer.from('nonsense') }),
  ],
  [
    'a block of another place',
    'uplink.malformed',
    (one) => one.say({ kind: 'history', after: 0, upTo: 3, block: blockOfRows(4, series([1])) }),
  ],
  ['history that begins elsewhere', 'uplink.malformed', (one) => one.say(history(5, 9, series([1])))],
  [
    'an event that is no JSON',
    'uplink.malformed',
    (one) =>
      one.say({ kind: 'events', lane: 'others', after: 0, upTo: 3, list: Buffer.of(0, 3, 3, 1, 1, 0x7b) }),
  ],
  [
    'an event of the other lane',
    'uplink.malformed',
    (one) =>
      one.say({
        kind: 'events',
        lane: 'others',
        after: 0,
        upTo: 3,
        list: listOf([[1, anEvent('x', 'security')]]),
      }),
  ],
  [
    'a page with foreign rows',
    'uplink.malformed',
    (one) => one.say({ kind: 'page', table: 'tags', page: 3, text: '[{"number":1,"path":"a"}]' }),
  ],
  ['a second hello', 'uplink.malformed', (one) => one.hello('north', randomUUID())],
  ['a frame of a gigabyte', 'uplink.malformed', (one) => void one.stream.write(Buffer.of(0, 0, 0, 0x40, 5))],
];

for (const [what, code, say] of wrong)
  test(`a site that sends ${what} is cut off and reported, and another one does not notice`, async (t) => {
    const r = await rig(t);
    const north = await r.join('north');
    const south = await r.join('south');
    say(north);
    await until('the end', () => north.ended, LONG_MS);
    assert.equal(north.last('refused')?.code, code);
    assert.deepEqual(
      r.reports.map(({ site, fault }) => [site, fault.code]),
      [['north', code]],
    );
    south.say(history(0, 1, series([1])));
    await r.stored(south, 'history', 1);
    assert.equal(
      await count(r.pool, "telemetry_inbox JOIN journals ON id = journal WHERE site = 'north'"),
      0,
    );
    assert.deepEqual([...r.server.sites], ['south']);
  });

test('a site that speaks for another one is cut off before anything is touched', async (t) => {
  const r = await rig(t);
  const liar = new SiteByHand(r.server, 'north');
  liar.hello('south', r.journals.south);
  await until('the end', () => liar.ended, LONG_MS);
  assert.equal(liar.last('refused')?.code, 'uplink.wrong-site');
  assert.equal(await count(r.pool, 'journals'), 0);
});

test('an older run of a journal is refused while a newer one is known', async (t) => {
  const r = await rig(t);
  await r.join('north', 5);
  const old = new SiteByHand(r.server, 'north');
  old.hello('north', r.journals.north, 4);
  await until('the end', () => old.ended, LONG_MS);
  assert.equal(old.last('refused')?.code, 'uplink.fenced');
});

test('sessions of the database that are killed in the middle lose nothing and double nothing', async (t) => {
  const r = await rig(t);
  const north = await r.join('north');
  const kill = () =>
    r.postgres.run(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
    );
  let killing = true;
  const killer = (async () => {
    while (killing) await kill();
  })();
  for (let n = 0; n < 200; n++) north.say(history(n, n + 1, series([n], 0, START_US + n * 1e6)));
  await until('some of it', () => north.heard.some(({ kind }) => kind === 'stored'), LONG_MS).catch(() => {});
  killing = false;
  await killer;
  await r.stored(north, 'history', 200);
  assert.deepEqual(
    await valuesOf(r.pool, 'north', 0),
    Array.from({ length: 200 }, (_, n) => n),
  );
  assert.equal(await count(r.pool, 'telemetry_inbox'), 200);
  assert.equal((await r.pool.query('SELECT count FROM lane_positions WHERE lane = 2')).rows[0]?.count, '200');
});

/** Every other transaction ends there, in the middle: its session is killed by itself. */
const dieAt = (moment: string) => `
  CREATE SEQUENCE attempts;
  CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF nextval('attempts') % 2 = 1 THEN
      PERFORM pg_terminate_backend(pg_backend_pid());
      PERFORM pg_sleep(60);
    END IF;
    RETURN NULL;
  END $$;
  ${moment}`;

const moments: readonly (readonly [when: string, sql: string])[] = [
  [
    'between position and rows',
    'CREATE TRIGGER die BEFORE INSERT ON telemetry_inbox FOR EACH STATEMENT EXECUTE FUNCTION die()',
  ],
  [
    'at its commit',
    'CREATE CONSTRAINT TRIGGER die AFTER INSERT ON telemetry_inbox DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()',
  ],
];

for (const [when, sql] of moments)
  test(`a transaction that is killed ${when} leaves nothing, and its stretch is stored with the next`, async (t) => {
    const r = await rig(t);
    const north = await r.join('north');
    await r.pool.query(dieAt(sql));
    for (let n = 0; n < 4; n++) {
      north.say(history(n, n + 1, series([n], 0, START_US + n * 1e6)));
      await r.stored(north, 'history', n + 1);
    }
    const { rows } = await r.pool.query('SELECT last_value FROM attempts');
    assert.equal(rows[0]?.last_value, '8', 'half of the attempts died');
    assert.deepEqual(await valuesOf(r.pool, 'north', 0), [0, 1, 2, 3]);
    assert.equal(await count(r.pool, 'telemetry_inbox'), 4);
  });

test('a commit whose end is never heard of is found by its position, and nothing is written twice', async (t) => {
  const r = await rig(t);
  const north = await r.join('north');
  const connect = r.pool.connect.bind(r.pool);
  const met = new WeakSet();
  let commits = 0;
  const { mock } = t.mock.method(r.pool, 'connect', async () => {
    const client = await connect();
    if (met.has(client)) return client;
    met.add(client);
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    let moves = false;
    t.mock.method(client, 'query', (...args: unknown[]) => {
      moves = args[0] !== 'BEGIN' && (moves || String(args[0]).includes('UPDATE lane_positions'));
      if (args[0] !== 'COMMIT' || !moves || commits++ % 2 === 1) return query(...args);
      // It is done; the answer is lost with the connection.
      return query(...args).then(() => {
        throw new Error('the connection broke');
      });
    });
    return client;
  });
  for (let n = 0; n < 4; n++) {
    north.say(history(n, n + 1, series([n], 0, START_US + n * 1e6)));
    await r.stored(north, 'history', n + 1);
  }
  mock.restore(); // the pool's own queries take another form of it
  assert.equal(commits, 8);
  assert.deepEqual(await valuesOf(r.pool, 'north', 0), [0, 1, 2, 3]);
  assert.equal(await count(r.pool, 'telemetry_inbox'), 4);
});

test('one site at two hubs of one database: what both bring is there once, and what does not fit is refused', async (t) => {
  const r = await rig(t);
  const other = uplinkServer(t, r.pool);
  const here = await r.join('north');
  const there = new SiteByHand(other.server, 'north');
  there.hello('north', r.journals.north);
  await until('the welcome', () => there.last('welcome') !== undefined, LONG_MS);
  const both = history(0, 2, series([1, 2]));
  here.say(both);
  await r.stored(here, 'history', 2);
  there.say(both);
  await r.stored(there, 'history', 2);
  here.say(history(2, 5, series([3, 4], 0, START_US + 10e6)));
  await r.stored(here, 'history', 5);
  // Goes beyond where the lane stands, from a place that it has left.
  there.say(history(2, 7, series([3, 4, 5], 0, START_US + 10e6)));
  await until('the end', () => there.ended, LONG_MS);
  assert.equal(there.last('refused')?.code, 'uplink.out-of-place');
  assert.deepEqual(await valuesOf(r.pool, 'north', 0), [1, 2, 3, 4]);
  assert.equal(await count(r.pool, 'telemetry_inbox'), 2);
});

test('samples that were sorted into chunks are the same, and the inbox is empty', async (t) => {
  const r = await rig(t);
  const north = await r.join('north');
  const rows = new BatchBuilder();
  const day = 86_400e6;
  const today = Math.floor(Date.now() / 86_400_000) * day;
  // Over midnight, out of order, far from today, wide, bad.
  rows.add(1, today + 5, 2);
  rows.add(1, today - 5, 1, 0x8000);
  rows.addValue(1, today + 6, 2n ** 60n);
  rows.add(1, 1000, 0);
  rows.add(2, today, -0);
  rows.addValue(2, today + 1, 'text');
  north.say(history(0, 1, rows.take({ receivedUs: today })));
  north.say(history(1, 2, noise(3000, 1, today)));
  await r.stored(north, 'history', 2);
  const read = async () => {
    const all = [];
    for (const number of [0, 1, 2]) all.push(await samplesOf(r.pool, 1, number, -(2 ** 53), 2 ** 53));
    return all;
  };
  const before = await read();
  assert.deepEqual([...(before[1]?.timeUs ?? [])], [1000, today - 5, today + 5, today + 6]);
  assert.equal(await sortOne(r.pool), false, 'not due');
  assert.equal(await sortOne(r.pool, { rows: 1, waitS: 3600 }), true);
  assert.equal(await count(r.pool, 'telemetry_inbox'), 0);
  assert.deepEqual(await read(), before);
  assert.ok((await count(r.pool, 'telemetry WHERE odd')) === 1);
  assert.deepEqual([...(await samplesOf(r.pool, 1, 1, today, today + 6)).value], [2]);
  north.say(history(2, 3, series([9], 1, today + 7)));
  await r.stored(north, 'history', 3);
  assert.deepEqual([...(await samplesOf(r.pool, 1, 1, today + 6, today + 8)).value], [Number.NaN, 9]);
});
