import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ConfigStatus } from '#contract/api.ts';
import { freePort } from '../modbus-rig.ts';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

const site = async (box: Sandbox) => smallSite(box, { modbus: await freePort(), mqtt: await freePort() });

const configOf = (api: Api) => api.get<ConfigStatus>('/api/config');

test('a site with a bad file comes up again after a power cut with its last good file, and says so', async () => {
  await using box = new Sandbox();
  const { file, data } = await site(box);
  const good = readFileSync(file, 'utf8');
  const first = await box.startEdge(file, data);
  const before = new Api(data);
  const { digest } = await configOf(before);
  writeFileSync(
    file,
    good.replace('priority: low', 'priority: slight').replace('holding: 1', 'holding: one'),
  );
  await until('it is refused', async () => (await configOf(before)).refused !== undefined);
  await first.stop('SIGKILL');

  const second = await box.startEdge(file, data);
  const api = new Api(data);
  const config = await configOf(api);
  assert.equal(config.digest, digest);
  assert.equal(config.watched, true);
  assert.ok(config.lastGoodUs && config.lastGoodUs < config.sinceUs);
  assert.equal(config.refused?.problems.length, 2, 'all that is wrong');
  const { stdout } = await box.run('status', '--data', data);
  const lastGood = new Date(config.lastGoodUs / 1000).toISOString();
  const said = `the site file has errors since .*; running: digest ${digest.slice(0, 12)}, the last good file, of ${lastGood}`;
  assert.match(stdout, new RegExp(said));
  assert.match(stdout, /^ {2}\d+:\d+ holding/m);
  for (const word of ['slight', 'holding', `last good file, of ${lastGood}`])
    assert.ok(second.stdout().includes(word), second.stdout());
  const refused = (await api.events()).find(({ name }) => name === 'config.refused');
  assert.equal(refused?.by, 'start');
  assert.match(JSON.stringify(refused?.detail), /slight/);

  writeFileSync(file, good.replace('> 6', '> 7'));
  await until('the file is right again', async () => (await configOf(api)).refused === undefined);
  const later = await configOf(api);
  assert.notEqual(later.digest, digest);
  assert.equal(later.lastGoodUs, undefined);
  assert.equal((await second.stop()).status, 0);
});

test('a site whose file is gone starts with its last good file, and takes the file when it comes back', async () => {
  await using box = new Sandbox();
  const { file, data } = await site(box);
  const good = readFileSync(file, 'utf8');
  await (await box.startEdge(file, data)).stop();
  rmSync(file);
  const again = await box.startEdge(file, data);
  const api = new Api(data);
  assert.match((await configOf(api)).refused?.problems[0]?.message ?? '', /cannot read .*site\.yaml/);
  writeFileSync(file, good);
  await until('it is back', async () => (await configOf(api)).refused === undefined);
  assert.equal((await again.stop()).status, 0);
});

test('a bad file without a good one before it starts nothing', async () => {
  await using box = new Sandbox();
  const { file, data } = await site(box);
  writeFileSync(file, 'site: [small\n');
  const edge = await box.run('edge', '--site', file, '--data', data);
  assert.deepEqual([edge.status, edge.stdout], [2, '']);
  assert.match(edge.stderr, /site\.yaml:\d+:\d+ error: /);
});
