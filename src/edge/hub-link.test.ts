import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { checkSite } from '#edge/blueprint.ts';
import { HUB_CURSOR } from '#edge/hub-cursor.ts';
import { type Site, startSite } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';
import { arrives } from '#test/hub/one-tag-site.ts';
import { until } from '#test/until.ts';
import { HubModel } from '#test/uplink/hub-model.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const LONG_MS = 60_000;
/** Nobody listens there: nothing but what the test hands in arrives. */
const FILE = `site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags: { p/a: { source: plc, address: { holding: 0 } } }
settings: { hub: { everyMs: 100 } }
`;

async function blueprintOf(text: string) {
  const { blueprint, problems } = await checkSite(text);
  assert.ok(blueprint, JSON.stringify(problems));
  return blueprint;
}

const start = async (dataDir: string) =>
  await startSite({ blueprint: await blueprintOf(FILE), dataDir, log: quiet, version: '1' });

const linkOf = (site: Site) => site.status().sinks[HUB_CURSOR];
const usable = (hub: HubModel) => hub.values.filter((value) => !Number.isNaN(value));

test('a site that has joined sends what it has; while the hub is away it waits, and says so', async (t) => {
  const dataDir = journalConfig(t).dir;
  const hub = new HubModel();
  let away = false;
  const dial = async () => {
    if (away) throw new Fault('hub.unreachable', 'nobody there', { retry: 'now' });
    return { socket: hub.connect(), head: Buffer.alloc(0) };
  };
  {
    await using site = await start(dataDir);
    assert.equal(linkOf(site), undefined);
    arrives(site, 1);
    site.connectHub(dial);
    await until('the first row', () => usable(hub).includes(1), LONG_MS);
    await until('events', () => hub.events.some(({ name }) => name === 'system.started'), LONG_MS);
    assert.ok(JSON.stringify(hub.texts.get('tags/0')).includes('p/a'));
    away = true;
    hub.hangUp();
    await until('the fault', () => linkOf(site)?.fault?.code === 'hub.unreachable', LONG_MS);
    arrives(site, 2);
    await until('the backlog', () => (linkOf(site)?.backlog.rows ?? 0) > 0, LONG_MS);
  }
  // The next run goes on where the hub stands.
  away = false;
  await using site = await start(dataDir);
  site.connectHub(dial);
  await until('the other row', () => usable(hub).includes(2), LONG_MS);
  assert.deepEqual(usable(hub), [1, 2]);
  await until('no fault', () => linkOf(site)?.state === 'running', LONG_MS);
  assert.equal(linkOf(site)?.delivers, 'exactly-once');
});

test('a hub that stands further back than it did is an event', async (t) => {
  const dataDir = journalConfig(t).dir;
  const hub = new HubModel();
  await using site = await start(dataDir);
  const dial = async () => ({ socket: hub.connect(), head: Buffer.alloc(0) });
  arrives(site, 1);
  site.connectHub(dial);
  await until('the row', () => usable(hub).includes(1), LONG_MS);
  await until('its confirmation', () => (linkOf(site)?.delivered ?? 0) > 0, LONG_MS);
  hub.positions.history = 0;
  hub.values.length = 0;
  site.connectHub(dial); // a new certificate: connects anew
  await until('the row again', () => usable(hub).includes(1), LONG_MS);
  const names = site.core.recent.last(100).map(({ event }) => event.name);
  assert.ok(names.includes('hub.went-back'), names.join(' '));
});

test('a change of the hub settings connects anew with them, and other changes do not', async (t) => {
  const dataDir = journalConfig(t).dir;
  const hub = new HubModel();
  await using site = await start(dataDir);
  site.connectHub(async () => ({ socket: hub.connect(), head: Buffer.alloc(0) }));
  await until('connected', () => linkOf(site)?.state === 'running', LONG_MS);
  site.apply(await blueprintOf(FILE.replace('port: 1', 'port: 2')), { by: 'test' });
  assert.equal(hub.connections, 1);
  site.apply(await blueprintOf(FILE.replace('everyMs: 100', 'everyMs: 200')), { by: 'test' });
  await until('connected anew', () => hub.connections === 2, LONG_MS);
});

