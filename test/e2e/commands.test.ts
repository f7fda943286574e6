import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { after, before, test } from 'node:test';
import type { AlarmStatus, SiteStatus, TagValue } from '#contract/api.ts';
import { until } from '../until.ts';
import { Api, type Ended, type Running, Sandbox } from './sandbox.ts';

const PUMP = 'hall/line2/pump';
const TANK = 'hall/line2/tank';
const FILLER = 'hall/line2/filler';
const ME = userInfo().username;

/* One demo for all of them: the tests of this file run in their order. */
const box = new Sandbox();
let demo: Running;
let api: Api;

before(async () => {
  demo = await box.startDemo();
  api = new Api(box.demoDir);
  await api.allSpeak();
  await until('the first writes are through', async () => (await api.status()).writes.sent > 0);
});
after(() => box[Symbol.asyncDispose]());

async function refused(limit: RegExp, ...args: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await box.run('write', ...args, '--why', 'a test asks');
  assert.match(stdout, limit);
  assert.match(stdout, /^\S+ = \S+: refused \(/);
  assert.deepEqual([status, stderr], [1, '']);
}

function failed({ status, stdout, stderr }: Ended, expected: number, message: RegExp): void {
  assert.match(stderr, message);
  assert.deepEqual([status, stdout], [expected, '']);
}

test('status says how the site does, for people and for programs', async () => {
  const text = await box.run('status');
  assert.deepEqual([text.status, text.stderr], [0, '']);
  assert.match(text.stdout, /^riverside {2}version \d+\.\d+\.\d+ {2}up \d+ m?s /);
  for (const id of ['pumps', 'bottling', 'sensors']) {
    assert.match(text.stdout, new RegExp(`^${id} +(modbus|mqtt) +running +[1-9]`, 'm'));
  }
  const status = await box.json<SiteStatus>('status');
  assert.equal(status.pid, demo.pid);
  assert.deepEqual([status.journal.lostRows, status.journal.gaps], [0, 0]);
  assert.ok(status.journal.durableRows > 0);
  assert.equal(status.sources.pumps?.load.caps.perSecond, 80);
});

test('tags, alarms, events, gaps and assets are listed, for people and for programs', async () => {
  const say = async (what: string) => (await box.run(what)).stdout;
  assert.match(await say('tags'), /^hall\/line2\/pump\/flow +[\d.]+ +m3\/h +good +\d+ m?s$/m);
  assert.match(
    await say('alarms'),
    /^hall\/line2\/pump\/vibration-high +high +normal +false +Lower the speed/m,
  );
  assert.match(await say('events'), /^(\d\d:\d\d:\d\d +\S+\.\S+ +\S+.*\n)+$/);
  assert.equal(await say('gaps'), 'no gaps\n');
  assert.match(await say('assets'), /^hall\/line2\/pump +local$/m);

  const tags = await box.json<readonly TagValue[]>('tags');
  const value = (path: string) => tags.find((tag) => tag.path === path);
  assert.equal(value(`${FILLER}/state`)?.state, 'running');
  assert.equal(value(`${PUMP}/running`)?.value, true);
  const alarms = await box.json<readonly AlarmStatus[]>('alarms');
  assert.ok(alarms.length > 0 && alarms.every(({ consequence, response }) => consequence && response));
});

test('heartbeats keep going and do not fill the record', async () => {
  await until('the controller sees us', async () => (await api.tag(`${PUMP}/supervised`)).value === true);
  const records = (await api.events()).filter(({ subject }) => subject === `${PUMP}/heartbeat`);
  const names = records.map(({ name }) => name);
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted(), 'the same outcome is said once');
  assert.ok(names.includes('write.sent') && !names.includes('write.intent'));
});

