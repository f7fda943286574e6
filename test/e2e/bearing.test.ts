import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { AlarmStatus, EventView, TagValue } from '#contract/api.ts';
import { until } from '../until.ts';
import { type Running, Sandbox } from './sandbox.ts';

const PUMP = 'hall/line1/pump';
const ALARM = `${PUMP}/vibration-high`;

/** Starts the demo where there is no network but loopback, and lets the commands of the sandbox into the same place. */
async function startOffline(t: TestContext, box: Sandbox): Promise<Running> {
  if (spawnSync('unshare', ['-n', 'true']).status !== 0) {
    t.diagnostic('network namespaces are not permitted here: the demo runs beside the network');
    return await box.startDemo();
  }
  const lines = 'ip link set lo up && exec "$@"';
  const demo = await box.startDemo([], { under: ['unshare', '-n', 'sh', '-c', lines, 'sh'] });
  const devices = readFileSync(`/proc/${demo.pid}/net/dev`, 'utf8').split('\n').slice(2, -1);
  assert.deepEqual(
    devices.map((line) => line.split(':')[0]?.trim()),
    ['lo'],
  );
  box.under = ['nsenter', '-t', String(demo.pid), '-n'];
  return demo;
}

const confirmedAt = (events: readonly EventView[], tag: string) =>
  events.find(({ name, subject }) => name === 'write.confirmed' && subject === `${PUMP}/${tag}`);

test('a worn bearing raises an alarm and lowers the speed of its pump, without any network', async (t) => {
  await using box = new Sandbox();
  const demo = await startOffline(t, box);
  const alarm = async () =>
    (await box.json<readonly AlarmStatus[]>('alarms')).find(({ id }) => id === ALARM)?.state;
  const speed = async () => {
    const tags = await box.json<readonly TagValue[]>('tags');
    return tags.find(({ path }) => path === `${PUMP}/speed`)?.value as number;
  };
  await until('the pump runs at its speed', async () => (await speed()) > 1300, 15_000);
  const before = await speed();
  assert.equal(await alarm(), 'normal');

  const fault = await box.run('plant', 'fault', 'worn-bearing');
  assert.deepEqual([fault.status, fault.stderr], [0, '']);
  assert.match(fault.stdout, /^on +worn-bearing +line 1/);
  await until('the alarm', async () => (await alarm()) === 'unacknowledged', 30_000);

  let lowered: EventView | undefined;
  await until(
    'the plant confirms the lower speed',
    async () => {
      lowered = confirmedAt(await box.json<readonly EventView[]>('events'), 'speed_setpoint');
      return lowered !== undefined;
    },
    60_000,
  );
  assert.ok(lowered);
  assert.equal(lowered.by, `rule:${PUMP}/protect-bearing`);
  const { value, feedback } = lowered.detail as { readonly value: number; readonly feedback: number };
  assert.ok(value <= before * 0.65, `from ${before} to ${value}`);
  assert.ok(Math.abs(feedback - value) <= 15, `the shaft turns at ${feedback}, not at ${value}`);
  assert.ok(Math.abs((await speed()) - value) < 60, 'the feedback tag has fallen');

  const mended = await box.run('plant', 'fault', 'worn-bearing', '--off');
  assert.match(mended.stdout, /^off +worn-bearing/);
  await until('the alarm returns', async () => (await alarm()) === 'returnedUnacknowledged', 30_000);
  const acknowledged = await box.run('alarm', 'acknowledge', ALARM, '--comment', 'bearing replaced');
  assert.deepEqual([acknowledged.status, acknowledged.stdout], [0, `${ALARM}: normal\n`]);
  assert.equal(await alarm(), 'normal');

  assert.equal((await demo.stop('SIGINT')).status, 0);
  await until('nobody is left', () => box.processes().length === 0);
});
