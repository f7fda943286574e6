import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { EdgeProcess } from '../crash/edge-process.ts';
import { until } from '../until.ts';
import { readAddress, Sandbox } from './sandbox.ts';

const NOWHERE = 'mqtt://127.0.0.1:1';

/** Each in another place: none may be in the bundle. */
const PLANTED = {
  url: 'in-the-url-4711',
  plain: 'written-down-4720',
  table: 'in-a-table-4721',
  query: 'in-the-query-4712',
  variable: 'in-the-environment-4713',
  file: 'in-the-file-4714',
  header: 'in-the-header-4715',
  old: 'in-the-old-file-4716',
  log: 'in-the-log-4717',
  loose: 'loose-variable-4718',
  why: 'said-as-a-reason-4719',
} as const;

const PARTS = [
  'about.json',
  'status.json',
  'metrics.txt',
  'site.json',
  'check.json',
  'events.jsonl',
  'gaps.json',
  'journal.json',
  'log.txt',
];

const siteOf = (passwordFile: string, token: string) => ({
  site: 'plant',
  settings: { api: { port: 0 } },
  sources: { broker: { kind: 'mqtt', url: NOWHERE, username: 'u', passwordEnv: 'BROKER_WORD' } },
  sinks: { cloud: { kind: 'mqtt', url: NOWHERE, topic: 'out/{path}', username: 'v', passwordFile } },
  actuators: {
    hook: {
      kind: 'webhook',
      url: `http://127.0.0.1:1/hook?token=${token}`,
      headersEnv: { 'X-Api-Key': 'HOOK_HEADER' },
      secretEnv: 'HOOK_SECRET',
    },
  },
  tags: { 'a/level': { source: 'broker', address: { topic: 'level' } } },
});

test('a bundle for helpers holds what they need and no secret', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  const passwordFile = box.path('word');
  writeFileSync(passwordFile, `${PLANTED.file}\n`);
  const env = {
    BROKER_WORD: PLANTED.variable,
    HOOK_HEADER: PLANTED.header,
    HOOK_SECRET: PLANTED.why,
    SOME_API_TOKEN: PLANTED.loose,
  };
  const [first, second] = [PLANTED.old, PLANTED.query].map((token) => siteOf(passwordFile, token));
  {
    await using edge = await new EdgeProcess(first, data, { env }).up();
    await edge.stop();
  }
  await using edge = await new EdgeProcess(second, data, { env }).up();
  await until(
    'the source has a fault',
    async () => (await edge.status()).sources.broker?.fault !== undefined,
  );
  await edge.post('/api/assets', { asset: 'a', mode: 'local', why: `is ${PLANTED.why} right?`, by: 'eva' });
  const log = box.path('site.log');
  writeFileSync(
    log,
    `{"password":"${PLANTED.log}"}\nauthorization: Bearer ${PLANTED.log}\nmqtt://u:${PLANTED.url}@x\n`,
  );

  const out = box.path('bundle.tar.gz');
  const args = ['support', '--data', data, '--out', out, '--log', log];
  const ended = await box.start(args, { env }).ended;
  assert.equal(ended.status, 0, ended.stderr);
  assertWithout(out, readAddress(data).token);
  const text = gunzipSync(readFileSync(out)).toString('latin1');
  for (const part of PARTS) assert.ok(text.includes(`support/${part}\0`), part);
  assert.match(text, /config\.changed/);
  assert.match(text, /holdfast_source_up/);
  assert.doesNotMatch(text, /"unreadable"/);

  const broken = box.path('broken.yaml');
  writeFileSync(broken, JSON.stringify(brokenSite()));
  const again = await box.start([...args, '--site', broken], { env }).ended;
  assert.equal(again.status, 0, again.stderr);
  assertWithout(out, readAddress(data).token);
});

/** What people write before `check` tells them not to. */
const brokenSite = () => ({
  site: 'plant',
  sources: {
    broker: { kind: 'mqtt', url: `mqtt://u:${PLANTED.url}@127.0.0.1:1`, password: PLANTED.plain },
    other: { kind: 'mqtt', url: PLANTED.plain },
  },
  actuators: { hook: { kind: 'webhook', url: 'http://127.0.0.1', headers: { 'X-Who': PLANTED.table } } },
});

function assertWithout(bundle: string, token: string): void {
  const packed = readFileSync(bundle);
  const text = gunzipSync(packed).toString('latin1');
  for (const [place, secret] of Object.entries({ ...PLANTED, token })) {
    const at = text.indexOf(secret);
    assert.equal(at, -1, `${place}: …${text.slice(Math.max(0, at - 200), at + 60)}`);
    assert.ok(!packed.includes(secret), place);
  }
}

test('a bundle is made of a site that does not run', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  {
    await using edge = await new EdgeProcess(siteOf('/none', 'none'), data).up();
    await edge.stop();
  }
  const out = box.path('bundle.tar.gz');
  const ended = await box.run('support', '--data', data, '--out', out);
  assert.equal(ended.status, 0, ended.stderr);
  assert.match(gunzipSync(readFileSync(out)).toString('latin1'), /"running": false/);
});
