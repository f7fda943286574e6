import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Pool } from 'pg';
import { systemClock } from '#kernel/clock.ts';
import { until } from '#test/until.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { WebhookAddresses } from './addresses.ts';
import { Webhooks } from './hooks.ts';
import { type SenderPolicy, WebhookSender } from './sender.ts';

const LONG_MS = 60_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const MOST = 5;
const HERE = { allow: ['127.0.0.0/8'], only: [], mostWaiting: 1000 };

interface Request {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A real receiver. @param answer status for the n-th request; 0 hangs up */
async function receiver(t: TestContext, answer: (n: number) => number = () => 204, head = {}) {
  const requests: Request[] = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ headers: request.headers, body });
    const status = answer(requests.length);
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, head).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
  return { url, requests, bodies: () => requests.map(({ body }) => JSON.parse(body)) };
}

async function rig(t: TestContext) {
  const { pool, postgres } = await database(t, ['north', 'south']);
  await pool.query(`UPDATE sites SET labels = jsonb_build_object('region', id)`);
  await pool.query(
    `INSERT INTO journals (site, uuid, epoch, software) SELECT s, gen_random_uuid(), 1, '' FROM unnest('{north,south}'::text[]) s ORDER BY s`,
  );
  const died: string[] = [];
  const dropped: [hook: string, events: number][] = [];
  const sends = (policy: Partial<SenderPolicy> = {}, settings = HERE): WebhookSender => {
    const ports = {
      ...{ pool, clock: systemClock(), log: quiet },
      died: (hook: string) => void died.push(hook),
      dropped: (hook: string, events: number) => void dropped.push([hook, events]),
    };
    const sender = new WebhookSender(settings, ports, {
      ...{ lookMs: 50, boundMs: 50, pausesMs: [50, 50], restMs: 50, timeoutMs: 5000 },
      ...policy,
    });
    t.after(() => sender[Symbol.asyncDispose]());
    return sender;
  };
  return { pool, postgres, hooks: new Webhooks(pool), sends, died, dropped };
}

let seq = 0;
async function happens(pool: Pool, journal: number, kind: string, name: string): Promise<void> {
  await pool.query(
    `INSERT INTO site_events (journal, seq, time_us, kind, name, subject, by, detail)
     VALUES ($1, $2, 1790000000123456, $3, $4, 'press/hot', 'ann', '{"value": 81.5}')`,
    [journal, ++seq, kind, name],
  );
}
const one = async (hooks: Webhooks, name = 'cmms') => (await hooks.list()).find((hook) => hook.name === name);

