import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import modbusSerial from 'modbus-serial';
import mqtt, { type MqttClient } from 'mqtt';
import type { Fault } from '#kernel/fault.ts';
import { plantControl } from '#plant/control/client.ts';
import { writeInfo } from '#plant/control/info.ts';
import { serveControl } from '#plant/control/server.ts';
import { type Plant, startPlant } from '#plant/plant.ts';
import { until } from '#test/until.ts';

const ModbusRTU = modbusSerial.default;
type ModbusClient = InstanceType<typeof ModbusRTU>;

/* One plant for all tests here, with the time of its process at ten times that of the clock. */
let plant: Plant;
let inbox: Inbox;

before(async () => {
  plant = await startPlant({
    ...{ modbusA: 0, modbusB: 0, mqtt: 0, devices: ['pumps', 'bottling', 'sensors'] },
    ...{ speed: 10, people: false, slowMs: 400, restartDownMs: 300, restartEveryMs: 60_000 },
  });
  inbox = await listenTo(plant.mqttUrl);
});

after(async () => {
  await inbox?.client.endAsync(true);
  await plant?.[Symbol.asyncDispose]();
});

interface Inbox {
  readonly client: MqttClient;
  /** Everything since the last call of `forget`, oldest first. */
  readonly messages: { topic: string; payload: string }[];
}

async function listenTo(url: string): Promise<Inbox> {
  const client = mqtt.connect(url, { reconnectPeriod: 100 });
  const messages: Inbox['messages'] = [];
  client.on('error', () => {});
  client.on('message', (topic, payload) => messages.push({ topic, payload: payload.toString() }));
  await client.subscribeAsync('plant/#', { qos: 1 });
  return { client, messages };
}

async function withUnit<T>(
  port: number,
  unit: number,
  use: (client: ModbusClient) => Promise<T>,
): Promise<T> {
  const client = new ModbusRTU();
  await client.connectTCP('127.0.0.1', { port });
  client.setID(unit);
  client.setTimeout(3000);
  try {
    return await use(client);
  } finally {
    await new Promise<void>((resolve) => client.close(resolve));
  }
}

const pumps = <T>(unit: number, use: (client: ModbusClient) => Promise<T>) =>
  withUnit(plant.modbusA.port, unit, use);
const fillers = <T>(unit: number, use: (client: ModbusClient) => Promise<T>) =>
  withUnit(plant.modbusB.port, unit, use);
const floatOf = async (client: ModbusClient, at: number) =>
  (await client.readInputRegisters(at, 2)).buffer.readFloatBE(0);
const floatWords = (value: number): number[] => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
};
const exception = (code: number) => (error: unknown) =>
  (error as { modbusCode?: number }).modbusCode === code;

test('a set-point that is written ramps the speed, which another register shows', async () => {
  await pumps(1, async (client) => {
    await client.writeRegisters(0, floatWords(1800));
    assert.equal((await client.readHoldingRegisters(0, 2)).buffer.readFloatBE(0), 1800);
    await until('speed is 1800', async () => Math.abs((await floatOf(client, 12)) - 1800) < 5);
    assert.equal(plant.lines[0]?.pump.speedRpm, 1800);
    await client.writeRegisters(0, floatWords(2400));
    await until('speed is 2400', async () => Math.abs((await floatOf(client, 12)) - 2400) < 5);
  });
});

test('a set-point out of its limits gets exception 3 and changes nothing', async () => {
  await pumps(2, async (client) => {
    await assert.rejects(client.writeRegisters(0, floatWords(9000)), exception(3));
    await assert.rejects(client.writeRegister(2, 500), exception(3));
    assert.equal((await client.readHoldingRegisters(0, 2)).buffer.readFloatBE(0), 2400);
  });
});

test('registers and units that do not exist get exceptions 2 and 11', async () => {
  await pumps(1, (client) => assert.rejects(client.readInputRegisters(4, 6), exception(2)));
  await pumps(7, (client) => assert.rejects(client.readInputRegisters(0, 1), exception(11)));
});

