import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { ProblemDetails, SiteStatus } from '#contract/api.ts';
import { servedSite } from '#edge/api/fixture.ts';
import { describedIn, questionFor } from './questions.ts';

const PASSWORD = 'seven green valves hum';
const PUMP = 'hall/line1/pump';
const site = (settings = '') => `site: north
settings:
  api: { port: 0 }
${settings}
sources:
  plc: { kind: modbus, host: 127.0.0.1, port: 1, everyMs: 1000 }
tags:
  ${PUMP}/run: { type: boolean, source: plc, address: { unit: 1, coil: 1 }, access: readWrite }
  ${PUMP}/speed: { source: plc, address: { unit: 1, holding: 1 }, access: readWrite }
alarms:
  fast: { when: 'tag("${PUMP}/speed") > 5', priority: high, consequence: It wears out., response: Slow it down. }
`;

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly cookie: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** A site and one browser: it keeps its cookie, and says where its page is from. */
async function browser(t: TestContext, settings?: string) {
  const served = await servedSite(t, site(settings));
  const { url } = served.address;
  let cookie = '';
  const ask = <T = ProblemDetails>(
    path: string,
    body?: object,
    headers: { readonly [name: string]: string } = {},
  ): Promise<Answer<T>> =>
    new Promise((resolve, reject) => {
      const own = {
        ...(body && { 'content-type': 'application/json', origin: url }),
        ...(cookie !== '' && { cookie }),
      };
      const asked = request(url + path, { method: body ? 'POST' : 'GET', headers: { ...own, ...headers } });
      asked.once('error', reject).once('response', (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        reply.once('end', () => {
          const [set = ''] = reply.headers['set-cookie'] ?? [];
          if (set !== '') cookie = set.split(';')[0] ?? '';
          const isJson = reply.headers['content-type']?.includes('json');
          const parsed = isJson ? JSON.parse(text) : text;
          resolve({ status: reply.statusCode ?? 0, body: parsed as T, cookie: set, headers: reply.headers });
        });
      });
      asked.end(body && JSON.stringify(body));
    });
  const events = async (name: string) => {
    const found = await ask<readonly { subject: string; by?: string; detail?: object }[]>(
      `/api/events?name=${name}&limit=1000`,
      undefined,
      { authorization: `Bearer ${served.address.token}` },
    );
    return found.body;
  };
  const forget = () => {
    cookie = '';
  };
  return { ...served, ask, events, forget, cookie: () => cookie };
}

type Me = { readonly name: string; readonly role: string; readonly via: string };