test('an event is a CloudEvent, signed so that its receiver can check it', async (t) => {
  const { pool, hooks, sends } = await rig(t);
  const peer = await receiver(t);
  const secret = await hooks.add({ name: 'cmms', url: peer.url, kinds: ['alarm'] }, 'ann');
  sends();
  await happens(pool, 1, 'alarm', 'alarm.raised');
  await until('it is told', async () => (await one(hooks))?.delivered === 1, LONG_MS);
  const { rows } = await pool.query('SELECT uuid, (SELECT id FROM hub) AS hub FROM journals WHERE id = 1');
  const [{ headers, body } = { headers: {}, body: '' }] = peer.requests;
  assert.deepEqual(JSON.parse(body), {
    specversion: '1.0',
    id: `${rows[0].uuid}-${seq}`,
    source: `urn:holdfast:${rows[0].hub}:site:north`,
    type: 'dev.holdfast.alarm.raised',
    subject: 'press/hot',
    time: '2026-09-21T14:13:20.123Z',
    datacontenttype: 'application/json',
    kind: 'alarm',
    site: 'north',
    data: {
      ...{ name: 'alarm.raised', subject: 'press/hot', timeUs: 1790000000123456, by: 'ann' },
      detail: { value: 81.5 },
    },
  });
  assert.equal(headers['content-type'], 'application/cloudevents+json; charset=utf-8');
  assert.equal(headers['webhook-id'], `${rows[0].uuid}-${seq}`);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const said = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(said).digest('base64')}`);
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 60);
});

test('each is told what it asked for, by kind, name and group of sites; the hub itself to who asked for all', async (t) => {
  const { pool, hooks, sends } = await rig(t);
  const peers = { all: await receiver(t), alarms: await receiver(t), north: await receiver(t) };
  await hooks.add({ name: 'all', url: peers.all.url }, 'ann');
  await hooks.add({ name: 'alarms', url: peers.alarms.url, names: ['alarm.'] }, 'ann');
  await hooks.add({ name: 'group', url: peers.north.url, sites: 'region=north' }, 'ann');
  sends();
  await happens(pool, 1, 'alarm', 'alarm.raised');
  await happens(pool, 2, 'alarm', 'alarm.cleared');
  await happens(pool, 2, 'security', 'security.sign-in-failed');
  await hooks.test('group', 'ben');
  // The hub's own: those that were added, the first one included.
  await until('all is told', async () => (await one(hooks, 'all'))?.delivered === 6, LONG_MS);
  await until('north is told', async () => (await one(hooks, 'group'))?.delivered === 2, LONG_MS);
  const names = (peer: keyof typeof peers) =>
    peers[peer]
      .bodies()
      .map(({ type, site }) => `${site ?? 'hub'} ${type.replace('dev.holdfast.', '')}`)
      .toSorted();
  assert.deepEqual(names('alarms'), ['north alarm.raised', 'south alarm.cleared']);
  assert.deepEqual(names('north'), ['hub webhook.test', 'north alarm.raised']);
  assert.deepEqual(names('all'), [
    ...Array(3).fill('hub security.webhook-added'),
    ...['north alarm.raised', 'south alarm.cleared', 'south security.sign-in-failed'],
  ]);
});

test('what is not taken is told again until it is, whatever dies meanwhile; a slow one holds up no other', async (t) => {
  const { pool, postgres, hooks, sends } = await rig(t);
  const peer = await receiver(t, (n) => [500, 0, 429, 301][n - 1] ?? 204, {
    location: 'http://127.0.0.1:1/',
  });
  const other = await receiver(t);
  await hooks.add({ name: 'cmms', url: peer.url, kinds: ['alarm'] }, 'ann');
  await hooks.add({ name: 'other', url: other.url, kinds: ['alarm'] }, 'ann');
  const silent = http.createServer(() => {});
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  t.after(() => silent.closeAllConnections());
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  await hooks.add({ name: 'silent', url: `http://127.0.0.1:${port}/`, kinds: ['alarm'] }, 'ann');
  const policy = { pausesMs: Array(50).fill(50) };
  const first = sends(policy);
  await happens(pool, 1, 'alarm', 'alarm.raised');
  await until('it was tried', () => peer.requests.length > 0, LONG_MS);
  await until('the other has it', () => other.requests.length === 1, LONG_MS);
  await first[Symbol.asyncDispose]();
  await postgres.crash();
  sends(policy);
  await until('it is taken', async () => (await one(hooks).catch(() => undefined))?.delivered === 1, LONG_MS);
  assert.equal(peer.requests.length, 5);
  assert.deepEqual(new Set(peer.requests.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.equal(other.requests.length, 1);
});

test('what nobody takes is dead, visible, told once, and sent again when somebody says so', async (t) => {
  const { pool, hooks, sends, died } = await rig(t);
  let status = 400;
  const peer = await receiver(t, () => status);
  await hooks.add({ name: 'cmms', url: peer.url, kinds: ['alarm'] }, 'ann');
  sends();
  await happens(pool, 1, 'alarm', 'alarm.raised');
  await happens(pool, 1, 'alarm', 'alarm.cleared');
  await until('both are dead', async () => (await one(hooks))?.dead === 2, LONG_MS);
  assert.equal(peer.requests.length, 6);
  assert.deepEqual(died, ['cmms']);
  assert.match((await one(hooks))?.error ?? '', /answered 400/);
  const dead = await hooks.dead('cmms', 10);
  assert.deepEqual(
    dead
      .map(({ type, attempts, error }) => ({ type, attempts, error }))
      .toSorted((a, b) => (a.type < b.type ? -1 : 1)),
    [
      { type: 'dev.holdfast.alarm.cleared', attempts: 3, error: 'it answered 400' },
      { type: 'dev.holdfast.alarm.raised', attempts: 3, error: 'it answered 400' },
    ],
  );
  status = 200;
  assert.equal(await hooks.retry('cmms'), 2);
  await until('both are taken', async () => (await one(hooks))?.delivered === 2, LONG_MS);
  await assert.rejects(hooks.retry('none'), { code: 'webhook.unknown' });
});

test('what waits for a receiver that does not come back has an end: the oldest go, counted and told', async (t) => {
  const { pool, hooks, sends, dropped } = await rig(t);
  await hooks.add({ name: 'cmms', url: 'http://127.0.0.1:1/gone', kinds: ['alarm'] }, 'ann');
  for (let n = 0; n < MOST + 7; n++) await happens(pool, 1, 'alarm', `alarm.n${n}`);
  sends({ pausesMs: [60_000] }, { ...HERE, mostWaiting: MOST });
  await until('seven are gone', async () => (await one(hooks))?.dropped === 7, LONG_MS);
  assert.equal((await one(hooks))?.waiting, MOST);
  await until('it is told', () => dropped.length > 0, LONG_MS);
  assert.deepEqual(dropped, [['cmms', 7]]);
  const { rows } = await pool.query('SELECT type FROM webhook_deliveries ORDER BY id');
  assert.deepEqual(
    rows.map(({ type }) => type),
    Array.from({ length: MOST }, (_, n) => `dev.holdfast.alarm.n${n + 7}`),
  );
});

test('a receiver that is gone for good is left alone until somebody says otherwise', async (t) => {
  const { pool, hooks, sends } = await rig(t);
  let status = 410;
  const peer = await receiver(t, () => status);
  await hooks.add({ name: 'cmms', url: peer.url, kinds: ['alarm'] }, 'ann');
  sends();
  await happens(pool, 1, 'alarm', 'alarm.raised');
  await until('it is paused', async () => (await one(hooks))?.paused !== undefined, LONG_MS);
  await happens(pool, 1, 'alarm', 'alarm.cleared');
  await until('it waits', async () => (await one(hooks))?.waiting === 1, LONG_MS);
  status = 200;
  await hooks.retry('cmms');
  await until('all is taken', async () => (await one(hooks))?.delivered === 2, LONG_MS);
  assert.equal(peer.requests.length, 3);
});

test('two hubs tell each event once between them', async (t) => {
  const { pool, hooks, sends } = await rig(t);
  const peer = await receiver(t);
  await hooks.add({ name: 'cmms', url: peer.url, kinds: ['alarm'] }, 'ann');
  sends();
  sends();
  for (let n = 0; n < 50; n++) await happens(pool, 1, 'alarm', 'alarm.raised');
  await until('all is told', async () => (await one(hooks))?.delivered === 50, LONG_MS);
  assert.equal(peer.requests.length, 50);
});

const judged = (settings: { allow?: string[]; only?: string[] }, url: string): string => {
  try {
    new WebhookAddresses({ allow: [], only: [], ...settings }).judge(new URL(url));
    return 'fine';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('a receiver is not where a hub must not be led: this machine, its cloud, without TLS', () => {
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    '0.0.0.0',
    '[fe80::1]',
  ])
    assert.equal(judged({}, `https://${host}/`), 'webhook.address', host);
  assert.equal(judged({}, 'https://10.1.2.3/'), 'fine');
  assert.equal(judged({}, 'http://10.1.2.3/'), 'webhook.address');
  assert.equal(judged({ allow: ['10.0.0.0/8', '127.0.0.1'] }, 'http://10.1.2.3/'), 'fine');
  assert.equal(judged({ allow: ['10.0.0.0/8', '127.0.0.1'] }, 'https://127.0.0.1/'), 'fine');
  assert.equal(judged({ only: ['10.0.0.0/8'] }, 'https://192.0.2.1/'), 'webhook.address');
  assert.equal(judged({ only: ['10.0.0.0/8'] }, 'https://10.0.0.1/'), 'fine');
});

test('a name is judged by the address that is connected to', async () => {
  const look = (settings: { allow?: string[] }, protocol: string) =>
    new Promise((resolve) =>
      new WebhookAddresses({ allow: [], only: [], ...settings }).lookup(protocol)(
        'localhost',
        { all: true },
        (error, found) =>
          resolve(
            error
              ? (error as { code?: string }).code
              : (found as { address: string }[]).map(({ address }) => address),
          ),
      ),
    );
  assert.equal(await look({}, 'https:'), 'webhook.address');
  assert.deepEqual(await look({ allow: ['127.0.0.1'] }, 'http:'), ['127.0.0.1']);
});