test('closing the valve lowers the flow', async () => {
  await pumps(3, async (client) => {
    const flow = await floatOf(client, 8);
    await client.writeRegister(2, 3000);
    await until('flow falls', async () => (await floatOf(client, 8)) < flow - 3);
    await client.writeRegister(2, 7000);
    await until('flow returns', async () => (await floatOf(client, 8)) > flow - 1);
  });
});

test('a coil stops and starts the filler, whose state says so', async () => {
  await fillers(1, async (client) => {
    const state = async () => (await client.readInputRegisters(0, 1)).data[0];
    await client.writeCoil(0, false);
    await until('stopped', async () => (await state()) === 0);
    await client.writeCoil(0, true);
    await until('running', async () => (await state()) === 2);
    assert.deepEqual((await client.readDiscreteInputs(0, 3)).data.slice(0, 3), [true, true, true]);
  });
});

test('a mask write over the wire sets one bit of the control word', async () => {
  await fillers(2, async (client) => {
    await client.maskWriteRegister(1, 0xfffe, 0x0001);
    assert.deepEqual((await client.readHoldingRegisters(1, 1)).data, [1]);
    await until('flush reaches the plant', () => plant.lines[1]?.commands.flush === true);
    await client.maskWriteRegister(1, 0xfffe, 0x0000);
    assert.deepEqual((await client.readHoldingRegisters(1, 1)).data, [0]);
    await assert.rejects(client.maskWriteRegister(9, 0xfffe, 0), exception(2));
  });
});

test('the energy counter is exact beyond 2^53, least significant word first', async () => {
  const pump = plant.lines[2]?.pump;
  assert.ok(pump);
  const before = pump.energyWh;
  pump.energyWh = 2 ** 60;
  await pumps(13, async (client) => {
    const read = async () => {
      const { data } = await client.readInputRegisters(0, 4);
      return data.reduceRight((high, word) => (high << 16n) | BigInt(word), 0n);
    };
    await until('counter shows', async () => (await read()) === 2n ** 60n);
  });
  pump.energyWh = before;
});

test('every line speaks on every topic, in JSON with times and in plain numbers', async () => {
  await until('all topics', () => new Set(inbox.messages.map(({ topic }) => topic)).size === 21);
  const newest = (topic: string) =>
    inbox.messages.findLast((message) => message.topic === topic)?.payload ?? '';
  const vibration = JSON.parse(newest('plant/line1/pump/vibration'));
  assert.ok(vibration.peak > vibration.rms && vibration.rms > 0 && vibration.kurtosis > 2);
  assert.ok(Math.abs(Date.now() - vibration.ts) < 60_000);
  const temperature = JSON.parse(newest('plant/line2/env/temperature'));
  assert.ok(Math.abs(Date.parse(temperature.time) - Date.now()) < 60_000);
  assert.match(newest('plant/line3/filler/weight'), /^\d+(\.\d)?$/);
});

test('worn-bearing shows in the registers and in the messages, and goes away', async () => {
  await pumps(1, async (client) => {
    const vibration = async () => Number((await client.readInputRegisters(5, 1)).data[0]) / 100;
    plant.fault('worn-bearing', true);
    await until('vibration rises', async () => (await vibration()) > 4.5);
    const rms = () => JSON.parse(newestOf('plant/line1/pump/vibration')).rms;
    await until('the sensor agrees', () => rms() > 4.5);
    plant.fault('worn-bearing', false);
    await until('vibration falls', async () => (await vibration()) < 2.5);
    await until('the sensor agrees', () => rms() < 2.5);
  });
});

test('cavitation lowers suction pressure and flow of its own line only, and goes away', async () => {
  const suction = (line: number) =>
    pumps(line, async (client) => (await client.readInputRegisters(2, 1)).buffer.readInt16BE(0) / 1000);
  plant.fault('cavitation', true, { line: 2 });
  await until('suction falls', async () => (await suction(2)) < 0);
  assert.ok((await suction(3)) > 0.05);
  plant.fault('cavitation', false, { line: 2 });
  await until('suction returns', async () => (await suction(2)) > 0.05);
});

