import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { until } from '#test/until.ts';
import { database, SiteByHand, uplinkServer } from '#test/uplink/hub-rig.ts';
import type { ReportRow } from '#uplink/reports.ts';

const LONG_MS = 60_000;
const AS_DEFINED = {
  ...{ asset: '', priority: 'high', consequence: 'it bursts', response: 'open it', when: 'a > 1' },
  ...{ deadband: 0, onDelayMs: 0, offDelayMs: 0, latched: false, shelveMaxMin: 60 },
};

const alarm = (id: string, occurrence: number): ReportRow => [
  'alarm',
  id,
  {
    ...{ priority: 'high', state: 'unacknowledged', condition: true, firstOut: 1 },
    ...{ sinceUs: occurrence, occurrence },
  },
];

async function rig(t: TestContext) {
  const { pool } = await database(t, ['north', 'south']);
  const { server, reports } = uplinkServer(t, pool);
  const journals = { north: randomUUID(), south: randomUUID() };
  const join = async (site: 'north' | 'south', epoch = 1, version = 2) => {
    const one = new SiteByHand(server, site);
    one.say({ kind: 'hello', version, site, journal: journals[site], epoch, software: 'test' });
    await until('the welcome', () => one.last('welcome') !== undefined, LONG_MS);
    return one;
  };
  const define = (one: SiteByHand, ids: readonly string[]) =>
    one.say({
      kind: 'page',
      table: 'alarms',
      page: 0,
      text: JSON.stringify(ids.map((id, number) => ({ number, id, ...AS_DEFINED }))),
    });
  const report = async (one: SiteByHand, revision: number, rows: readonly ReportRow[], since = 0) => {
    one.say({ kind: 'report', revision, since, rows });
    const isIt = () => one.last('stored')?.lane === 'report' && one.last('stored')?.upTo === revision;
    await until(`report ${revision}`, isIt, LONG_MS);
  };
  const states = async () =>
    (await pool.query('SELECT id, occurrence FROM alarm_states ORDER BY id')).rows.map(
      ({ id, occurrence }) => `${id} ${occurrence}`,
    );
  return { pool, server, reports, journals, join, define, report, states };
}

test('what holds is what was said last; what all of it does not name holds no more', async (t) => {
  const r = await rig(t);
  const north = await r.join('north');
  r.define(north, ['a', 'b', 'c']);
  await r.report(north, 1, [alarm('a', 10), alarm('b', 10), alarm('unknown', 10)], 1);
  assert.deepEqual(await r.states(), ['a 10', 'b 10'], 'only of alarms that the site file has');
  await r.report(north, 2, [alarm('a', 20), ['alarm', 'b', null]]);
  assert.deepEqual(await r.states(), ['a 20']);
  await r.report(north, 3, [alarm('c', 5)]);
  await r.report(north, 4, [alarm('b', 7)], 4);
  assert.deepEqual(await r.states(), ['b 7']);
});

test('a connection that was left behind, or an earlier run, changes nothing any more', async (t) => {
  const r = await rig(t);
  const old = await r.join('north', 1);
  r.define(old, ['a']);
  await r.report(old, 100, [alarm('a', 1)], 100);
  // The next run begins to count anew; another process of the hub has the old connection still.
  const { server: other } = uplinkServer(t, r.pool);
  const next = new SiteByHand(other, 'north');
  next.hello('north', r.journals.north, 2);
  await until('the welcome', () => next.last('welcome') !== undefined, LONG_MS);
  await r.report(next, 1, [alarm('a', 2)], 1);
  await r.report(old, 101, [alarm('a', 3), ['alarm', 'a', null]]);
  assert.deepEqual(await r.states(), ['a 2']);
});

test('a site of the oldest version is served: nothing is asked of it, and of its state nothing is known', async (t) => {
  const r = await rig(t);
  const north = await r.join('north', 1, 1);
  assert.equal(north.last('welcome')?.version, 1);
  north.say({
    kind: 'page',
    table: 'tags',
    page: 0,
    text: '[{"number":0,"path":"a","type":"number","access":"read"}]',
  });
  await until('the page', async () => (await r.pool.query('SELECT FROM site_tags')).rowCount === 1, LONG_MS);
  r.server.asked('north');
  north.say({ kind: 'ping' });
  await until('the pong', () => north.last('pong') !== undefined, LONG_MS);
  assert.equal(north.last('asked'), undefined);
  const { rows } = await r.pool.query('SELECT protocol FROM journals');
  assert.deepEqual(rows, [{ protocol: 1 }]);
  // One that is newer than this hub is answered in the hub's version.
  const south = await r.join('south', 1, 9);
  assert.equal(south.last('welcome')?.version, 2);
});

test('what waits for a box is refused once another one speaks for the site', async (t) => {
  const r = await rig(t);
  const north = await r.join('north');
  r.define(north, ['a']);
  await r.report(north, 1, [alarm('a', 10)], 1);
  await r.pool.query(
    `INSERT INTO acknowledgements (journal, alarm, occurrence, by, asked) VALUES (1, 'a', 10, 'ann', now())`,
  );
  const other = new SiteByHand(r.server, 'north');
  other.hello('north', randomUUID());
  await until('what is asked', () => other.last('asked') !== undefined, LONG_MS);
  assert.deepEqual(other.last('asked')?.asked, []);
  const { rows } = await r.pool.query(
    `SELECT k.state, k.fault ->> 'code' AS code, e.name, e.by FROM acknowledgements k, hub_events e`,
  );
  assert.deepEqual(rows, [
    { state: 'refused', code: 'hub.box-replaced', name: 'alarm.acknowledge-refused', by: 'ann' },
  ]);
});

const HEALTH = { version: '1' };
const wrong: readonly (readonly [what: string, code: string, rows: readonly ReportRow[]])[] = [
  ['a kind that there is not', 'uplink.malformed', [['weather', '', 1]]],
  ['an alarm in no state of the standard', 'uplink.malformed', [['alarm', 'a', { state: 'odd' }]]],
  ['a health that lacks nearly all', 'uplink.malformed', [['health', '', HEALTH]]],
  [
    'more rows than one report may have',
    'uplink.too-much',
    Array.from({ length: 20_001 }, (_, n): ReportRow => ['source', `${n}`, null]),
  ],
];
for (const [what, code, rows] of wrong) {
  test(`a site that reports ${what} is cut off, and no other one`, async (t) => {
    const r = await rig(t);
    const [north, south] = [await r.join('north'), await r.join('south')];
    north.say({ kind: 'report', revision: 1, since: 0, rows });
    await until('the end', () => north.ended, LONG_MS);
    assert.equal(north.last('refused')?.code, code);
    assert.deepEqual(
      r.reports.map(({ site, fault }) => [site, fault.code]),
      [['north', code]],
    );
    await r.report(south, 1, []);
    assert.equal(south.ended, false);
  });
}
