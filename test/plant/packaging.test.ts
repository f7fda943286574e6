import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import {
  decodePayload,
  encodePayload,
  type UMetric,
  type UPayload,
} from 'sparkplug-payload/lib/sparkplugbpayload.js';
import protocol from 'sparkplug-payload/lib/sparkplugPayloadProto.js';
import { type Plant, startPlant } from '#plant/plant.ts';
import { PACKER_METRICS, PALLETIZER_METRICS } from '#plant/sparkplug/metrics.ts';
import { until } from '#test/until.ts';

interface Message {
  readonly type: string;
  readonly device: string | undefined;
  /** Undefined where the other library could not read it. */
  readonly payload: UPayload | undefined;
  /** Metrics that are doubles, by alias. */
  readonly numbers: readonly { readonly alias: number; readonly value: number }[];
}

/* The plant's Sparkplug node against a codec that is not ours. */
describe('packaging', { concurrency: false }, () => {
  let plant: Plant;
  let client: MqttClient;
  let messages: Message[] = [];

  before(async () => {
    plant = await startPlant({
      ...{ mqtt: 0, devices: ['sensors', 'packaging'] },
      ...{ speed: 20, people: false, slowMs: 500, restartDownMs: 300, restartEveryMs: 60_000 },
    });
    client = mqtt.connect(plant.mqttUrl, { reconnectPeriod: 100 });
    client.on('error', () => {});
    client.on('message', (topic, bytes) => {
      const [, , type = '', , device] = topic.split('/');
      messages.push({ type, device, payload: readable(bytes), numbers: doubles(bytes) });
    });
    await client.subscribeAsync('spBv1.0/plant/+/packaging/#', { qos: 1 });
    await until('data', () => messages.length > 0);
    await reborn();
  });

  after(async () => {
    await client?.endAsync(true);
    await plant?.[Symbol.asyncDispose]();
  });

  const of = (type: string, device?: string) =>
    messages.filter((one) => one.type === type && one.device === device);
  const last = (type: string, device?: string) => of(type, device).at(-1)?.payload;
  const send = (topic: string, metrics: UMetric[]) =>
    client.publishAsync(
      `spBv1.0/plant/${topic}`,
      Buffer.from(encodePayload({ timestamp: Date.now(), metrics })),
    );
  const rebirth = () =>
    send('NCMD/packaging', [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }]);

  /** Asks for births and waits for all of them; what came before is forgotten. */
  async function reborn(): Promise<void> {
    messages = [];
    await rebirth();
    await until('births', () => last('DBIRTH', 'palletizer') !== undefined);
    messages = messages.slice(messages.findIndex(({ type }) => type === 'NBIRTH'));
  }

  const born = (name: string, device = 'case-packer') =>
    last('DBIRTH', device)?.metrics?.find((metric) => metric.name === name);
  const bornWith = (name: string): unknown => born(name)?.value;
  const aliasOf = (name: string) => Number(born(name)?.alias);
  /** Newest value of a number, from data messages, which say neither its name nor its type. */
  const newest = (name: string): number | undefined => {
    const alias = aliasOf(name);
    for (const { numbers } of of('DDATA', 'case-packer').toReversed()) {
      const found = numbers.find((one) => one.alias === alias);
      if (found) return found.value;
    }
    return undefined;
  };

  test('a rebirth on command brings the node, then its devices, with all their metrics', async () => {
    await reborn();
    const births = messages.filter(({ type }) => type.endsWith('BIRTH'));
    assert.deepEqual(
      births.map(({ type, device }) => [type, device]),
      [
        ['NBIRTH', undefined],
        ['DBIRTH', 'case-packer'],
        ['DBIRTH', 'palletizer'],
      ],
    );
    assert.deepEqual(
      births.map(({ payload }) => Number(payload?.seq)),
      [0, 1, 2],
    );
    const names = last('NBIRTH')?.metrics?.map(({ name }) => name) ?? [];
    for (const name of ['bdSeq', 'Node Control/Rebirth', '_types_/Drive'])
      assert.ok(names.includes(name), name);
    assert.equal(births[1]?.payload?.metrics?.length, PACKER_METRICS.length);
    assert.equal(births[2]?.payload?.metrics?.length, PALLETIZER_METRICS.length);
    const aliases = births
      .flatMap(({ payload }) => payload?.metrics ?? [])
      .flatMap(({ alias }) => alias ?? []);
    assert.equal(new Set(aliases.map(String)).size, aliases.length, 'an alias twice');
  });

  test('metrics of every type are read by a library that others wrote', () => {
    const types = new Set(PACKER_METRICS.map(({ type }) => type));
    for (const type of ['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt32', 'UInt64', 'Float', 'Double'])
      assert.ok(types.has(type as 'Int8'), type);
    assert.ok((bornWith('Cases') as { toNumber(): number }).toNumber() > 2 ** 32);
    assert.ok(Number(born('Head/Force')?.value) < 0 && Number(born('Head/Position')?.value) <= 0);
    assert.match(
      String(born('Order/Id')?.value),
      /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    );
    assert.match(String(born('Order/Note')?.value), /cases of twelve/);
    assert.equal(Buffer.from(born('Order/Mark')?.value as Uint8Array).length, 8);
    assert.equal(born('Run')?.value, true);
    const { columns, rows } = bornWith('Last Cases') as { columns: string[]; rows: unknown[][] };
    assert.deepEqual([columns, rows.length], [['Number', 'Weight', 'Good'], 5]);
    const drive = bornWith('Drive') as { templateRef: string; metrics: UMetric[] };
    assert.equal(drive.templateRef, 'Drive');
    assert.deepEqual(
      drive.metrics.map(({ name }) => name),
      ['Speed', 'Current', 'Starts'],
    );
    const { properties } = born('Speed Setpoint') ?? {};
    assert.equal(properties?.engUnit?.value, '1/min');
    assert.deepEqual([properties?.engLow?.value, properties?.engHigh?.value], [10, 60]);
    assert.deepEqual(
      [properties?.readOnly?.value, born('Speed')?.properties?.readOnly?.value],
      [false, true],
    );
  });

  test('sequence numbers rise from that of the birth without a hole', async () => {
    await reborn();
    await until('data', () => messages.length > 40);
    const seqs = messages.filter(({ type }) => type !== 'NCMD').map(({ payload }) => Number(payload?.seq));
    assert.deepEqual(
      seqs,
      seqs.map((_, i) => i % 256),
    );
  });

  test('a DCMD changes the set-point and then the speed; out of its limits it changes nothing', async () => {
    const set = (value: number) =>
      send('DCMD/packaging/case-packer', [{ name: 'Speed Setpoint', type: 'Double', value }]);
    await set(20);
    await until('the plant has it', () => plant.packaging.commands.packerSpeedSetpoint === 20);
    await until('the set-point shows', () => newest('Speed Setpoint') === 20);
    await until('the speed follows', () => Math.abs((newest('Speed') ?? 0) - 20) < 0.5);
    await set(500);
    await send('DCMD/packaging/case-packer', [{ name: 'Speed', type: 'Double', value: 1 }]);
    await set(45);
    await until('it goes back', () => newest('Speed Setpoint') === 45);
    const said = of('DDATA', 'case-packer').flatMap(({ numbers }) => numbers);
    assert.ok(!said.some(({ value }) => value === 500));
  });

  test('a killed node is told dead by the broker, with the number of its birth, and born with the next', async () => {
    await reborn();
    const bdSeq = () => Number(last('NBIRTH')?.metrics?.find(({ name }) => name === 'bdSeq')?.value);
    const before = bdSeq();
    plant.fault('device-restarting', true, { device: 'packaging' });
    await until('death', () => of('NDEATH').length > 0);
    assert.equal(Number(last('NDEATH')?.metrics?.[0]?.value), before);
    await until('birth', () => bdSeq() === (before + 1) % 256);
    plant.fault('device-restarting', false, { device: 'packaging' });
  });

  test('a node that is reborn says no goodbye and has other aliases, until it is mended', async () => {
    await reborn();
    const before = aliasOf('Speed');
    messages = [];
    plant.fault('node-reborn', true);
    await until('other births', () => last('DBIRTH', 'palletizer') !== undefined);
    assert.equal(of('NDEATH').length, 0);
    assert.notEqual(aliasOf('Speed'), before);
    messages = [];
    plant.fault('node-reborn', false);
    await until('births as before', () => last('DBIRTH', 'palletizer') !== undefined);
    assert.equal(aliasOf('Speed'), before);
  });

  test('messages out of order change places and miss a number, until they are mended', async () => {
    const holes = () => {
      const seqs = messages.flatMap(({ payload }) => (payload?.seq == null ? [] : [Number(payload.seq)]));
      const steps = seqs.slice(1).map((seq, i) => (seq - (seqs[i] ?? 0) + 256) % 256);
      return { backwards: steps.includes(255), missing: new Set(seqs).size < Math.max(...seqs) + 1 };
    };
    await reborn();
    plant.fault('out-of-order', true);
    await until('swapped', () => holes().backwards);
    await until('missing', () => messages.length > 40 && holes().missing);
    plant.fault('out-of-order', false);
    await until('in order again', async () => {
      await reborn();
      await until('data', () => messages.length > 20);
      return !holes().backwards && !holes().missing;
    });
  });

  test('a node with a primary host is born when that comes online, and dies when it goes', async () => {
    const host = 'test-host';
    const state = (online: boolean) =>
      client.publishAsync(`spBv1.0/STATE/${host}`, JSON.stringify({ online, timestamp: Date.now() }), {
        qos: 1,
        retain: true,
      });
    plant.fault('device-silent', true, { device: 'packaging' });
    await state(false);
    await using other = await startPlant({
      broker: plant.mqttUrl,
      primaryHost: host,
      devices: ['packaging'],
    });
    await until('the node of this plant is silent', () => other.pids.packaging !== undefined);
    messages = [];
    await state(true);
    await until('birth', () => last('DBIRTH', 'palletizer') !== undefined);
    await state(false);
    await until('death', () => of('NDEATH').length > 0);
    plant.fault('device-silent', false, { device: 'packaging' });
  });

  test('a node that is silent, slow, garbled or in the wrong hour is so only while the fault lasts', async () => {
    const device = 'packaging';
    const ahead = () => Number(last('DDATA', 'case-packer')?.timestamp ?? 0) - Date.now() > 3_000_000;
    plant.fault('clock-wrong', true, { device });
    await until('ahead', ahead);
    plant.fault('clock-wrong', false, { device });
    await until('right', () => !ahead());
    plant.fault('garbage-replies', true, { device });
    await until('garbage', () => messages.slice(-5).some(({ payload }) => payload === undefined));
    plant.fault('garbage-replies', false, { device });
    await until('sense', () => messages.slice(-5).every(({ payload }) => payload !== undefined));
    plant.fault('device-silent', true, { device });
    let seen = -1;
    let since = 0;
    await until('silence', () => {
      if (messages.length !== seen) {
        seen = messages.length;
        since = performance.now();
      }
      return performance.now() - since > 700;
    });
    plant.fault('device-silent', false, { device });
    await until('it speaks', () => messages.length > seen);
    const lateMs = () => Date.now() - Number(messages.at(-1)?.payload?.timestamp ?? 0);
    plant.fault('slow-device', true, { device });
    await until('late', () => lateMs() > 490 && lateMs() < 5000);
    plant.fault('slow-device', false, { device });
    await until('in time', () => lateMs() < 490);
  });
});

const { Payload } = protocol.org.eclipse.tahu.protobuf;

function doubles(bytes: Uint8Array): Message['numbers'] {
  try {
    return Payload.decode(bytes).metrics.flatMap(({ alias, doubleValue }) =>
      alias != null && doubleValue != null ? [{ alias: Number(alias), value: doubleValue }] : [],
    );
  } catch {
    return [];
  }
}

function readable(bytes: Uint8Array): UPayload | undefined {
  try {
    const payload = decodePayload(bytes);
    return payload.metrics?.length ? payload : undefined;
  } catch {
    return undefined;
  }
}