test('stuck-sensor freezes the flow to the bit, and goes away', async () => {
  await pumps(3, async (client) => {
    plant.fault('stuck-sensor', true, { line: 3 });
    await pumps(3, (other) => other.writeRegister(2, 3500));
    await until('the real flow falls', () => (plant.lines[2]?.pump.flowM3h ?? 99) < 14);
    assert.ok((await floatOf(client, 8)) > 16);
    plant.fault('stuck-sensor', false, { line: 3 });
    await until('the meter shows it', async () => (await floatOf(client, 8)) < 15);
    await client.writeRegister(2, 7000);
  });
});

test('a silent device takes connections and answers nothing until it is mended', async () => {
  plant.fault('device-silent', true, { device: 'bottling' });
  const ask = (timeoutMs: number) =>
    fillers(1, (client) => {
      client.setTimeout(timeoutMs);
      return client.readInputRegisters(0, 1);
    });
  // The order reaches the device by another way than the requests do, so the first of them may still be answered.
  await until('it falls silent', () => ask(250).then(() => false, isTimeout));
  await pumps(1, (client) => client.readInputRegisters(0, 1));
  plant.fault('device-silent', false, { device: 'bottling' });
  await until('it answers', () =>
    ask(3000).then(
      () => true,
      () => false,
    ),
  );
});

const isTimeout = (error: unknown): boolean => {
  assert.match(String((error as Error).message), /timed out/i);
  return true;
};

test('a slow device answers, but late', async () => {
  const took = () =>
    fillers(3, async (client) => {
      const begin = performance.now();
      await client.readInputRegisters(0, 1);
      return performance.now() - begin;
    });
  plant.fault('slow-device', true, { device: 'bottling' });
  await until('it is slow', async () => (await took()) > 390);
  plant.fault('slow-device', false, { device: 'bottling' });
  await until('it is quick', async () => (await took()) < 390);
});

test('garbage-replies breaks frames, and only while it is on', async () => {
  const request = Buffer.from([0, 7, 0, 0, 0, 6, 1, 4, 0, 4, 0, 2]);
  const header = [0, 7, 0, 0, 0, 7, 1, 4, 4];
  const healthy = async () => {
    const bytes = await firstReply(plant.modbusA.port, request);
    return bytes.length === 13 && header.every((byte, i) => bytes[i] === byte);
  };
  assert.equal(await healthy(), true);
  plant.fault('garbage-replies', true);
  await until('garbage', async () => !(await healthy()));
  plant.fault('garbage-replies', false);
  await until('sense', healthy);
});

function firstReply(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = dial({ port, host: '127.0.0.1' }, () => socket.write(request));
    socket.on('error', reject);
    socket.once('data', (bytes: Buffer) => {
      socket.destroy();
      resolve(bytes);
    });
  });
}

test('a restarting device is another process on the same port, with its set-points', async () => {
  const first = plant.pids.pumps;
  await pumps(2, (client) => client.writeRegisters(0, floatWords(2000)));
  await until('the plant has it', () => plant.lines[1]?.commands.speedSetpointRpm === 2000);
  plant.fault('device-restarting', true);
  await until('it goes', () => plant.pids.pumps !== first);
  const setpoint = () =>
    pumps(2, async (client) => (await client.readHoldingRegisters(0, 2)).buffer.readFloatBE(0));
  await until('it is back', () =>
    setpoint().then(
      (rpm) => rpm === 2000,
      () => false,
    ),
  );
  plant.fault('device-restarting', false);
  plant.set(2, { speedSetpointRpm: 2400 });
  await until('a hand at the panel shows too', async () => (await setpoint()) === 2400);
});

const newestOf = (topic: string): string =>
  inbox.messages.findLast((message) => message.topic === topic)?.payload ?? '';

test('sensors with a wrong clock are hours ahead, and right again afterwards', async () => {
  const ahead = () => JSON.parse(newestOf('plant/line1/pump/vibration')).ts - Date.now();
  plant.fault('clock-wrong', true);
  await until('ahead', () => ahead() > 4 * 3_600_000);
  plant.fault('clock-wrong', false);
  await until('right', () => Math.abs(ahead()) < 60_000);
});

test('sensors that send garbage send no JSON, and sense again afterwards', async () => {
  const readable = () => {
    try {
      return typeof JSON.parse(newestOf('plant/line1/pump/vibration')).rms === 'number';
    } catch {
      return false;
    }
  };
  plant.fault('garbage-replies', true, { device: 'sensors' });
  await until('garbage', () => !readable());
  plant.fault('garbage-replies', false, { device: 'sensors' });
  await until('sense', readable);
});

