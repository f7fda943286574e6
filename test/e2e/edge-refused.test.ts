import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { freePort } from '../modbus-rig.ts';
import { Api, type Ended, Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

/** A program that cannot start says one error of few lines: no stack, nothing on standard output. */
function refused({ status, stdout, stderr }: Ended, expected: number, message: RegExp): void {
  assert.match(stderr, message);
  assert.deepEqual([status, stdout], [expected, '']);
  assert.ok(!/^\s+at /m.test(stderr), stderr);
}

const site = async (box: Sandbox, api = 0, name = 'site') =>
  smallSite(box, { modbus: await freePort(), mqtt: await freePort(), api }, name);

/** `edge` as a user who may not write where root may. */
const asNobody = (t: TestContext): readonly string[] | undefined => {
  if (process.getuid?.() !== 0) return [];
  if (existsSync('/usr/bin/setpriv')) return ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  t.skip('needs setpriv to stop being root');
  return undefined;
};

test('a bad site file is refused as a whole, with every error at its place, and nothing is made', async () => {
  await using box = new Sandbox();
  const file = box.path('bad.yaml');
  const lines = [
    'site: Small',
    'sources:',
    '  plc: { kind: modbuss, host: 127.0.0.1 }',
    '  bus: { kind: modbus, host: 127.0.0.1, port: 70000 }',
    'tags:',
    '  a/x: { source: bus, adress: { unit: 1, holding: 0 } }',
    '  a/y: { source: pus, address: { unit: 1, holding: 0 } }',
    'alarms:',
    '  high: { when: tag("a/x") > 1, priority: urgent, consequence: none, response: none }',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const expected = [
    [1, 'site'],
    [3, 'modbuss'],
    [4, 'port'],
    [6, 'adress'],
    [7, 'pus'],
    [9, 'priority'],
  ] as const;
  const edge = await box.run('edge', '--site', file, '--data', box.path('data'));
  assert.deepEqual([edge.status, edge.stdout], [2, '']);
  for (const [line, word] of expected) {
    const column = `${file}:${line}:[1-9]\\d* error: .*`;
    assert.match(edge.stderr, new RegExp(`^${column}${word}`, 'm'));
  }
  for (const line of edge.stderr.trimEnd().split('\n')) {
    assert.ok(line.startsWith(`${file}:`) || line.startsWith('    hint: '), line);
  }
  assert.ok(!existsSync(box.path('data')));
  const check = await box.run('check', file);
  assert.deepEqual([check.status, check.stdout, check.stderr], [2, edge.stderr, '']);
  const json = JSON.parse((await box.run('check', file, '--json')).stdout);
  assert.equal(json.ok, false);
  assert.equal(typeof json.problems[0].column, 'number');
});

test('a site file that is not there, or is no YAML, is refused', async () => {
  await using box = new Sandbox();
  const data = box.path('data');
  const absent = box.path('absent.yaml');
  refused(await box.run('edge', '--site', absent, '--data', data), 2, /^error: cannot read \S+absent\.yaml/);
  writeFileSync(box.path('broken.yaml'), 'site: [small\n  a: }\n');
  const broken = await box.run('edge', '--site', box.path('broken.yaml'), '--data', data);
  refused(broken, 2, /^\S+broken\.yaml:\d+:\d+ error: /);
  refused(await box.run('edge', '--site', absent), 2, /--data/);
  assert.ok(!existsSync(data));
});

test('check says what a good file holds, and the schema describes it', async () => {
  await using box = new Sandbox();
  const { file } = await site(box);
  const { status, stdout, stderr } = await box.run('check', file);
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /: 2 sources, 3 tags, 0 rules, 2 alarms: no error\n$/);
  assert.deepEqual(JSON.parse((await box.run('check', file, '--json')).stdout), { ok: true, problems: [] });
  const schema = JSON.parse((await box.run('schema')).stdout);
  assert.match(schema.$schema, /json-schema\.org/);
  for (const key of ['site', 'settings', 'sources', 'types', 'assets', 'tags', 'rules', 'alarms'])
    assert.ok(key in schema.properties, key);
  assert.ok(JSON.stringify(schema).includes('requestsPerS'), 'the fields of a plugin are there');
});

test('help names every command, and wrong use ends with status 2', async () => {
  await using box = new Sandbox();
  const help = await box.run('--help');
  assert.deepEqual([help.status, help.stderr], [0, '']);
  const documented = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
  const names = [...documented.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([a-z-]+)[^`]*`/g)].map(([, name]) => name),
  );
  assert.ok(names.length > 15);
  for (const name of names) assert.match(help.stdout, new RegExp(`^ {2}${name}[ |]`, 'm'));
  const audit = await box.run('audit', 'verify', '--help');
  assert.deepEqual([audit.status, audit.stderr], [0, '']);
  refused(await box.run('edge'), 2, /--site/);
  refused(await box.run('stat'), 2, /unknown command 'stat'/);
  refused(await box.run('demo', '--for', 'ever'), 2, /--for ever: not a time/);
});

test('a second site on the same data is refused by the number of the first', async () => {
  await using box = new Sandbox();
  const { file, data } = await site(box);
  const first = await box.startEdge(file, data);
  const second = await box.run('edge', '--site', file, '--data', data);
  refused(second, 1, new RegExp(`process ${first.pid} \\(journal\\.locked\\)\\n {2}\\S`));
  assert.equal((await new Api(data).status()).pid, first.pid, 'the first one goes on and is found');
  assert.equal((await first.stop()).status, 0);
});

test('what a power cut left behind is not taken for a running site', async () => {
  await using box = new Sandbox();
  mkdirSync(box.path('data'));
  // The number of the process has been given to somebody else since: to us.
  const left = { url: `http://127.0.0.1:${await freePort()}`, token: 'old', pid: process.pid };
  writeFileSync(box.path('data/api.json'), JSON.stringify(left));
  refused(await box.run('status', '--data', box.path('data')), 3, /no site runs in/);
  const demo = await box.run('demo', '--for', '100ms', '--json', '--data', box.path('data'));
  assert.deepEqual([demo.status, demo.stderr], [0, '']);
});

test('a port that is taken is told with the setting that changes it', async () => {
  await using box = new Sandbox();
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => other.once('listening', listening));
  try {
    const { port } = other.address() as { readonly port: number };
    const { file, data } = await site(box, port);
    const edge = await box.run('edge', '--site', file, '--data', data, '--log', 'error');
    refused(edge, 1, new RegExp(`127\\.0\\.0\\.1:${port}.*\\(api\\.port\\)\\n.*settings\\.api\\.port`));
    assert.ok(!existsSync(`${data}/api.json`));
  } finally {
    other.close();
  }
});

test('a data folder that cannot be written is told by its name', async (t) => {
  await using box = new Sandbox();
  const { file } = await site(box);
  const under = asNobody(t);
  if (!under) return;
  chmodSync(box.dir, 0o755);
  mkdirSync(box.path('closed'), { mode: 0o555 });
  writeFileSync(box.path('file'), '');
  const start = (data: string) =>
    box.start(['edge', '--site', file, '--data', data], { under, cwd: '/' }).ended;
  for (const data of [box.path('closed'), box.path('closed/new'), box.path('file')]) {
    refused(await start(data), 1, new RegExp(`^error: .*${data}.* \\([a-z]+\\.[a-z-]+\\)\\n {2}\\S`));
  }
});
