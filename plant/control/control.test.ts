import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import { plantControl } from '#plant/control/client.ts';
import { listen } from '#plant/devices/process.ts';
import { startPlant } from '#plant/plant.ts';
import { siteFileFor } from '#plant/site-file.ts';
import { until } from '#test/until.ts';

const MAIN = new URL('../main.ts', import.meta.url).href;
const PORTS = ['--modbus-a', '0', '--modbus-b', '0', '--mqtt', '0', '--opcua', '0'];

interface Running extends AsyncDisposable {
  readonly dir: string;
  readonly process: ChildProcess;
  readonly pid: number;
  /** The plant and every process below it. */
  readonly family: readonly number[];
}

/** A plant in a process of its own, started the way the command line does it. */
async function running(program: (args: string) => string): Promise<Running> {
  const dir = await mkdtemp(join(tmpdir(), 'plant-'));
  const args = JSON.stringify(['--dir', dir, ...PORTS]);
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(args)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until('the plant says where it is', () =>
    readFile(join(dir, 'plant.json')).then(
      () => true,
      () => false,
    ),
  );
  const { info } = await plantControl(dir);
  const family = [info.pid, ...childrenOf(info.pid)];
  return {
    dir,
    process: child,
    pid: info.pid,
    family,
    async [Symbol.asyncDispose]() {
      for (const pid of [child.pid, ...family]) if (pid && alive(pid)) process.kill(pid, 'SIGKILL');
      await rm(dir, { recursive: true });
    },
  };
}

const alone = (args: string) => `const { runPlant } = await import('${MAIN}'); await runPlant(${args});`;
/** A parent that holds a channel to the plant, as the demo does. */
const below = (args: string) => `
  const { spawn } = await import('node:child_process');
  const program = ${JSON.stringify(alone('ARGS'))}.replace('ARGS', () => ${JSON.stringify(args)});
  spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  setInterval(() => {}, 1000);
`;

function childrenOf(parent: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([pid, ppid]) => ppid === parent && pid !== undefined && alive(pid))
    .map(([pid]) => pid as number);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('no plant in the folder is said so', async () => {
  await assert.rejects(plantControl('/nowhere'), (error: Fault) => error.code === 'plant.not-running');
});

test('a polite end takes the file and every process along, also with a silent device', async () => {
  await using plant = await running(alone);
  assert.equal(plant.family.length, 6);
  await (await plantControl(plant.dir)).fault('device-silent', true);
  const ended = new Promise((resolve) => plant.process.once('exit', (code) => resolve(code)));
  process.kill(plant.pid, 'SIGINT');
  process.kill(plant.pid, 'SIGTERM');
  assert.equal(await ended, 0);
  assert.deepEqual(plant.family.filter(alive), []);
  await assert.rejects(readFile(join(plant.dir, 'plant.json')));
});

test('kill -9 of the plant leaves no device behind', async () => {
  await using plant = await running(alone);
  process.kill(plant.pid, 'SIGKILL');
  await until('all gone', () => !plant.family.some(alive));
});

test('a polite end also ends a plant that has a channel to its parent', async () => {
  await using plant = await running(below);
  process.kill(plant.pid, 'SIGTERM');
  await until('all gone', () => !plant.family.some(alive));
  assert.ok(plant.process.pid && alive(plant.process.pid), 'the parent did not end it');
});

test('kill -9 of the parent of the plant leaves nothing behind', async () => {
  await using plant = await running(below);
  assert.notEqual(plant.process.pid, plant.pid);
  plant.process.kill('SIGKILL');
  await until('all gone', () => !plant.family.some(alive));
});

test('a port that is asked for and taken is an error, and leaves no process behind', async () => {
  const other = createServer();
  const port = await listen(other, 0, false);
  const before = childrenOf(process.pid);
  await assert.rejects(startPlant({ modbusA: port, modbusB: 0, mqtt: 0, opcua: 0 }), (error: Fault) => {
    return error.code === 'plant.device-failed' && /EADDRINUSE/.test(error.message);
  });
  assert.deepEqual(childrenOf(process.pid), before);
  await new Promise((resolve) => other.close(resolve));
});

test('the site file of the demo gets the ports that the plant really has', async () => {
  const at = (port: number) => ({ host: '127.0.0.1', port });
  const mqttUrl = 'mqtt://127.0.0.1:41003';
  const opcua = { url: 'opc.tcp://127.0.0.1:41004', fingerprint: 'ab'.repeat(32) };
  const text = await siteFileFor({ modbusA: at(41_001), modbusB: at(41_002), mqttUrl, opcua });
  for (const wanted of ['port: 41001', 'port: 41002', mqttUrl, opcua.url, opcua.fingerprint])
    assert.ok(text.includes(wanted), wanted);
  assert.doesNotMatch(text, /15020|15021|18830|14840/);
});