test('silent sensors stop while the broker goes on, and come back', async () => {
  plant.fault('device-silent', true, { device: 'sensors' });
  let seen = -1;
  let since = 0;
  await until('silence for half a second', () => {
    if (inbox.messages.length !== seen) {
      seen = inbox.messages.length;
      since = performance.now();
    }
    return performance.now() - since > 500;
  });
  assert.ok(inbox.client.connected);
  plant.fault('device-silent', false, { device: 'sensors' });
  await until('messages', () => inbox.messages.length > seen);
});

test('another terminal breaks and mends the plant, with the token of a private file', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'plant-'));
  await using server = await serveControl(plant);
  await writeInfo(dir, plant, server);
  assert.equal((await stat(join(dir, 'plant.json'))).mode & 0o777, 0o600);
  const control = await plantControl(dir);
  const on = async () => (await control.faults()).filter((state) => state.on);
  await control.fault('worn-bearing', true, { line: 3, overS: 3600 });
  assert.deepEqual([plant.lines[2]?.faults.wornBearing, plant.lines[2]?.faults.wearOverS], [true, 3600]);
  await control.fault('worn-bearing', false, { line: 3 });
  const state = await control.fault('device-silent', true, { device: 'bottling' });
  assert.deepEqual([state.name, state.place, state.on], ['device-silent', 'bottling', true]);
  assert.deepEqual(await on(), [state]);
  await control.fault('device-silent', false, { device: 'bottling' });
  assert.deepEqual(await on(), []);
  await control.set(1, { flush: true });
  assert.equal(plant.lines[0]?.commands.flush, true);
  plant.set(1, { flush: false });
  const refused = (code: string) => (error: Fault) => error.code === code;
  await assert.rejects(control.fault('rust', true), refused('plant.unknown-fault'));
  await assert.rejects(control.set(1, { speedSetpointRpm: 1 }), refused('plant.out-of-limits'));
  const post = (body: string, token: string) =>
    fetch(`${server.url}/fault`, { method: 'POST', body, headers: { authorization: `Bearer ${token}` } });
  assert.equal((await post('{"name":"cavitation"}', 'guessed')).status, 401);
  assert.equal((await post('{"name":', server.token)).status, 400);
  assert.equal((await post('x'.repeat(10_000), server.token)).status, 400);
  assert.deepEqual(await on(), []);
  await rm(dir, { recursive: true });
});

test('the list of faults says what is on and where', () => {
  plant.fault('stuck-sensor', true, { line: 2 });
  const on = () => plant.faults().filter((state) => state.on);
  assert.deepEqual(
    on().map(({ name, place }) => [name, place]),
    [['stuck-sensor', 'line 2']],
  );
  plant.fault('stuck-sensor', false, { line: 2 });
  assert.deepEqual(on(), []);
});

test('what does not exist is refused with what does', () => {
  const refused = (code: string, hint: RegExp) => (error: unknown) =>
    (error as Fault).code === code && hint.test((error as Fault).hint ?? '');
  assert.throws(() => plant.fault('rust', true), refused('plant.unknown-fault', /worn-bearing/));
  assert.throws(() => plant.fault('cavitation', true, { line: 9 }), refused('plant.unknown-place', /1 to 3/));
  const toPumps = { device: 'pumps' };
  const slowly = { overS: 60 };
  assert.throws(
    () => plant.fault('leak', true, slowly),
    refused('plant.no-such-growth', /Only worn-bearing/),
  );
  assert.throws(() => plant.fault('clock-wrong', true, toPumps), refused('plant.unknown-place', /sensors/));
  // Not a device of this plant, which was started with others only.
  assert.equal(plant.pids.utilities, undefined);
  assert.throws(() => plant.fault('server-renumbered', true), refused('plant.unknown-place', /^$/));
  assert.ok(plant.faults().every((state) => !state.on));
  assert.throws(() => plant.set(1, { speedSetpointRpm: 1 }), refused('plant.out-of-limits', /600 to 3000/));
});
