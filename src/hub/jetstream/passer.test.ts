import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { blockOfRows } from '#journal/carry.ts';
import { series } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { AT_ONCE, Backup, count, type Inbox, LONG_MS, rig } from '#test/uplink/stream-rig.ts';
import { rowsOf } from '#uplink/rows.ts';
import { boundOutbox } from '../telemetry/outbox.ts';
import { beginPassing, endPassing, mustBeKept } from '../telemetry/passing.ts';
import { sortOne } from '../telemetry/sorter.ts';
import { pieces } from './lines.ts';
import { StreamLink } from './link.ts';

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
