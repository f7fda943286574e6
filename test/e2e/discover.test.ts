import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Discovered } from '#plugin/api.ts';
import { answer, libraryServer, rawServer } from '../modbus-rig.ts';
import { until } from '../until.ts';
import { Sandbox } from './sandbox.ts';

const QUICK = ['--pause-ms', '20', '--timeout-ms', '2000'];

test('without a yes the plan is said, nothing leaves, and the status is 2', async () => {
  await using box = new Sandbox();
  await using server = await rawServer((asked) => answer(asked));
  const port = String(server.port);
  const { status, stdout, stderr } = await box.run(
    'discover',
    'modbus',
    '127.0.0.1-127.0.0.2',
    '--port',
    port,
  );
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, new RegExp(`one TCP connection to port ${port} of 2 hosts`));
  assert.match(stderr, /22 requests, 5 s or more; nothing is written/);
  assert.match(stderr, /say --yes/);
  assert.equal(server.connections, 0);
});

test('what was found is printed as it comes, with entries that a site file takes', async () => {
  await using box = new Sandbox();
  await using server = await libraryServer({ getHoldingRegister: () => 7 } as never);
  const range = ['127.0.0.1', '--port', String(server.port), '--units', '1-2', ...QUICK];
  const { status, stdout } = await box.run('discover', 'modbus', ...range, '--yes');
  assert.equal(status, 0);
  const at = `127.0.0.1:${server.port}`;
  assert.ok(stdout.includes(`${at} unit 1  answers: holding register 0 is 7`));
  const sources = stdout.slice(stdout.indexOf('sources:'));
  const site = box.path('site.yaml');
  const tags = 'tags:\n  line/press/p: { source: modbus-127-0-0-1, address: { unit: 1, holding: 0 } }\n';
  writeFileSync(site, `site: small\n${sources}${tags}`);
  const checked = await box.run('check', site);
  assert.deepEqual([checked.status, checked.stderr], [0, '']);

  const json = await box.run('discover', 'modbus', ...range, '--yes', '--json');
  const found = json.stdout
    .trim()
    .split('\n')
    .map((line): Discovered => JSON.parse(line));
  assert.deepEqual(
    found.map((one) => [one.at, one.source?.id]),
    [
      [`${at} unit 1`, 'modbus-127-0-0-1'],
      [`${at} unit 2`, undefined],
    ],
  );
});

test('Ctrl-C ends the search at once, with what was found until then', async () => {
  await using box = new Sandbox();
  let asked = 0;
  await using server = await rawServer((one) => {
    asked++;
    if (one.code === 3) answer(one);
  });
  const range = ['127.0.0.1', '--port', String(server.port), '--pause-ms', '20', '--timeout-ms', '60000'];
  const search = box.start(['discover', 'modbus', ...range, '--yes']);
  // Unit 1 answers its read and never says who it is.
  await until('the search waits', () => asked === 2);
  search.child.kill('SIGINT');
  const { status, stderr } = await search.ended;
  assert.equal(status, 0);
  assert.match(stderr, /ended early/);
  assert.equal(server.open, 0);
});

test('a range that is none, and a kind that there is not, are refused with what to write', async () => {
  await using box = new Sandbox();
  for (const [args, says] of [
    [['modbus', '10.0.0.0/8'], /more than 1024/],
    [['modbus', '10.0.0.1', '--units', '300'], /names no units/],
    [['modbus', '10.0.0.1', '--port', 'x'], /port: /],
    [['modbus'], /missing required argument/],
    [['mqtt', 'http://broker'], /url: /],
    [['profinet', '10.0.0.1'], /one of /],
  ] as const) {
    const { status, stderr } = await box.run('discover', ...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, says);
  }
});