test('what was given away by hand is told as sent, unconfirmed, until the link confirms it', async (t) => {
  const hub = new HubModel();
  let away = true;
  const events: object[] = [];
  const dial = async () => {
    if (away) throw new Fault('hub.unreachable', 'nobody there', { retry: 'now' });
    return { socket: hub.connect(), head: Buffer.alloc(0) };
  };
  await using site = await start(journalConfig(t).dir);
  arrives(site, 1);
  site.connectHub(dial, (positions) => events.push(positions));
  await until('it is on the disk', () => site.core.journal.health.pendingRows === 0, LONG_MS);
  const upTo = { security: 0, others: 0, history: site.core.journal.durableSeq };
  const counted = { samples: 1, events: 0, parcels: 1, atUs: 5 };
  site.carriedToHub({ ...counted, upTo });
  assert.deepEqual(linkOf(site)?.unconfirmed, counted);
  assert.equal(linkOf(site)?.delivered, 0);
  away = false;
  await until('the link confirms it', () => linkOf(site)?.unconfirmed === undefined, LONG_MS);
  assert.ok(usable(hub).includes(1));
  const { security, others } = hub.positions;
  await until('its events as well', () => isDeepStrictEqual(events.at(-1), { security, others }), LONG_MS);
  assert.ok(others > 0);
});

test('a hub of an older version is spoken to in the oldest one: all but reports arrives', async (t) => {
  const hub = new HubModel();
  const refused: number[] = [];
  hub.version = 1;
  hub.greeting = ({ version }) => {
    if (version === 1) return undefined;
    refused.push(version);
    return { kind: 'refused', code: 'uplink.version', message: 'this hub speaks version 1' };
  };
  await using site = await start(journalConfig(t).dir);
  arrives(site, 1);
  site.connectHub(async () => ({ socket: hub.connect(), head: Buffer.alloc(0) }));
  await until('the row', () => usable(hub).includes(1), LONG_MS);
  await until('it is well', () => linkOf(site)?.state === 'running' && !linkOf(site)?.fault, LONG_MS);
  assert.equal(refused.length, 1);
  assert.deepEqual([...hub.reported], []);
  // The hub has been updated meanwhile: nothing at the site has to be done.
  hub.version = 2;
  hub.greeting = undefined;
  hub.hangUp();
  await until('the report', () => hub.reported.has('health/'), LONG_MS);
});

test('what the hub asks for is done once, however often it asks and whoever starts anew in between', async (t) => {
  const dataDir = journalConfig(t).dir;
  const hub = new HubModel();
  const text = `${FILE.replace('everyMs: 100', 'everyMs: 100, acknowledge: true')}alarms:
  high: { when: 'tag("p/a") > 100', priority: high, consequence: it bursts, response: open it }
`;
  const open = async () => {
    const site = await startSite({ blueprint: await blueprintOf(text), dataDir, log: quiet, version: '1' });
    site.connectHub(async () => ({ socket: hub.connect(), head: Buffer.alloc(0) }));
    return site;
  };
  const stateOf = (site: Site) => site.core.decisions.alarms()[0]?.state;
  const occurrence = () =>
    (hub.reported.get('alarm/high')?.body as { readonly occurrence: number } | undefined)?.occurrence ?? 0;
  const answers = (n: number) => until(`${n} answers`, () => hub.answers.length === n, LONG_MS);
  const acts = () => hub.events.filter(({ name }) => name === 'alarm.acknowledge').length;
  let first: number;
  {
    await using site = await open();
    arrives(site, 200);
    await until('the alarm', () => occurrence() > 0, LONG_MS);
    first = occurrence();
    hub.say({ kind: 'asked', asked: [{ id: 7, alarm: 'high', occurrence: first, by: 'ann' }] });
    await answers(1);
    assert.equal(stateOf(site), 'acknowledged');
    // The answer was lost on its way, and the alarm has gone on.
    for (const value of [1, 200]) arrives(site, value);
    hub.say({ kind: 'asked', asked: [{ id: 7, alarm: 'high', occurrence: first, by: 'ann' }] });
    await answers(2);
  }
  // The hub asks in one piece with its welcome.
  hub.welcomed = () =>
    hub.say({ kind: 'asked', asked: [{ id: 7, alarm: 'high', occurrence: first, by: 'ann' }] });
  await using site = await open();
  await until('the alarm as it is now', () => occurrence() > first, LONG_MS);
  await answers(3);
  assert.deepEqual(
    hub.answers.map(({ id, fault }) => [id, fault]),
    [1, 2, 3].map(() => [7, undefined]),
  );
  assert.equal(stateOf(site), 'unacknowledged', 'what was raised since is another one');
  hub.say({ kind: 'asked', asked: [{ id: 8, alarm: 'high', occurrence: first, by: 'ann' }] });
  await answers(4);
  assert.equal(hub.answers[3]?.fault?.code, 'alarm.raised-anew');
  await until('the events', () => acts() > 0, LONG_MS);
  assert.equal(acts(), 1);
});
