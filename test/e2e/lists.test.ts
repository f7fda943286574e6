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

/** Questions about the past, and what the running demo answered to them. */
const FLOW = `${PUMP}/flow`;
let toMs = 0;
const questions = (): readonly (readonly string[])[] => {
  const past = ['--from', new Date(toMs - 60_000).toISOString(), '--to', new Date(toMs).toISOString()];
  return [
    ['history', FLOW, ...past],
    ['history', FLOW, `${PUMP}/running`, ...past, '--bucket', '10s', '--aggregate', 'mean', 'duration'],
    ['history', FLOW, ...past, '--raw', '--json'],
    ['history', FLOW, `${PUMP}/speed`, '--at', new Date(toMs).toISOString()],
    ['history', FLOW, ...past, '--gaps'],
    ['export', FLOW, ...past],
    ['history', '--calc', `mean(tag("${FLOW}"), "10s") / tag("${PUMP}/speed")`, ...past],
    ['history', '--calc', 'flow * 2.0', '--asset', PUMP, '--step', '5s', '--raw', ...past],
  ];
};
const answers: string[] = [];

test('the past of a running site is asked in every way', async () => {
  toMs = Date.now();
  await until('the span is over and kept', () => Date.now() > toMs + 3000);
  for (const question of questions()) {
    const { status, stdout, stderr } = await box.run(...question);
    assert.deepEqual([status, stderr], [0, ''], question.join(' '));
    assert.ok(stdout.length > 0);
    answers.push(stdout);
  }
  assert.ok((answers[2]?.split('\n').length ?? 0) > 1);
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

test('the past of a stopped site answers as that of the running one did', async () => {
  for (const [i, question] of questions().entries()) {
    const { status, stdout, stderr } = await box.run(...question, '--data', box.demoDir);
    assert.deepEqual([status, stderr], [0, ''], question.join(' '));
    assert.equal(stdout, answers[i], question.join(' '));
  }
  const wrong = await box.run('history', FLOW, '--bucket', '0.1ms', '--data', box.demoDir);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /bucketUs/);
  const typo = await box.run('history', '--calc', `tag("${PUMP}/flwo") * 2.0`, '--data', box.demoDir);
  assert.equal(typo.status, 2);
  assert.match(typo.stderr, /1:5 there is no tag .*did you mean/);
  const none = await box.run('history', FLOW, '--data', box.path('nothing'));
  assert.equal(none.status, 3);
  assert.match(none.stderr, /none has left its history there/);
});
