import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertStatus, EndedAlert, EventView } from '#contract/api.ts';
import type { BacktestReport } from '#contract/backtest.ts';
import { until } from '../until.ts';
import { ChangingSite, memoryDevice, type Parts } from './changing-site.ts';
import type { Api } from './sandbox.ts';

const PRESSURE = 'line/press/pressure';
const RULE = 'bypass';
const rule = (alert: string) =>
  `${RULE}: { description: Somebody opened it, when: 'tag("${PRESSURE}") > 6'${alert}, onDelayMs: 200 }`;
const TOLD = rule(`, alert: 'bypass open at {{ tag("${PRESSURE}") }} bar'`);
const parts = (port: number, rules: readonly string[] = [TOLD]): Parts => ({
  sources: [
    `plc: { kind: modbus, host: 127.0.0.1, port: ${port}, everyMs: 50, requestsPerS: 200, timeoutMs: 300 }`,
  ],
  tags: [`${PRESSURE}: { unit: bar, source: plc, address: { holding: 0 }, staleAfterMs: 1000 }`],
  rules,
});

/** How the command line tells of them, in a running site and in what a stopped one has kept. */
const listed = (site: ChangingSite) => site.box.json<readonly AlertStatus[]>('alerts', '--data', site.data);
const ended = (site: ChangingSite) =>
  site.box.json<readonly EndedAlert[]>('alerts', '--ended', '--data', site.data);
const brief = (all: readonly AlertStatus[]) => all.map(({ rule: id, text }) => [id, text]);
const standing = (api: Api) => api.get<readonly AlertStatus[]>('/api/alerts');

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`an alert stands while its condition holds, over ${signal} and a silent device, and is no alarm`, async () => {
    await using device = await memoryDevice();
    device.registers[0] = 7;
    await using site = await new ChangingSite().start(parts(device.port));
    await until('the alert', async () => (await standing(site.api)).length === 1);
    const [first] = await standing(site.api);
    assert.deepEqual([first?.text, first?.condition], ['bypass open at 7 bar', true]);
    assert.deepEqual(
      first?.inputs?.map(({ path, value, quality }) => [path, value, quality]),
      [[PRESSURE, 7, 'good']],
    );
    const text = (await site.box.run('alerts', '--data', site.data)).stdout;
    assert.match(text, /bypass +bypass open at 7 bar +line\/press\/pressure 7 bar/);
    await until('its start is durable', async () => (await site.api.status()).journal.pendingRows === 0);
    assert.equal((await site.edge.stop(signal)).status, signal === 'SIGTERM' ? 0 : null);

    assert.deepEqual(brief(await listed(site)), [[RULE, 'bypass open at 7 bar']]);
    assert.deepEqual(await ended(site), []);

    device.registers[0] = 9;
    await site.start(parts(device.port));
    const { api } = site;
    await until('it is decided again', async () => (await standing(api))[0]?.condition === true);
    const [second] = await standing(api);
    assert.deepEqual([second?.text, second?.sinceUs], [first?.text, first?.sinceUs], 'it began only once');

    device.silence.isOn = true;
    await until('the value is bad', async () => (await standing(api))[0]?.condition === 'unknown');
    const [silent] = await standing(api);
    assert.equal(silent?.sinceUs, first?.sinceUs);
    assert.match(silent?.inputs?.[0]?.quality ?? '', /^bad/, 'it says so');
    device.silence.isOn = false;
    await until('it speaks again', async () => (await standing(api))[0]?.condition === true);

    device.registers[0] = 2;
    await until('its end', async () => (await standing(api)).length === 0);
    const events = await api.get<readonly EventView[]>('/api/events?kind=alert');
    assert.deepEqual(
      events.map(({ name, subject, detail }) => [name, subject, detail?.text]),
      [
        ['alert.began', RULE, 'bypass open at 7 bar'],
        ['alert.ended', RULE, 'bypass open at 7 bar'],
      ],
    );
    assert.deepEqual(events[1]?.detail?.inputs, [{ quality: 'good', tag: PRESSURE, value: 2 }]);
    assert.deepEqual(await api.get('/api/alarms'), []);
    assert.deepEqual(await api.get('/api/events?kind=alarm'), [], 'nothing that counts alarms can see it');
    const running = await ended(site);
    assert.deepEqual(
      running.map(({ text, cause, endedUs }) => [text, cause, endedUs]),
      [['bypass open at 7 bar', 'condition', events[1]?.timeUs]],
    );
    assert.equal((await site.edge.stop()).status, 0);
    assert.deepEqual(await ended(site), running);
    assert.deepEqual(await listed(site), []);
    const report = await site.box.json<BacktestReport>('backtest', '--data', site.data);
    assert.deepEqual([report.equal, report.differences], [true, []]);
    assert.deepEqual(
      report.subjects.map(({ kind, id, file, past }) => [kind, id, file?.count, past?.count]),
      [
        ['rule', RULE, 1, 1],
        ['alert', RULE, 1, 1],
      ],
    );
  });
}

test('a file that has it no more ends it, one that has it again begins it, and a shadow has none', async () => {
  await using device = await memoryDevice();
  device.registers[0] = 7;
  await using site = await new ChangingSite().start(parts(device.port));
  const { api } = site;
  const stands = async () => (await standing(api)).map(({ text }) => text);
  const lastEnded = async () => (await api.get<readonly EndedAlert[]>('/api/alerts/ended'))[0];
  await until('the alert', async () => (await stands()).length === 1);

  await site.change(parts(device.port, [rule('')]));
  assert.deepEqual(await stands(), []);
  await until('its end is told', async () => (await lastEnded())?.cause === 'changed');
  assert.equal((await lastEnded())?.text, 'bypass open at 7 bar');

  await site.change(parts(device.port, [rule(", alert: 'open again'")]));
  await until('another one', async () => (await stands())[0] === 'open again');
  await site.change(parts(device.port, [rule(", alert: 'open again', shadow: true")]));
  await until('its end is told as well', async () => (await lastEnded())?.text === 'open again');
  await until('the shadow is on', async () =>
    (await api.get<readonly { state: string }[]>('/api/rules')).every(({ state }) => state === 'on'),
  );
  assert.deepEqual(await stands(), []);
});

test('the command line says what is missing, and completes the rules that have one', async () => {
  await using device = await memoryDevice();
  await using site = await new ChangingSite().start(parts(device.port, [TOLD, `quiet: { when: 'true' }`]));
  const run = (...args: readonly string[]) => site.box.run('alerts', ...args, '--data', site.data);
  assert.equal((await run()).stdout, 'no alerts\n');
  assert.equal((await run('line/', '--ended')).stdout, 'no ended alerts that begin with line/\n');
  const wrong = await run('--last', '1h');
  assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, /add --ended/);
  const { stdout } = await site.box.start(['complete', '--', 'alerts', ''], {
    env: { HOLDFAST_DATA: site.data },
  }).ended;
  assert.deepEqual(stdout.trim().split('\n'), [RULE]);
});