test('the first administrator is made with the printed code, once, and is signed in', async (t) => {
  const { access, ask, events, forget } = await browser(t);
  const code = access.firstCode() ?? assert.fail();
  const first = (password: string, name = 'ann') => ask<Me>('/api/access/first', { code, name, password });
  assert.equal((await first('too short')).status, 409);
  const made = await first(PASSWORD);
  assert.deepEqual(made.body, { name: 'ann', role: 'administrator', via: 'session' });
  assert.match(made.cookie, /^holdfast-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  assert.equal((await ask<Me>('/api/access/me')).body.name, 'ann');
  forget();
  assert.equal((await first(PASSWORD, 'eve')).status, 401);
  assert.equal(access.firstCode(), undefined);
  assert.deepEqual(
    (await events('security.user-added')).map(({ subject, by }) => [subject, by]),
    [['ann', 'first-code']],
  );
});

test('a session acts in the name of its user, ends with signing out, and with another password', async (t) => {
  const { access, ask, events, cookie } = await browser(t);
  await access.accounts.addUser({ name: 'mia', role: 'operator', password: PASSWORD }, 'root');
  assert.equal(
    (await ask('/api/access/sign-in', { name: 'mia', password: 'seven green valves' })).status,
    401,
  );
  assert.equal((await ask('/api/access/sign-in', { name: 'mia', password: PASSWORD })).status, 200);
  await ask('/api/maintenance', { asset: PUMP, forMin: 1, why: 'looking', by: 'somebody else' });
  assert.equal((await events('maintenance.begun')).at(-1)?.by, 'mia');
  const before = cookie();
  const next = `${PASSWORD} loudly`;
  assert.equal((await ask('/api/access/password', { present: 'wrong', next })).status, 401);
  assert.equal((await ask('/api/access/password', { present: PASSWORD, next })).status, 200);
  assert.notEqual(cookie(), before);
  assert.equal((await ask('/api/access/me', undefined, { cookie: before })).status, 401);
  assert.equal((await ask('/api/access/me')).status, 200);
  const signedIn = cookie();
  const out = await ask('/api/access/sign-out', {});
  assert.match(out.cookie, /Max-Age=0/);
  assert.equal((await ask('/api/access/me', undefined, { cookie: signedIn })).status, 401);
});

test('a role that changes holds at once, and who is removed is out', async (t) => {
  const { access, ask } = await browser(t);
  await access.accounts.addUser({ name: 'ann', role: 'administrator', password: PASSWORD }, 'root');
  await access.accounts.addUser({ name: 'mia', role: 'administrator', password: PASSWORD }, 'root');
  await ask('/api/access/sign-in', { name: 'mia', password: PASSWORD });
  assert.equal((await ask('/api/access/users')).status, 200);
  await access.accounts.setRights('mia', { role: 'viewer' }, 'ann');
  assert.equal((await ask('/api/access/users')).status, 403);
  await access.accounts.removeUser('mia', 'ann');
  await access.accounts.addUser({ name: 'mia', role: 'administrator', password: PASSWORD }, 'ann');
  assert.equal((await ask('/api/access/me')).status, 401, 'another person of that name');
});

test('a stream ends with the session that opened it', async (t) => {
  const { access, ask, address, cookie } = await browser(t);
  await ask('/api/access/code', { code: access.linkCode('demo', 'viewer') });
  const stream = await fetch(`${address.url}/api/stream?everyMs=100`, { headers: { cookie: cookie() } });
  const reader = stream.body?.getReader() ?? assert.fail();
  assert.equal((await reader.read()).done, false);
  access.sessions.end(() => true);
  while (!(await reader.read()).done); // has an end
  assert.equal((await ask('/api/access/me')).status, 401);
});

test('a page from elsewhere changes nothing with the cookie of this one', async (t) => {
  const { access, ask, address } = await browser(t);
  const link = () => access.linkCode('demo', 'administrator');
  const elsewhere = [
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'null' },
    { origin: address.url, 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of elsewhere)
    assert.equal((await ask('/api/access/code', { code: link() }, headers)).body.title, 'access.cross-site');
  assert.equal((await ask('/api/access/code', { code: link() })).status, 200);
  const restored = (headers: { readonly [name: string]: string }) =>
    ask('/api/restored', { by: 'x' }, headers);
  for (const headers of elsewhere) assert.equal((await restored(headers)).body.title, 'access.cross-site');
  assert.equal((await restored({})).body.title, 'restore.nothing');
  assert.equal((await restored({ 'sec-fetch-site': 'same-origin' })).body.title, 'restore.nothing');
});

test('the break-glass code opens for an administrator, and everybody sees it', async (t) => {
  const { access, ask, events } = await browser(t);
  const code = await access.accounts.makeBreakGlass('ann');
  assert.equal((await ask<Me>('/api/access/code', { code })).body.role, 'administrator');
  const { body } = await ask<SiteStatus>('/api/status');
  assert.equal(body.access?.breakGlass, 'used');
  assert.ok((body.access?.breakGlassUsedUs ?? 0) > 0);
  assert.deepEqual(
    (await events('security.break-glass-used')).map(({ detail }) => detail),
    [{ severity: 'critical', from: '127.0.0.1' }],
  );
  assert.equal((await ask('/api/access/code', { code })).status, 401);
});

test('many attempts wait, are told once, and lock nobody out', async (t) => {
  const { access, ask, events } = await browser(t);
  await access.accounts.addUser({ name: 'mia', role: 'viewer', password: PASSWORD }, 'root');
  const wrong = await Promise.all(
    Array.from({ length: 12 }, () =>
      ask('/api/access/sign-in', { name: 'mia', password: 'not this one, no' }),
    ),
  );
  const statuses = wrong.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 401).length, 4);
  assert.equal(statuses.filter((status) => status === 429).length, 8);
  assert.equal((await events('security.sign-in-failed')).length, 1);
  assert.equal((await ask('/api/access/sign-in', { name: 'mia', password: PASSWORD })).status, 200);
});

const PANEL = `  panel: { from: [local], stop: { ${PUMP}/run: false } }`;

