import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { ApiAddress } from '#contract/api.ts';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';
import { Api, readAddress, Sandbox } from './sandbox.ts';

const PASSWORD = 'seven green valves hum';
const run = promisify(execFile);

function siteFile(box: Sandbox, api: string): string {
  const file = box.path('site.yaml');
  writeFileSync(file, `site: north\nsettings: { api: ${api} }\ntags:\n  hall/line1/x: { derive: '1.0' }\n`);
  return file;
}

const pagesOf = (data: string): string => (readAddress(data) as ApiAddress).pages ?? assert.fail('no pages');

test('a session and a token outlive a kill of the process; the printed code makes the first administrator', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  const file = siteFile(box, `{ port: ${await freePort()} }`);
  const site = await box.startEdge(file, data);
  await until('the code', () => site.stderr().includes('with the code'));
  const [, code] = /with the code ([\w-]{19})/.exec(site.stderr()) ?? [];
  const { url } = readAddress(data);
  const made = await fetch(`${url}/api/access/first`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ code, name: 'ann', password: PASSWORD }),
  });
  assert.equal(made.status, 200);
  const cookie = made.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const me = async (headers: { readonly [name: string]: string }) =>
    (await fetch(`${url}/api/access/me`, { headers })).status;
  const { token } = await box.json<{ token: string }>(
    'token',
    'create',
    '--name',
    'x',
    '--role',
    'viewer',
    '--expires',
    '1d',
    '--data',
    data,
  );
  assert.deepEqual([await me({ cookie }), await me({ authorization: `Bearer ${token}` })], [200, 200]);
  await until('the session is on the disk', () => statSync(`${data}/access/sessions.json`).size > 0);
  await site.stop('SIGKILL');
  const again = await box.startEdge(file, data);
  assert.deepEqual([await me({ cookie }), await me({ authorization: `Bearer ${token}` })], [200, 200]);
  assert.doesNotMatch(again.stderr(), /no administrator/);
  await again.stop();
});

test('users of a stopped site are made by who has its folder, and its audit says so afterwards', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  const file = siteFile(box, '{ port: 0 }');
  await (await box.startEdge(file, data)).stop();
  writeFileSync(box.path('password'), `${PASSWORD}\n`);
  await box.json(
    'users',
    'add',
    'ann',
    '--role',
    'administrator',
    '--password-file',
    box.path('password'),
    '--data',
    data,
  );
  const weak = await box.run('users', 'add', 'ben', '--role', 'viewer', '--data', data);
  assert.equal(weak.status, 1);
  assert.match(weak.stderr, /empty/);
  const site = await box.startEdge(file, data);
  const [added] = (await new Api(data).events()).filter(({ name }) => name === 'security.user-added');
  assert.equal(added?.subject, 'ann');
  assert.ok(added?.by);
  const users = await box.json<readonly { name: string; role: string }[]>('users', 'list', '--data', data);
  assert.deepEqual(
    users.map(({ name, role }) => [name, role]),
    [['ann', 'administrator']],
  );
  await site.stop();
});