test('a write beyond a limit is refused by the name of the limit', async () => {
  await refused(/refused \(range: .* 600 to 3000/, `${PUMP}/speed_setpoint`, '9999');
  await refused(/refused \(range: /, `${PUMP}/speed_setpoint`, '-5');
  await refused(/refused \(step: .*100/, `${FILLER}/target_rate`, '31');
  await refused(/refused \(interlock: .*stopped/, `${FILLER}/flush`, 'true');
  await refused(/refused \(safety: /, `${PUMP}/motor_ok`, 'false');
  const audit = (await api.events()).filter(({ name }) => name === 'security.write-refused');
  assert.deepEqual(
    audit.map(({ by, detail }) => [by, detail?.refusal, detail?.why]),
    ['range', 'range', 'step', 'interlock', 'safety'].map((limit) => [
      `operator:${ME}`,
      limit,
      'a test asks',
    ]),
  );
});

test('a write without a reason, or to a tag that is not there, is an error', async () => {
  const blank = await box.run('write', `${PUMP}/beacon`, 'true', '--why', '  ');
  failed(blank, 1, /say why: a write without a reason is refused/);
  failed(await box.run('write', `${PUMP}/beacon`, 'true'), 2, /--why/);
  const unknown = await box.run('write', `${PUMP}/beacn`, 'true', '--why', 'a test asks');
  failed(unknown, 1, /there is no tag hall\/line2\/pump\/beacn \(tag\.unknown\)/);
});

test('a write is confirmed by its effect', async () => {
  const path = `${TANK}/inflow_setpoint`;
  const present = (await api.tag(path)).value as number;
  const value = present > 50 ? 45 : 55;
  const { status, stdout } = await box.run('write', path, String(value), '--why', 'a test asks');
  assert.match(stdout, new RegExp(`^${path} = ${value}: confirmed, feedback [\\d.]+, \\d+ ms\n$`));
  assert.equal(status, 0);
  const shown = (await api.tag(`${TANK}/inflow_position`)).value as number;
  assert.ok(Math.abs(shown - value) <= 1, `the valve is at ${shown}`);
  const records = (await api.events()).filter(
    ({ subject, by }) => subject === path && by === `operator:${ME}`,
  );
  assert.deepEqual(
    records.map(({ name, detail }) => [name, detail?.why]),
    [
      ['write.intent', 'a test asks'],
      ['write.confirmed', 'a test asks'],
    ],
  );
});

test('a tag-out blocks the asset until it is removed', async () => {
  failed(await box.run('asset', PUMP, '--tag-out'), 2, /a tag-out needs a reason/);
  const hung = await box.run('asset', PUMP, '--tag-out', '--why', 'seal is changed');
  assert.deepEqual([hung.status, hung.stdout], [0, `${PUMP}: local, tagged out by ${ME}\n`]);
  await refused(new RegExp(`refused \\(tag-out: .*${ME}.*seal is changed`), `${PUMP}/beacon`, 'true');
  const removed = await box.run('asset', PUMP, '--remove-tag-out');
  assert.deepEqual([removed.status, removed.stdout], [0, `${PUMP}: local\n`]);
  const through = await box.run('write', `${PUMP}/beacon`, 'true', '--why', 'a test asks');
  assert.match(through.stdout, /: sent, \d+ ms$/m);
  assert.equal(through.status, 0);
  failed(await box.run('asset', PUMP, '--remove-tag-out'), 1, /It is not tagged out/);
});

test('an asset under maintenance shows with its end, and the end comes by hand too', async () => {
  const begun = await box.run('maintenance', 'hall/line2', '--for', '1h', '--why', 'new bearings');
  assert.match(begun.stdout, /^hall\/line2 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\S+ +new bearings$/m);
  assert.match((await box.run('notices')).stdout, /under maintenance[\s\S]*hall\/line2/);
  failed(await box.run('maintenance', 'hall/line2'), 2, /--for 2h with --why, or --end/);
  failed(await box.run('maintenance', 'hall/line2', '--for', '1h'), 2, /needs a reason/);
  assert.equal(
    (await box.run('maintenance', 'hall/line2', '--end')).stdout,
    'nothing is under maintenance\n',
  );
  assert.equal((await box.run('notices')).stdout, 'everybody has been told\n');
});

test('a line that is tagged out covers all its assets, and a mode keeps everybody out', async () => {
  const line = await box.run('asset', 'hall/line3', '--mode', 'outOfService');
  assert.deepEqual(line.stdout.trimEnd().split('\n'), [
    'hall/line3/filler: outOfService (of hall/line3)',
    'hall/line3/pump: outOfService (of hall/line3)',
    'hall/line3/tank: outOfService (of hall/line3)',
    'hall/line3/utilities: outOfService (of hall/line3)',
  ]);
  await refused(/refused \(mode: /, 'hall/line3/pump/beacon', 'false');
  failed(await box.run('asset', 'hall/line9', '--mode', 'local'), 1, /guard\.unknown-asset/);
  failed(await box.run('asset', PUMP), 2, /nothing is asked of/);
  failed(await box.run('asset', PUMP, '--mode', 'off'), 2, /outOfService/);
});

test('an act on an alarm that makes no sense is refused with the reason', async () => {
  const alarm = `${PUMP}/vibration-high`;
  failed(await box.run('alarm', 'acknowledge', 'hall/nothing'), 1, /there is no alarm hall\/nothing/);
  failed(await box.run('alarm', 'shelve', alarm, '--for', '100000'), 1, /alarm\.shelved-too-long/);
  failed(await box.run('alarm', 'shelve', alarm), 2, /needs an end.*--for 30m/s);
  failed(await box.run('alarm', 'shelve', alarm, '--for', 'ever'), 2, /--for ever: not a time/);
  failed(await box.run('alarm', 'silence', alarm), 2, /acknowledge/);
  assert.equal((await box.run('alarm', 'shelve', alarm, '--for', '5m')).stdout, `${alarm}: shelved\n`);
  assert.equal((await box.run('alarm', 'unshelve', alarm)).stdout, `${alarm}: normal\n`);
});

test('watch into a pipe prints a line an event', async () => {
  const watch = box.start(['watch']);
  await until('an event', async () => {
    await api.post('/api/writes', JSON.stringify({ tag: `${PUMP}/beacon`, value: false, why: 'test' }));
    return watch.stdout().includes(`${PUMP}/beacon`);
  });
  const { status, stdout } = await watch.stop('SIGINT');
  assert.equal(status, 0);
  assert.match(stdout, /^(\d\d:\d\d:\d\d +\S+\.\S+ +\S+.*\n)+$/);
});

test('where no site runs the command says so with status 3', async () => {
  const nowhere = box.path('nowhere');
  for (const what of [['status'], ['write', 'a/b', '1', '--why', 'x']]) {
    const { status, stdout, stderr } = await box.run(...what, '--data', nowhere);
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /^error: no site runs in \S+ \(cli\.no-site\)\n {2}start it with `holdfast edge /);
  }
});

test('the audit holds while the site runs and afterwards, and shows one changed byte', async () => {
  const verify = () => box.run('audit', 'verify', '--data', box.demoDir);
  const holds = /^(\d+) events: the chain holds, head [0-9a-f]{16}…\n$/;
  const live = await verify();
  assert.match(live.stdout, holds);
  assert.equal((await demo.stop('SIGINT')).status, 0);
  const stopped = await verify();
  assert.match(stopped.stdout, holds);
  assert.deepEqual([live.status, stopped.status], [0, 0]);
  const count = (text: string) => Number(holds.exec(text)?.[1]);
  assert.ok(count(stopped.stdout) > count(live.stdout), 'the end is an event too');

  const file = box.path('holdfast/demo/journal/journal.db');
  const bytes = readFileSync(file);
  const at = bytes.indexOf('seal is changed');
  assert.ok(at > 0, 'the reason is in the file');
  bytes[at] = 'z'.charCodeAt(0);
  writeFileSync(file, bytes);
  const { status, stdout } = await verify();
  assert.equal(status, 1);
  assert.match(stdout, /^broken at event \d+: \S/);
  const json = await box.run('audit', 'verify', '--json', '--data', box.demoDir);
  assert.equal(json.status, 1);
  assert.equal(typeof JSON.parse(json.stdout).broken.seq, 'number');
});