test('the panel acknowledges and stops without a password, and does nothing else', async (t) => {
  const { ask, events } = await browser(t, PANEL);
  assert.deepEqual((await ask<Me>('/api/access/me')).body, { name: 'panel', role: 'operator', via: 'panel' });
  assert.equal((await ask('/api/alarms')).status, 200);
  // Normal alarms cannot be acknowledged: what matters is that it is understood, and no matter of rights.
  assert.ok([200, 409].includes((await ask('/api/alarms', { id: 'fast', act: 'acknowledge' })).status));
  const [stopped] = (await ask<readonly { path: string; by: object; state: string }[]>('/api/panel/stop', {}))
    .body;
  assert.equal(stopped?.path, `${PUMP}/run`);
  assert.deepEqual(stopped?.by, { kind: 'operator', name: 'panel' });
  assert.equal((await events('security.panel-stop'))[0]?.by, 'panel');
  const document = (await ask<Parameters<typeof describedIn>[0]>('/api/openapi.json')).body;
  for (const route of describedIn(document)) {
    if (route.role === 'anyone' || route.panel) continue;
    const { method, url, body } = questionFor(route, `${PUMP}/run`);
    const status = (await ask(url, method === 'POST' ? JSON.parse(body ?? '{}') : undefined)).status;
    assert.equal(status, 401, route.id);
  }
  for (const act of ['shelve', 'outOfService', 'comment', 'reset'])
    assert.equal((await ask('/api/alarms', { id: 'fast', act })).status, 403, act);
});

test('only what comes from the panel itself is the panel', async (t) => {
  const { ask } = await browser(t, PANEL);
  const as = async (headers: { readonly [name: string]: string }) =>
    (await ask('/api/panel/stop', {}, headers)).status;
  assert.equal(
    await as({ host: 'evil.example', origin: 'http://evil.example' }),
    401,
    'a name that leads here',
  );
  assert.equal(await as({ origin: 'http://evil.example' }), 401);
  assert.equal(await as({ 'sec-fetch-site': 'cross-site' }), 401);
  assert.equal(await as({ 'x-forwarded-for': '10.0.0.7' }), 401, 'through a proxy');
  const { ask: elsewhere } = await browser(t, `  panel: { from: [192.0.2.1] }`);
  assert.equal((await elsewhere('/api/access/me')).status, 401);
});

test('who may less than the panel may what the panel may, at the panel', async (t) => {
  const { access, ask } = await browser(t, PANEL);
  await access.accounts.addUser({ name: 'guest', role: 'viewer', password: PASSWORD }, 'root');
  await ask('/api/access/sign-in', { name: 'guest', password: PASSWORD });
  assert.equal((await ask('/api/panel/stop', {})).status, 200);
  assert.equal((await ask('/api/writes', { tag: `${PUMP}/run`, value: true, why: 'x' })).status, 403);
});

test('every answer carries every header of a hardened page, and none that tells of the server', async (t) => {
  const { ask, address } = await browser(t);
  const document = (await ask<Parameters<typeof describedIn>[0]>('/api/openapi.json')).body;
  const auth = { authorization: `Bearer ${address.token}` };
  const gets = describedIn(document).filter(({ method, id }) => method === 'GET' && id !== 'stream');
  const asked = [...gets.map((one) => questionFor(one, `${PUMP}/run`).url), '/nowhere', '/api/%zz', '/'];
  for (const path of asked)
    for (const headers of [auth, {}]) {
      const { headers: got } = await ask(path, undefined, headers);
      const policy = String(got['content-security-policy']);
      assert.match(policy, /default-src '(self|none)'/, path);
      assert.match(policy, /frame-ancestors 'none'/, path);
      assert.doesNotMatch(policy, /unsafe/, path);
      assert.equal(got['x-content-type-options'], 'nosniff', path);
      assert.equal(got['referrer-policy'], 'no-referrer', path);
      assert.equal(got['cross-origin-opener-policy'], 'same-origin', path);
      assert.equal(got['cross-origin-resource-policy'], 'same-origin', path);
      assert.match(String(got['permissions-policy']), /camera=\(\)/, path);
      // The page of the console holds nothing of the site, and is asked for anew each time.
      assert.equal(got['cache-control'], ['/', '/sign-in'].includes(path) ? 'no-cache' : 'no-store', path);
      assert.equal(got.server, undefined);
      assert.equal(got['x-powered-by'], undefined);
      assert.equal(got['strict-transport-security'], undefined, 'not in the clear');
    }
});

test('the pages have no script or style in them, and nothing from elsewhere', async (t) => {
  const { ask } = await browser(t);
  for (const path of ['/sign-in', '/trust']) {
    const { body } = await ask<string>(path);
    assert.doesNotMatch(body, /<script>|<style|style=|\son\w+=|https?:\/\//);
  }
});