test('other programs trust the authority of the site, and no old protocol gets in', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  const port = await freePort();
  const file = siteFile(box, `{ host: 0.0.0.0, port: ${port}, names: [plant.example] }`);
  const site = await box.startEdge(file, data);
  const pages = pagesOf(data);
  assert.match(pages, /^https:/);
  assert.equal(statSync(`${data}/trust/web/site.key`).mode & 0o777, 0o600);
  assert.equal(statSync(`${data}/trust/web/authority.key`).mode & 0o777, 0o600);
  // What the box says by itself, over its own door.
  const { fingerprint256 } = await box.json<{ fingerprint256: string }>('fingerprint', '--data', data);
  const authority = box.path('authority.crt');
  await run('curl', ['-sk', '-o', authority, `${pages}/trust/authority.crt`]);
  const { stdout } = await run('openssl', ['x509', '-in', authority, '-noout', '-fingerprint', '-sha256']);
  assert.ok(stdout.includes(fingerprint256));
  const page = (await run('curl', ['-s', '--cacert', authority, `${pages}/trust`])).stdout;
  assert.ok(page.includes(fingerprint256));
  for (const name of ['localhost', 'plant.example']) {
    const asked = [
      '-sS',
      '--cacert',
      authority,
      '--resolve',
      `${name}:${port}:127.0.0.1`,
      '-D',
      '-',
      `https://${name}:${port}/health`,
    ];
    const reply = (await run('curl', asked)).stdout;
    assert.match(reply, /200 OK[\s\S]*strict-transport-security: max-age[\s\S]*"ok":true/);
  }
  await assert.rejects(run('curl', ['-sS', `${pages}/health`]), /certificate/);
  await assert.rejects(run('curl', ['-sS', '--cacert', authority, '--tls-max', '1.1', `${pages}/health`]));
  const cookie = await run('curl', [
    '-sS',
    '--cacert',
    authority,
    '-D',
    '-',
    '-H',
    'content-type: application/json',
    '-d',
    '{"code":"x"}',
    `${pages}/api/access/code`,
  ]);
  assert.match(cookie.stdout, /access\.wrong/);
  // The authority may vouch for nobody else: it says so, and openssl holds it to that.
  const text = (await run('openssl', ['x509', '-in', authority, '-noout', '-ext', 'nameConstraints'])).stdout;
  assert.match(text, /critical[\s\S]*DNS:plant\.example/);
  const before = readFileSync(authority, 'utf8');
  await site.stop();
  const again = await box.startEdge(file, data);
  const after = (await run('curl', ['-s', '--cacert', authority, `${pagesOf(data)}/trust/authority.crt`]))
    .stdout;
  assert.equal(after, before, 'trusted once, trusted over restarts');
  await again.stop();
});

test('a given certificate is shown; one that cannot be read is told clearly, and keeps no plant from running', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  mkdirSync(box.path('tls'));
  const [cert, key] = [box.path('tls/cert.pem'), box.path('tls/key.pem')];
  const { OPENSSL_CONF: _, ...env } = process.env;
  await run(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=given',
      '-addext',
      'subjectAltName=DNS:localhost',
    ],
    { env },
  );
  const file = siteFile(box, `{ port: 0, tls: { certificate: '${cert}', key: '${key}' } }`);
  const site = await box.startEdge(file, data);
  const { port } = new URL(pagesOf(data));
  await run('curl', ['-sS', '--fail', '--cacert', cert, `https://localhost:${port}/health`]);
  await site.stop();
  writeFileSync(key, 'no key');
  const again = await box.startEdge(file, data);
  const said = again.stdout() + again.stderr();
  assert.ok(said.includes(`${key} is no private key`), said);
  const events = await new Api(data).events();
  assert.ok(events.some(({ name }) => name === 'security.certificate-unusable'));
  await assert.rejects(run('curl', ['-sS', '--fail', '--cacert', cert, `${pagesOf(data)}/health`]));
  await again.stop();
});

test('the demo prints a link that signs in once', async () => {
  await using box = new Sandbox();
  const demo = await box.startDemo();
  await until('the link', () => demo.stderr().includes('/sign-in#'));
  const [, url, code] = /(http:\S+)\/sign-in#([\w-]+)/.exec(demo.stderr()) ?? [];
  const sign = () =>
    fetch(`${url}/api/access/code`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
  const first = await sign();
  assert.equal(first.status, 200);
  const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  assert.equal((await fetch(`${url}/api/config`, { headers: { cookie } })).status, 200);
  assert.equal((await sign()).status, 401);
  await demo.stop();
});

test('a token whose end is near makes the autonomy budget low, by command and by its status', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  const site = await box.startEdge(siteFile(box, `{ port: 0, host: 0.0.0.0 }`), data);
  const first = await box.run('autonomy', '--data', data);
  assert.equal(first.status, 0, first.stdout);
  assert.match(first.stdout, /\d+ years +certificate +API/);
  await box.json('token', 'create', '--name', 'mes', '--role', 'viewer', '--expires', '5d', '--data', data);
  await until(
    'the budget is low',
    async () => (await box.run('autonomy', '--data', data)).status === 1,
    30_000,
  );
  const { stdout } = await box.run('autonomy', '--data', data);
  assert.match(stdout, /^alone 5\.0 days \(token mes\), \d+ unknown: less than the 30 days asked for/);
  const { stdout: status } = await box.run('status', '--data', data);
  assert.match(status, /^alone 5\.0 days \(token API token\)/m);
  const { url, token } = readAddress(data);
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  assert.match(await metrics.text(), /^holdfast_autonomy_days\{reason="token",site="north"\} (4\.99|5)/m);
  await site.stop();
});
