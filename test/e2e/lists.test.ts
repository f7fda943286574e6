import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { AlarmStatus, EventView, TagValue } from '#contract/client.ts';
import { until } from '../until.ts';
import { Api, type Running, Sandbox } from './sandbox.ts';

const PUMP = 'hall/line1/pump';

/* One demo for all of them; the last tests stop it and go on with what it has kept. */
const box = new Sandbox();
let demo: Running;
let api: Api;

before(async () => {
  demo = await box.startDemo();
  api = new Api(box.demoDir);
  await api.allSpeak();
});
after(() => box[Symbol.asyncDispose]());

const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { status, stdout, stderr } = await box.run('complete', '--', ...words);
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.trim().split('\n');
};

test('completion knows commands, options, their values, and the tags of the running site level by level', async () => {
  assert.deepEqual(await complete('conf'), ['config']);
  assert.ok((await complete('config', '')).includes('undo'));
  assert.deepEqual(await complete('history', 'x', '--agg'), ['--aggregate']);
  assert.deepEqual(await complete('events', '--kind', 'sec'), ['security']);
  assert.deepEqual(await complete('write', 'ha'), ['hall/']);
  assert.ok((await complete('write', 'hall/line1/')).includes(`${PUMP}/`));
  assert.ok((await complete('history', `${PUMP}/speed`, `${PUMP}/sp`)).includes(`${PUMP}/speed_setpoint`));
  assert.ok((await complete('alarm', 'acknowledge', PUMP)).includes(`${PUMP}/vibration-high`));
  assert.deepEqual(await complete('source', 'test', 'pu'), ['pumps']);
  assert.deepEqual(await complete('check', ''), [':files']);
  assert.deepEqual(await complete('nonsense', ''), ['']);
});

test('the completion scripts are what their shells read', async () => {
  const { stdout: bash } = await box.run('completion', 'bash');
  assert.deepEqual(spawnSync('bash', ['-n'], { input: bash }).status, 0);
  const asked = `${bash}
    holdfast() { printf '%s\\n' "$*" >&2; printf 'one\\n'; }
    COMP_WORDS=(holdfast write 'a b'); COMP_CWORD=2; _holdfast; printf '%s|' "\${COMPREPLY[@]}"`;
  const tried = spawnSync('bash', ['-c', asked], { encoding: 'utf8' });
  assert.equal(tried.stdout, 'one|', tried.stderr);
  const { stdout: zsh } = await box.run('completion', 'zsh');
  if (existsSync('/usr/bin/zsh')) assert.equal(spawnSync('zsh', ['-n'], { input: zsh }).status, 0);
  assert.match(zsh, /^#compdef holdfast/);
  assert.equal((await box.run('completion', 'fish')).status, 2);
});

test('lists are narrowed down, and tags shown as a tree', async () => {
  const { stdout: tree } = await box.run('tags', 'hall/line1', '--tree');
  assert.match(tree, /^hall\/line1\n.*├─ .*\n/);
  assert.match(tree, /[├└]─ pump {2}\d+\n[│ ]+├─ /);
  const tags = await box.json<readonly TagValue[]>('tags', PUMP, '--search', 'vibration');
  assert.ok(tags.some(({ path }) => path === `${PUMP}/vibration`));
  assert.ok(tags.length < 10 && tags.every(({ path }) => path.startsWith(PUMP)));
  const events = await box.json<readonly EventView[]>('events', '--kind', 'system', 'config', '--last', '1h');
  assert.ok(events.length > 0 && events.every(({ kind }) => kind === 'system' || kind === 'config'));
  assert.match((await box.run('sources')).stdout, /^pumps +modbus +running +\d/m);
  const both = await box.run('events', '--last', '1h', '--from', '2h');
  assert.deepEqual([both.status, both.stdout], [2, '']);
  assert.match(both.stderr, /two beginnings/);
});

test('the audit says who did what', async () => {
  await box.run('write', `${PUMP}/beacon`, 'true', '--why', 'seen in the audit');
  const audit = await box.json<readonly EventView[]>('audit', '--last', '10m');
  assert.ok(audit.some(({ name, detail }) => name === 'write.sent' && detail?.why === 'seen in the audit'));
  assert.ok(audit.every(({ kind }) => kind !== 'system' && kind !== 'rule'));
});

test('the past of a tag is a chart for people, and lines for programs', async () => {
  const chart = await box.run('history', `${PUMP}/flow`, '--last', '10m');
  assert.deepEqual([chart.status, chart.stderr], [0, '']);
  assert.match(chart.stdout, new RegExp(`^${PUMP}/flow {2}\\[m3/h\\]\n[\\s\\S]*┤[\\s\\S]*[\u2801-\u28ff]`));
  const raw = await box.run('history', `${PUMP}/flow`, '--raw', '--json');
  const [line] = raw.stdout.trim().split('\n');
  assert.equal((JSON.parse(line ?? '') as { tag?: string }).tag, `${PUMP}/flow`);
});

test('changes are lines of JSON, until Ctrl-C or until nobody reads: both are a good end', async () => {
  const watch = box.start(['watch', PUMP, '--json']);
  await until('values and a change of one', () => watch.stdout().split(`"path":"${PUMP}/flow"`).length > 2);
  await box.run('write', `${PUMP}/beacon`, 'false', '--why', 'seen in the watch');
  await until('the event', () => watch.stdout().includes('seen in the watch'));
  const { status, stdout, stderr } = await watch.stop('SIGINT');
  assert.deepEqual([status, stderr], [0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(lines.every((line) => ('value' in line ? line.value.path.startsWith(PUMP) : 'event' in line)));
  const cut = box.start(['watch', '--json']);
  await until('it has begun', () => cut.stdout().length > 0);
  cut.child.stdout?.destroy();
  assert.deepEqual([(await cut.ended).status, cut.stderr()], [0, '']);
});

test('lists of a stopped site are read from what it has kept', async () => {
  const id = `${PUMP}/vibration-high`;
  const shelved = await box.run('alarm', 'out-of-service', id);
  assert.equal(shelved.status, 0, shelved.stderr);
  await until('it is in the journal', async () =>
    (await api.events()).some(({ name }) => name === 'alarm.outOfService'),
  );
  const events = await box.json<readonly EventView[]>('events', '--limit', '1000');
  assert.equal((await demo.stop()).status, 0);
  const kept = ['--data', box.demoDir];
  const alarms = await box.json<readonly AlarmStatus[]>('alarms', '--active', ...kept);
  assert.equal(alarms.find((one) => one.id === id)?.state, 'outOfService');
  const stopped = await box.json<readonly EventView[]>('events', '--limit', '1000', ...kept);
  const ids = new Set(stopped.map((one) => one.id));
  assert.ok(events.slice(-100).every((one) => ids.has(one.id)));
  assert.equal(stopped.at(-1)?.name, 'system.stopped');
  const tags = await box.json<readonly TagValue[]>('tags', PUMP, ...kept);
  assert.ok(tags.some(({ path, unit }) => path === `${PUMP}/flow` && unit === 'm3/h'));
  assert.deepEqual(await box.json('dead-letters', ...kept), []);
  assert.match((await box.run('gaps', ...kept)).stdout, /no gaps|reason/);
  assert.ok((await box.json<readonly EventView[]>('audit', ...kept)).length > 0);
  const sources = await box.run('sources', ...kept);
  assert.deepEqual([sources.status, sources.stdout], [3, '']);
  assert.match(sources.stderr, /no site runs in .*holdfast edge/s);
});
