import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { OfficeProxy } from '../hub/office-proxy.ts';
import { until } from '../until.ts';
import { type Running, Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

const LIMIT_MS = 120_000;

/** @returns its port */
async function startHub(box: Sandbox, data: string, env: NodeJS.ProcessEnv = {}) {
  const hub = box.start(['hub', '--data', data, '--port', '0', '--host', '127.0.0.1'], { env });
  const line = () => /"port":(\d+).*"msg":"hub runs"/.exec(hub.stdout());
  await until(
    'the hub runs',
    () => {
      if (hub.child.exitCode !== null) throw new Error(`it ended: ${hub.stderr()}${hub.stdout()}`);
      return line() !== null;
    },
    LIMIT_MS,
  );
  return { hub, url: `https://127.0.0.1:${line()?.[1]}` };
}

/** A folder that PostgreSQL's user may reach. */
function sandbox(): Sandbox {
  const box = new Sandbox();
  chmodSync(box.dir, 0o711);
  return box;
}

async function join1(box: Sandbox, data: string, url: string, site: string): Promise<void> {
  const { token } = await box.json<{ token: string }>('hub', 'join-token', '--data', data, '--site', site);
  const joined = await box.json<{ site: string }>('edge', 'join', url, token, '--data', box.path(site));
  assert.equal(joined.site, site);
}

test('from nothing to a site of a hub, and out again', async () => {
  await using box = sandbox();
  const data = box.path('hub');
  // Before there is a hub: it is made for the moment, and nothing stays behind.
  const none = await box.run('hub', 'sites', '--data', data);
  assert.match(none.stdout, /no sites yet/);
  assert.match(none.stderr, /key of the root/);
  assert.equal(statSync(join(data, 'root-key.pem')).mode & 0o777, 0o600);
  assert.deepEqual(box.processes(), []);
  rmSync(join(data, 'root-key.pem'));

  const { hub, url } = await startHub(box, data);
  assert.ok(!existsSync(join(data, 'root-key.pem')), 'the key is nowhere once it was carried away');
  await join1(box, data, url, 'north-1');
  const labelled = await box.run(
    ...[
      'hub',
      'join-token',
      '--data',
      data,
      '--site',
      'south-1',
      '--label',
      'region=south',
      'line=2',
      '--ttl',
      '5m',
    ],
  );
  assert.match(labelled.stdout, /^hfj1\.[\w-]{43}\.[\w-]{43}\n$/);
  const joined = await box.run('edge', 'join', url, labelled.stdout.trim(), '--data', box.path('south'));
  assert.equal(joined.status, 0, joined.stderr);
  const sites = await box.json<{ id: string; state: string; labels: object }[]>(
    'hub',
    'sites',
    '--data',
    data,
  );
  assert.deepEqual(
    sites.map(({ id, state, labels }) => [id, state, labels]),
    [
      ['north-1', 'active', {}],
      ['south-1', 'active', { region: 'south', line: '2' }],
    ],
  );
  const revoked = await box.run('hub', 'revoke', 'north-1', '--why', 'stolen', '--data', data);
  assert.match(revoked.stdout, /north-1 is revoked/);
  const after = await box.run('hub', 'sites', '--data', data);
  assert.match(after.stdout, /north-1 +revoked: stolen/);
  const events = await box.run('hub', 'events', '--site', 'north-1', '--data', data);
  assert.match(events.stdout, /site-joined +north-1 [\s\S]*site-revoked +north-1 .*why=stolen/);
  const { status } = await hub.stop('SIGTERM');
  assert.equal(status, 0);
  assert.deepEqual(box.processes(), []);
});

test('a killed hub leaves its database; the next one takes it over, and nothing is lost', async () => {
  await using box = sandbox();
  const data = box.path('hub');
  const first = await startHub(box, data);
  await join1(box, data, first.url, 'north-1');
  const postmaster = () =>
    Number(readFileSync(join(data, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  const kept = postmaster();
  await first.hub.stop('SIGKILL');
  const second = await startHub(box, data);
  assert.match(second.hub.stdout(), /taken over/);
  assert.equal(postmaster(), kept);
  const sites = await box.json<{ id: string }[]>('hub', 'sites', '--data', data);
  assert.deepEqual(
    sites.map(({ id }) => id),
    ['north-1'],
  );

  // Both at once, as when memory is short: what the server leaves behind still holds its memory for a moment.
  process.kill(postmaster(), 'SIGKILL');
  await second.hub.stop('SIGKILL');
  const third = await startHub(box, data);
  assert.equal((await box.json<unknown[]>('hub', 'sites', '--data', data)).length, 1);
  await third.hub.stop('SIGTERM');
  await until('nothing stays behind', () => box.processes().length === 0, LIMIT_MS);
});

test('two hubs share one database without being told of each other', async () => {
  await using box = sandbox();
  const own = await startHub(box, box.path('a'));
  const shared = {
    DATABASE_URL: `postgresql://holdfast@localhost/postgres?host=${box.path('a/postgres/run')}`,
  };
  const second = await startHub(box, box.path('b'), shared);
  assert.ok(!existsSync(box.path('b/postgres')));
  await join1(box, box.path('a'), second.url, 'north-1');
  // The certificate that one gave opens the other.
  const pin = (running: Running) => /"pin":"([^"]+)"/.exec(running.stdout())?.[1];
  assert.equal(pin(own.hub), pin(second.hub));
  await second.hub.stop('SIGKILL');
  await join1(box, box.path('a'), own.url, 'north-2');
  await own.hub.stop('SIGTERM');
});

test('what is typed wrongly is told, with status 2', async () => {
  await using box = sandbox();
  const data = box.path('hub');
  const refused = async (why: RegExp, ...args: readonly string[]) => {
    const { status, stderr } = await box.run(...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, why);
  };
  await refused(/--data is missing/, 'hub');
  await refused(/not a port/, 'hub', '--data', data, '--port', 'many');
  const file = box.path('hub.yaml');
  await writeFile(file, 'nats:\n  servrs: [nats://127.0.0.1:1]\n');
  await refused(/hub\.yaml:2:3 error: unknown key servrs in nats/, 'hub', '--data', data, '--config', file);
  await refused(
    /no label expression/,
    'hub',
    'rows',
    'add',
    'a',
    '--tags',
    '*',
    '--sites',
    '=',
    '--data',
    data,
  );
  await refused(/small letters/, 'hub', 'webhooks', 'add', 'A b', 'https://a/', '--data', data);
  await refused(/no name of a site/, 'hub', 'join-token', '--data', data, '--site', 'North 1');
  await refused(/not a label/, 'hub', 'join-token', '--data', data, '--site', 'a', '--label', 'north');
  await refused(/no join token/, 'edge', 'join', 'https://127.0.0.1:1', 'token', '--data', box.path('site'));
  await refused(
    /no address of a hub/,
    'edge',
    'join',
    'hub',
    `hfj1.${'a'.repeat(43)}.${'b'.repeat(43)}`,
    '--data',
    box.path('site'),
  );
  const away = await box.run(
    'edge',
    'join',
    'https://127.0.0.1:1',
    `hfj1.${'a'.repeat(43)}.${'b'.repeat(43)}`,
    '--data',
    box.path('site'),
  );
  assert.equal(away.status, 1);
  assert.match(away.stderr, /not reached/);
});

test('a box joins through the proxy of the environment, but for the hosts that it exempts', async () => {
  await using box = sandbox();
  const data = box.path('hub');
  const { hub, url } = await startHub(box, data);
  await using proxy = await OfficeProxy.start();
  const HTTPS_PROXY = proxy.url('operator', 'se:cret');
  const { port } = new URL(url);
  const joined = async (site: string, host: string, env: NodeJS.ProcessEnv, ...more: string[]) => {
    const { stdout } = await box.run('hub', 'join-token', '--data', data, '--site', site);
    const args = [
      'edge',
      'join',
      `https://${host}:${port}`,
      stdout.trim(),
      '--data',
      box.path(site),
      ...more,
    ];
    const { status, stderr } = await box.start(args, { env: { HTTPS_PROXY, ...env } }).ended;
    if (status !== 0) return stderr;
    return (
      JSON.parse(readFileSync(join(box.path(site), 'trust/hub/membership.json'), 'utf8')).proxy ?? 'none'
    );
  };
  // Nobody but the proxy knows the name: without it the hub is not reached.
  assert.equal(await joined('far', 'hub.test', {}), HTTPS_PROXY);
  assert.ok(proxy.asked.includes(`hub.test:${port}`));
  assert.match(await joined('exempt', 'hub.test', { NO_PROXY: '.test' }), /not reached/);
  assert.match(await joined('direct', 'hub.test', {}, '--no-proxy'), /not reached/);
  assert.equal(await joined('named', 'hub.test', { NO_PROXY: '*' }, '--proxy', HTTPS_PROXY), HTTPS_PROXY);
  assert.equal(await joined('here', '127.0.0.1', {}), 'none');
  await hub.stop();
});

test('a running site takes up what its box joined, and says that the names differ', async () => {
  await using box = sandbox();
  const data = box.path('hub');
  const { hub, url } = await startHub(box, data);
  const site = smallSite(box, { modbus: 1, mqtt: 1 });
  await join1(box, data, url, 'other');
  const edge = await box.startEdge(site.file, site.data);
  const { token } = await box.json<{ token: string }>(
    'hub',
    'join-token',
    '--data',
    data,
    '--site',
    'misnamed',
  );
  const joined = await box.run('edge', 'join', url, token, '--data', site.data);
  assert.equal(joined.status, 0, joined.stderr);
  await until('it notices', () => /the hub knows this box as misnamed/.test(edge.stdout()), LIMIT_MS);
  assert.ok(readFileSync(join(site.data, 'trust/hub/membership.json')).length > 0);
  await edge.stop();
  await hub.stop();
});

test('people and programs ask a hub about its fleet by its address and a token, and see what they may', async () => {
  await using box = sandbox();
  const data = box.path('hub');
  const { hub, url } = await startHub(box, data);
  for (const [site, region] of [
    ['north-1', 'north'],
    ['south-1', 'south'],
  ] as const) {
    const labels = ['--label', `region=${region}`, 'address=10.0.0.7:8080'];
    const made = await box.run('hub', 'join-token', '--data', data, '--site', site, ...labels);
    const [, port] = /edge join https:\/\/[^/ ]+:(\d+) TOKEN/.exec(made.stderr) ?? [];
    assert.equal(port, new URL(url).port, made.stderr);
    const joined = await box.run('edge', 'join', url, made.stdout.trim(), '--data', box.path(site));
    assert.equal(joined.status, 0, joined.stderr);
  }
  const tokenFile = async (name: string, ...grants: string[]) => {
    const grant = ['--grant', ...grants];
    const made = await box.run('hub', 'token', 'create', '--name', name, ...grant, '--data', data);
    assert.match(made.stdout, /^hfa1\.[\w-]{43}\.[\w-]{43}\n$/, made.stderr);
    writeFileSync(box.path(`${name}.token`), made.stdout);
    return box.path(`${name}.token`);
  };
  const all = ['--hub', url, '--token-file', await tokenFile('all', 'viewer')];
  const north = ['--hub', url, '--token-file', await tokenFile('north', 'operator:region=north')];

  const sites = await box.json<{ id: string; state: string }[]>('sites', ...all);
  assert.deepEqual(
    sites.map(({ id, state }) => [id, state]),
    [
      ['north-1', 'never'],
      ['south-1', 'never'],
    ],
  );
  assert.deepEqual(
    (await box.json<{ id: string }[]>('sites', '--labels', 'region!=north', ...all)).map(({ id }) => id),
    ['south-1'],
  );
  const shown = await box.run('sites', ...north);
  assert.match(shown.stdout, /north-1 +never +active +/);
  assert.doesNotMatch(shown.stdout, /south/);
  assert.match((await box.run('site', 'show', 'north-1', ...north)).stdout, /state +never/);
  const hidden = await box.run('site', 'show', 'south-1', ...north);
  assert.notEqual(hidden.status, 0);
  assert.match(hidden.stderr, /no site south-1/);
  await using proxy = await OfficeProxy.start();
  const far = ['sites', '--hub', url.replace('127.0.0.1', 'hub.test'), ...north.slice(2)];
  const env = { HTTPS_PROXY: proxy.url('operator', 'se:cret') };
  assert.match((await box.start(far, { env }).ended).stdout, /north-1 +never/);
  assert.deepEqual(proxy.asked, [`hub.test:${new URL(url).port}`]);
  assert.notEqual((await box.start(far, { env: { ...env, NO_PROXY: 'test' } }).ended).status, 0);
  const { stdout: inventory } = await box.run('sites', '--ansible', ...north);
  assert.deepEqual(JSON.parse(inventory), {
    region_north: { hosts: ['north-1'] },
    state_never: { hosts: ['north-1'] },
    all: { hosts: ['north-1'] },
    _meta: {
      hostvars: {
        'north-1': {
          ansible_host: '10.0.0.7',
          holdfast_labels: { region: 'north', address: '10.0.0.7:8080' },
          holdfast_state: 'never',
        },
      },
    },
  });
  const events = await box.json<{ site?: string; name: string }[]>('events', '--fleet', ...all);
  assert.ok(events.some(({ name, site }) => name === 'security.site-joined' && site === 'south-1'));
  assert.ok(events.some(({ name, site }) => name === 'security.token-created' && site === undefined));
  assert.ok(
    (await box.json<{ site?: string }[]>('events', '--fleet', ...north)).every(
      ({ site }) => site === 'north-1',
    ),
  );

  const wrong = await box.run('hub', 'token', 'create', '--name', 'x', '--grant', 'boss', '--data', data);
  assert.match(wrong.stderr, /no role[\s\S]*administrator/);
  const none = await box.run('sites', '--hub', url);
  assert.match(none.stderr, /there is no token[\s\S]*HOLDFAST_HUB_TOKEN/);
  // Another hub that answers there is not the one that the token is for.
  const stranger = await startHub(box, box.path('stranger'));
  const asked = await box.run('sites', '--hub', stranger.url, ...all.slice(2));
  assert.match(asked.stderr, /not the hub/i);
  await box.run('hub', 'token', 'revoke', 'all', '--data', data);
  assert.match((await box.run('sites', ...all)).stderr, /revoked/);
  for (const one of [hub, stranger.hub]) assert.equal((await one.stop('SIGTERM')).status, 0);
});
