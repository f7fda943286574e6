import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlarmStatus, AlertStatus, DetectorStatus } from '#contract/client.ts';
import { until } from '../until.ts';
import { Sandbox } from './sandbox.ts';

const BEARING = 'hall/line1/pump/bearing';
const LIMIT = 'hall/line1/pump/vibration-high';
const READY_MS = 180_000;

test('the demo foresees a worn bearing, and finds a frozen sensor, a sticking valve and a leak', async () => {
  await using box = new Sandbox();
  const demo = await box.startDemo();
  const detectors = () => box.json<readonly DetectorStatus[]>('detectors');
  const alerts = () => box.json<readonly AlertStatus[]>('alerts');
  const alert = async (rule: string) => (await alerts()).find((one) => one.rule === rule);
  const fault = async (...args: readonly string[]) => {
    const { status, stderr } = await box.run('plant', 'fault', ...args);
    assert.deepEqual([status, stderr], [0, '']);
  };
  const settled = ({ state }: DetectorStatus) => state === 'watching' || state === 'resting';
  // The balances rest: what they look at fills for two minutes. A leak meanwhile is one all the same.
  await until(
    'all detectors have learned, and watch or rest',
    async () => {
      const all = await detectors();
      return all.length === 18 && all.every(settled) && all.some(({ state }) => state === 'watching');
    },
    READY_MS,
  );
  assert.deepEqual(await alerts(), []);

  await fault('worn-bearing', '--over', '1m');
  await fault('stuck-sensor', '--line', '2');
  await fault('sticking-valve', '--line', '3');
  await fault('leak', '--line', '2');
  await until('the bearing is told of', async () => (await alert(BEARING)) !== undefined);
  const { detector } = (await alert(BEARING)) ?? assert.fail();
  assert.deepEqual([detector?.kind, detector?.reasons[0]?.tag], ['relation', 'hall/line1/pump/vibration']);
  const alarm = async () => (await box.json<readonly AlarmStatus[]>('alarms')).find(({ id }) => id === LIMIT);
  assert.equal((await alarm())?.state, 'normal', 'the alert comes before the alarm');
  // It moves with the rules of its tank too, but not soon. Where it stops is not where it was told to: the write says so.
  await box.run('write', 'hall/line3/tank/inflow_setpoint', '45', '--why', 'to see the valve move');
  for (const found of [
    'hall/line1/pump/ringing',
    'hall/line2/pump/meters',
    'hall/line3/tank/inflow-valve',
    'hall/line2/utilities/water-balance',
  ])
    await until(found, async () => (await alert(found)) !== undefined, 180_000);
  assert.match((await alert('hall/line1/pump/ringing'))?.text ?? '', /^blows is at /);
  assert.match(
    (await alert('hall/line2/utilities/water-balance'))?.text ?? '',
    /^the balance no longer adds up: [\d.]+ m3\/h too much, /,
  );
  await until('its alarm comes too', async () => (await alarm())?.state !== 'normal', 90_000);
  const foundUs = (await alert(BEARING))?.sinceUs ?? assert.fail();
  const raisedUs = (await alarm())?.sinceUs ?? assert.fail();
  assert.ok(raisedUs - foundUs > 15e6, `${(raisedUs - foundUs) / 1e6} s before its alarm`);
  const found = (await detectors()).filter(({ state }) => state === 'found').map(({ id }) => id);
  assert.deepEqual(found.filter((id) => !/knocking$/.test(id)).sort(), [
    BEARING,
    'hall/line1/pump/ringing',
    'hall/line2/pump/meters',
    'hall/line2/utilities/water-balance',
    'hall/line3/tank/inflow-valve',
  ]);
  const text = await box.run('detectors');
  assert.match(text.stdout, /hall\/line1\/pump\/bearing +relation +found/);
  assert.equal((await demo.stop('SIGINT')).status, 0);
});
