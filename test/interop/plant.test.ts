import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startPlant } from '#plant/plant.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';

/* The plant's devices against clients and a broker that are not ours. */

async function mbpoll(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('mbpoll', ['-m', 'tcp', '-0', '-1', '-q', ...args], {
    timeout: 10_000,
  });
  return stdout;
}

test('mbpoll writes a set-point and reads it, the status and the level', async () => {
  await using plant = await startPlant({ modbusA: 0, speed: 10, people: false, devices: ['pumps'] });
  const at = ['-p', String(plant.modbusA.port), '-a', '2'];
  await mbpoll(...at, '-r', '0', '-t', '4:float', '-B', '127.0.0.1', '2100');
  assert.match(
    await mbpoll(...at, '-r', '0', '-c', '1', '-t', '4:float', '-B', '127.0.0.1'),
    /\[0\]:\s+2100/,
  );
  await until('the plant has it', () => plant.lines[1]?.commands.speedSetpointRpm === 2100);
  assert.match(await mbpoll(...at, '-r', '0', '-c', '5', '-t', '1', '127.0.0.1'), /\[1\]:\s+1/);
  const level = await mbpoll(...at, '-r', '22', '-c', '1', '-t', '3', '127.0.0.1');
  const shown = Number(/\[22\]:\s+(\d+)/.exec(level)?.[1]) / 100;
  assert.ok(shown > 10 && shown < 95, level);
});

test('with a broker outside the plant the sensors speak there, also after it was away', async () => {
  await using broker = await startMosquitto();
  await using plant = await startPlant({ broker: broker.url, devices: ['sensors'] });
  assert.equal(plant.mqttUrl, broker.url);
  const sample = () => broker.sub('-t', 'plant/line2/pump/vibration', '-C', '1', '-W', '8');
  assert.ok(JSON.parse(await sample()).rms > 0);
  await broker.kill();
  await broker.restart();
  assert.ok(JSON.parse(await sample()).rms > 0);
});
