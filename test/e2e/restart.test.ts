import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlarmStatus } from '#contract/api.ts';
import { freePort, libraryServer } from '../modbus-rig.ts';
import { until } from '../until.ts';
import { Api, type Running, Sandbox } from './sandbox.ts';
import { smallSite } from './small-site.ts';

const HIGH = 'pressure-high';
const LOW = 'pressure-low';
const PRESS = 'line/press';

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`acknowledged, shelved and tagged out stay so after ${signal}`, async () => {
    const modbus = await freePort();
    await using _plc = await libraryServer({ getHoldingRegister: () => 8, setRegister() {} }, modbus);
    await using box = new Sandbox();
    const { file, data } = smallSite(box, { modbus, mqtt: await freePort() });
    const first = await box.startEdge(file, data);
    const alarms = async () =>
      new Map((await new Api(data).get<readonly AlarmStatus[]>('/api/alarms')).map((one) => [one.id, one]));
    const run = async (...args: readonly string[]) => {
      const { status, stderr } = await box.run(...args, '--data', data);
      assert.deepEqual([status, stderr], [0, '']);
    };
    await until('the alarm', async () => (await alarms()).get(HIGH)?.state === 'unacknowledged');
    await run('alarm', 'acknowledge', HIGH, '--comment', 'on my way');
    await run('alarm', 'shelve', LOW, '--for', '7');
    await run('asset', PRESS, '--tag-out', '--why', 'somebody is inside');
    const before = await alarms();
    const epoch = (await new Api(data).status()).epoch;
    const { status } = await first.stop(signal);
    assert.equal(status, signal === 'SIGTERM' ? 0 : null);

    const second: Running = await box.startEdge(file, data);
    const api = new Api(data);
    await until('the press speaks', async () => (await api.tag(`${PRESS}/pressure`)).quality === 'good');
    await until('its alarm is decided', async () => (await alarms()).get(HIGH)?.condition === true);
    const after = await alarms();
    assert.equal((await api.status()).epoch, epoch + 1);
    assert.deepEqual(
      [after.get(HIGH)?.state, after.get(HIGH)?.comment, after.get(HIGH)?.sinceUs],
      ['acknowledged', 'on my way', before.get(HIGH)?.sinceUs],
    );
    assert.equal(after.get(LOW)?.state, 'shelved');
    assert.ok(before.get(LOW)?.shelvedUntilUs);
    assert.equal(after.get(LOW)?.shelvedUntilUs, before.get(LOW)?.shelvedUntilUs);
    const raised = (await api.events()).filter(
      ({ name, subject }) => name === 'alarm.unacknowledged' && subject === HIGH,
    );
    assert.equal(raised.length, 1, 'nobody is called a second time');

    const blocked = await box.run('write', `${PRESS}/target`, '3', '--why', 'a test asks', '--data', data);
    assert.equal(blocked.status, 1);
    assert.match(blocked.stdout, /refused \(tag-out: .*somebody is inside/);
    await run('asset', PRESS, '--remove-tag-out');
    await run('write', `${PRESS}/target`, '3', '--why', 'a test asks');

    assert.equal((await second.stop()).status, 0);
    const audit = await box.run('audit', 'verify', '--data', data);
    assert.deepEqual([audit.status, audit.stderr], [0, ''], audit.stdout);
  });
}
