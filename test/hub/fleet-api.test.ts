import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { hubTransport } from '#cli/fleet/client.ts';
import { fleetRoutes } from '#contract/fleet/table.ts';
import { FleetApi } from '#contract/fleet-client.ts';
import type { Grant } from '#hub/people/rows.ts';
import { askHub, responseOf } from '#trust/hub/ask.ts';
import { dialHub } from '#trust/hub/dial.ts';
import { joinHub } from '#trust/hub/enrol.ts';
import { readMembership } from '#trust/hub/membership.ts';
import { newInstance, openUplink } from '#trust/hub/uplink.ts';
import { until } from '../until.ts';
import { HubRig, patience } from './rig.ts';

const LIMIT_MS = 60_000;
const PASSWORD = 'seven green valves hum';
const ALL = [{ role: 'administrator' }] as const;

describe('the API of a hub', { concurrency: false }, () => {
  let rig: HubRig;
  let root: FleetApi;
  before(async () => {
    rig = await HubRig.start({ stores: true });
    root = await program('root', ALL);
    for (const [site, region, line] of [
      ['n1', 'north', '1'],
      ['n2', 'north', '2'],
      ['s1', 'south', '1'],
    ] as const) {
      const token = await rig.token(site, { region, line });
      await joinHub({ trustDir: rig.trustDir(site), hub: rig.url, token }, patience());
    }
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const program = async (name: string, grants: readonly Grant[], url = rig.url) =>
    new FleetApi(hubTransport(url, await rig.hub.people.tokens.create({ name, grants }, 'test')));
  const ids = async (api: FleetApi, query = {}) => (await api.sites(query)).items.map(({ id }) => id);

  /** As a browser asks: a cookie, and where the page came from. */
  async function browser(path: string, body?: object, cookie = '', headers = {}) {
    const dialled = await dialHub({ hub: rig.url, pin: rig.hub.authority.pin }, patience());
    const response = await responseOf(
      dialled,
      {
        method: body ? 'POST' : 'GET',
        path,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          cookie,
          'sec-fetch-site': 'same-origin',
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
      },
      patience(),
    );
    let text = '';
    for await (const part of response.setEncoding('utf8')) text += part;
    return { value: JSON.parse(text), cookie: response.headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
  }

  test('the code that the hub logs makes the first administrator, once, at any process of it', async () => {
    const code = await rig.hub.people.people.firstCode();
    assert.ok(code);
    const wrong = { code: '0000-0000-0000-0000', name: 'ann', password: PASSWORD };
    await assert.rejects(browser('/api/access/first', wrong), { code: 'access.wrong' });
    await assert.rejects(browser('/api/access/first', { code, name: 'ann', password: 'short' }), {
      code: 'access.weak-password',
    });
    const { value, cookie } = await browser('/api/access/first', { code, name: 'ann', password: PASSWORD });
    assert.deepEqual(value, { name: 'ann', grants: ALL, via: 'session' });
    await assert.rejects(browser('/api/access/first', { code, name: 'ben', password: PASSWORD }), {
      code: 'access.wrong',
    });
    assert.equal(await rig.hub.people.people.firstCode(), undefined);
    await using second = await HubRig.start({ databaseUrl: rig.databaseUrl });
    const dialled = await dialHub({ hub: second.url, pin: second.hub.authority.pin }, patience());
    // The cookie is named after the port, which is another one here; behind one address it is the same.
    const headers = { cookie: cookie.replace(String(rig.hub.port), String(second.hub.port)) };
    const me = await askHub(dialled, { method: 'GET', path: '/api/access/me', headers }, patience());
    assert.equal(JSON.parse(me).name, 'ann');
  });

  test('a session ends with the password, and pages from elsewhere cannot use it', async () => {
    const { cookie } = await browser('/api/access/sign-in', { name: 'ANN', password: PASSWORD });
    const other = { 'sec-fetch-site': 'cross-site' };
    await assert.rejects(browser('/api/access/sign-out', {}, cookie, other), { code: 'access.cross-site' });
    assert.equal((await browser('/api/access/me', undefined, cookie)).value.name, 'ann');
    await root.setPassword({ name: 'ann', password: `${PASSWORD} again` });
    await assert.rejects(browser('/api/access/me', undefined, cookie), { code: 'api.unauthorized' });
    await assert.rejects(browser('/api/access/sign-in', { name: 'ann', password: PASSWORD }), {
      code: 'access.wrong',
    });
  });

  test('failures to sign in are counted over all processes', async () => {
    await using second = await HubRig.start({ databaseUrl: rig.databaseUrl });
    for (let i = 0; i < 2; i++)
      await assert.rejects(browser('/api/access/sign-in', { name: 'mia', password: 'wrong' }), {
        code: 'access.wrong',
      });
    const { rows } = await second.hub.database.pool.query(
      "SELECT count FROM sign_in_failures WHERE key = '=mia'",
    );
    assert.equal(rows[0].count, 2);
  });

  test('the last administrator of the whole fleet stays one', async () => {
    await root.addUser({
      name: 'ben',
      password: PASSWORD,
      grants: [{ role: 'administrator', sites: 'region=north' }],
    });
    await assert.rejects(root.removeUser({ name: 'ann' }), { code: 'access.last-administrator' });
    await assert.rejects(root.setRights({ name: 'ann', grants: [{ role: 'viewer' }] }), {
      code: 'access.last-administrator',
    });
    await root.setRights({ name: 'ben', grants: ALL });
    await root.removeUser({ name: 'ann' });
    assert.deepEqual(
      (await root.users()).map(({ name }) => name),
      ['ben'],
    );
  });

  test('a label expression is a group of sites, and what is none is refused with what to write', async () => {
    assert.deepEqual(await ids(root), ['n1', 'n2', 's1']);
    const groups = {
      'region=north': ['n1', 'n2'],
      'region=north,line!=2': ['n1'],
      'region in (north, south), line=1': ['n1', 's1'],
      'line notin (1)': ['n2'],
      camera: [],
      '!camera': ['n1', 'n2', 's1'],
      'camera!=on': ['n1', 'n2', 's1'],
      "region='; DROP TABLE sites; --": undefined,
      'region=': undefined,
    };
    for (const [labels, wanted] of Object.entries(groups)) {
      if (wanted) assert.deepEqual(await ids(root, { labels }), wanted, labels);
      else
        await assert.rejects(root.sites({ labels }), {
          code: 'api.bad-request',
          message: /region=north,line!=2/,
        });
    }
    assert.deepEqual(await ids(root, { search: 'SOUTH' }), ['s1']);
  });

  test('who is limited to a group sees it, and of others not that they are there', async () => {
    const north = await program('north', [{ role: 'viewer', sites: 'region=north' }]);
    assert.deepEqual(await ids(north), ['n1', 'n2']);
    assert.deepEqual(await ids(north, { labels: 'region=south' }), []);
    assert.equal((await north.site('n2')).labels.line, '2');
    await assert.rejects(north.site('s1'), { code: 'hub.unknown-site' });
    await assert.rejects(north.siteTags('s1'), { code: 'hub.unknown-site' });
    await assert.rejects(north.site('nowhere'), { code: 'hub.unknown-site' });
    await assert.rejects(north.users(), { code: 'api.forbidden' });
    await assert.rejects(north.metrics(), { code: 'api.forbidden' });
    const { items } = await north.events({ limit: 1000 });
    assert.deepEqual([...new Set(items.map(({ site }) => site))].sort(), ['n1', 'n2']);
    const seen = await root.events({ limit: 1000, name: 'security.access-refused' });
    assert.ok(seen.items.some(({ subject }) => subject === 'token:north'));
  });

  test('a token that is revoked or over opens nothing', async () => {
    const some = await program('some', [{ role: 'viewer' }]);
    await some.sites();
    await root.revokeToken({ name: 'some' });
    await assert.rejects(some.sites(), { code: 'api.unauthorized' });
    const text = await rig.hub.people.tokens.create(
      { name: 'short', grants: ALL, validForMs: 60_000 },
      'test',
    );
    const short = new FleetApi(hubTransport(rig.url, text));
    await short.sites();
    rig.aheadMs = 61_000;
    await assert.rejects(short.sites(), { code: 'api.unauthorized' });
    rig.aheadMs = 0;
    const { rows } = await rig.hub.database.pool.query('SELECT * FROM api_tokens');
    assert.ok(!JSON.stringify(rows).includes(text.split('.')[1] ?? text));
  });

  test('every row of the table is served, and only with its role', async () => {
    const dial = () => dialHub({ hub: rig.url, pin: rig.hub.authority.pin }, patience());
    for (const [id, { method, path, role }] of fleetRoutes()) {
      if (role === 'anyone') continue;
      const asked = { method, path: path.replaceAll(/\{\w+\}/g, 'n1') };
      await assert.rejects(askHub(await dial(), asked, patience()), { code: 'api.unauthorized' }, id);
    }
    const document = (await root.openapi()) as { readonly openapi: string; readonly paths: object };
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(
      Object.keys(document.paths).sort(),
      [...new Set(fleetRoutes().map(([, { path }]) => path))].sort(),
    );
  });

  test('a site is online while it is connected, offline since it went, in doubt when its hub is gone', async () => {
    const state = async () => (await root.site('n1')).state;
    assert.equal(await state(), 'never');
    const membership = await readMembership(rig.trustDir('n1'));
    assert.ok(membership);
    const { socket } = await openUplink(membership, newInstance(), patience());
    socket.on('error', () => {});
    await until('it is online', async () => (await state()) === 'online', LIMIT_MS);
    assert.deepEqual(await ids(root, { state: 'online' }), ['n1']);
    assert.match(await root.metrics(), /holdfast_hub_sites\{state="online"\} 1\n/);
    // As if it were connected to a process that has been killed: that one says nothing.
    await rig.hub.database.pool.query('UPDATE site_links SET process = gen_random_uuid()');
    assert.equal(await state(), 'stale');
    socket.destroy();
    await until('it is offline', async () => (await state()) === 'offline', LIMIT_MS);
    const { sinceUs = 0 } = await root.site('n1');
    assert.ok(Math.abs(sinceUs / 1000 - Date.now()) < LIMIT_MS);
  });

  test('a site whose label says where it is reached is a target of Prometheus, until it is retired', async () => {
    assert.deepEqual(await root.targets(), []);
    const token = await rig.token('x1', { region: 'east', address: '10.0.0.7:8080' });
    await joinHub({ trustDir: rig.trustDir('x1'), hub: rig.url, token }, patience());
    const target = {
      targets: ['10.0.0.7:8080'],
      labels: { __meta_holdfast_label_region: 'east', site: 'x1' },
    };
    assert.deepEqual(await root.targets(), [target]);
    assert.deepEqual(await root.targets({ labels: 'region=north' }), []);
    await rig.hub.identities.end('x1', 'retired', { by: 'test', why: 'gone' });
    assert.deepEqual(await root.targets(), []);
    assert.deepEqual(await root.inventory({ labels: 'region=east' }), {
      all: { hosts: [] },
      _meta: { hostvars: {} },
    });
    assert.match(await root.metrics(), /state="never"\} 2\n[\s\S]*holdfast_hub_connections 0\n/);
  });
});
