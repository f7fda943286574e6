import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import type { Discovered } from '#plugin/api.ts';
import {
  type Asked,
  answer,
  answerRtu,
  exception,
  freePort,
  libraryServer,
  rawServer,
} from '#test/modbus-rig.ts';
import { Config } from './config.ts';
import { modbusDiscovery } from './discover.ts';

const quick = { pauseMs: 20, timeoutMs: 1000 };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function run(range: Record<string, unknown>, signal = new AbortController().signal) {
  const parsed = modbusDiscovery.range.parse({ hosts: ['127.0.0.1'], ...quick, ...range });
  const found: Discovered[] = [];
  for await (const one of modbusDiscovery.run(parsed, { clock: systemClock(), log: quiet }, signal))
    found.push(one);
  return found;
}

const EXCEPTION = (code: number, what: number) => Buffer.from([code | 0x80, what]);

test('finds the units of a server of the library, with their names and what would reach them', async () => {
  await using server = await libraryServer({
    getHoldingRegister: (at: number, unit: number) => {
      if (unit === 2) throw exception(2);
      return at + unit;
    },
    readDeviceIdentification: (unit: number) =>
      unit === 1 ? { 0: 'Works', 1: 'Pump controller', 2: 'V1.2' } : {},
  } as never);
  const found = await run({ port: server.port, units: '1-2' });
  assert.deepEqual(
    found.map(({ at, said }) => [at.replace(String(server.port), 'P'), said]),
    [
      ['127.0.0.1:P unit 1', 'Works Pump controller V1.2; answers: holding register 0 is 1'],
      ['127.0.0.1:P unit 2', found[1]?.said],
    ],
  );
  assert.match(found[1]?.said ?? '', /exception 2, illegal data address to a read of holding register 0/);
  const { kind, ...config } = (found[0]?.source?.config ?? {}) as { kind?: string };
  assert.equal(kind, 'modbus');
  assert.equal(Config.parse(config).port, server.port);
  assert.equal(found.filter(({ source }) => source).length, 1);
});

test('tells silent units, mute units behind a gateway and those that know only input registers', async () => {
  const asked: Asked[] = [];
  await using server = await rawServer((one) => {
    asked.push(one);
    if (one.code === 43) answer(one, EXCEPTION(43, 1));
    else if (one.unit === 1) answer(one, EXCEPTION(one.code, 11));
    else if (one.unit === 3 && one.code === 3) answer(one, EXCEPTION(3, 1));
    else if (one.unit === 3) answer(one);
  });
  const found = await run({ port: server.port, units: '1-3' });
  assert.deepEqual(
    found.map(({ at, said }) => `${at} ${said}`),
    [`127.0.0.1:${server.port} unit 3 answers: input register 0 is 0`],
  );
  assert.equal(server.connections, 1);
  assert.deepEqual(
    asked.map(({ unit, code }) => [unit, code]),
    [
      [1, 3],
      [2, 3],
      [3, 3],
      [3, 4],
      [3, 43],
    ],
  );
  assert.ok(asked.every(({ code, count }) => code === 43 || count === 1));
});

test('asks one thing at a time', async () => {
  let open = 0;
  await using server = await rawServer((one) => {
    assert.equal(++open, 1);
    setTimeout(() => {
      open--;
      answer(one, one.code === 43 ? EXCEPTION(43, 1) : undefined);
    }, 10);
  });
  assert.equal((await run({ port: server.port, units: '1-2', timeoutMs: 5000 })).length, 2);
});

test('says that a device answers for every unit', async () => {
  await using server = await libraryServer({ getHoldingRegister: () => 7 } as never);
  const found = await run({ port: server.port, units: '1-3' });
  assert.match(found[3]?.said ?? '', /does not look at the unit id/);
});

test('finds units behind a transparent serial server', async () => {
  await using server = await rawServer((one) => one.unit === 2 && answerRtu(one), 'rtu');
  const found = await run({ port: server.port, units: '1-2', transport: 'rtu-over-tcp' });
  assert.deepEqual(
    found.map(({ at }) => at),
    [`127.0.0.1:${server.port} unit 2`],
  );
  assert.deepEqual(found[0]?.source?.config, {
    kind: 'modbus',
    host: '127.0.0.1',
    port: server.port,
    transport: 'rtu-over-tcp',
  });
});

test('a host that is not there, or that hangs up, ends nothing', async () => {
  assert.deepEqual(await run({ port: await freePort() }), []);
  await using server = await rawServer((one) => one.socket.destroy());
  const found = await run({ port: server.port, units: '1-5' });
  assert.match(found[0]?.said ?? '', /the connection ended: .*; 4 units were not asked/);
  assert.equal(server.connections, 1);
});

test('ends at once when it is told to', async () => {
  const stop = new AbortController();
  await using server = await rawServer(() => stop.abort());
  await assert.rejects(run({ port: server.port, timeoutMs: 100 }, stop.signal));
});

test('the plan counts what would be asked, and a range that names nothing is refused', () => {
  const range = (more: object) => modbusDiscovery.range.parse({ hosts: ['10.0.0.0/24'], ...more });
  const plan = modbusDiscovery.plan(range({}));
  assert.equal(plan.requests, 254 * 11);
  assert.equal(plan.seconds, Math.ceil(254 * 11 * 0.2));
  for (const units of ['', '1-', '9-1', '256', '1,x'])
    assert.throws(() => modbusDiscovery.plan(range({ units })), { code: 'discover.range' });
});
