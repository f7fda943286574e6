/*
 * What the benches of MQTT start as processes of their own, beside the whole edge: its reader and writer alone, and the
 * scripts that one would write on mqtt.js. Started with a name of `SCRIPTS` and the port of the broker's side.
 */
import { connect, type MqttClient } from 'mqtt';
import { TopicTable } from '#codec/mqtt/topics.ts';
import { at } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { Arrival } from '#sources/mqtt/arrival.ts';
import { TopicReader } from '#sources/mqtt/topic-reader.ts';
import { openSession } from '#wire/mqtt/session.ts';
import { DEVICES, LIMIT } from './broker-side.ts';

/** What the source does with a chunk: rows by topic and path into one batch, then the rule over its columns. */
async function parts(port: number): Promise<void> {
  const clock = systemClock();
  const arrival = new Arrival();
  const topics = new TopicTable();
  const devices = Array.from({ length: DEVICES }, (_, number) => {
    topics.add(`plant/line1/device${number}/temperature`);
    const tag = {
      number,
      path: `line1/device${number}/temperature`,
      type: 'number',
      access: 'read',
    } as const;
    return {
      reader: new TopicReader([{ tag, path: 'value', timePath: 'ts', timeUnit: 'ms' }], () => {}),
      above: false,
      alarm: Buffer.from(`alarm/line1/device${number}/temperature`),
    };
  });
  const session = await openSession(
    {
      connection: {
        url: `mqtt://127.0.0.1:${port}`,
        version: 4,
        keepAliveS: 30,
        connectTimeoutMs: 5000,
        tls: {},
      },
      clientId: 'bench',
      cleanStart: true,
      sessionExpiryS: 0,
      receiveMaximum: 65_535,
      maxPacketBytes: 1e6,
      password: undefined,
    },
    {
      chunk: () => (arrival.receivedUs = clock.nowUs()),
      message({ bytes, topicStart, topicEnd, payloadStart, payloadEnd }) {
        const device = devices[topics.find(bytes, topicStart, topicEnd)];
        device?.reader.read(bytes, payloadStart, payloadEnd, arrival);
      },
      oversized() {},
      chunkDone() {
        const batch = arrival.rows.take({ receivedUs: arrival.receivedUs });
        for (let i = 0; i < batch.rows; i++) {
          const value = at(batch.value, i);
          const device = devices[at(batch.tag, i)];
          if (!device || value > LIMIT === device.above) continue;
          device.above = value > LIMIT;
          const payload = Buffer.from(`{"value":${value},"limit":${LIMIT}}`);
          session.publish({ topic: device.alarm, payload, qos: 0, retain: false });
        }
      },
      lost: () => process.exit(0),
    },
    clock,
    AbortSignal.timeout(5000),
  );
  await session.subscribe([{ topic: 'plant/#', qos: 0 }]);
}

/** A rule: who goes above the limit, or comes back below it, is told of. */
function mqttJsRule(port: number): void {
  const client = mqttJs(port);
  const above = new Map<string, boolean>();
  client.on('message', (topic, payload) => {
    const { value } = JSON.parse(payload.toString());
    if (value > LIMIT === above.get(topic)) return;
    above.set(topic, value > LIMIT);
    client.publish(topic.replace('plant', 'alarm'), `{"value":${value},"limit":${LIMIT}}`);
  });
}

/** Telemetry: each reading goes on in another unit. */
function mqttJsTelemetry(port: number): void {
  const client = mqttJs(port);
  client.on('message', (topic, payload) => {
    const { value, ts } = JSON.parse(payload.toString());
    const out = { value: value * 1.8 + 32, time: new Date(ts).toISOString() };
    client.publish(topic.replace('plant', 'norm'), JSON.stringify(out), { qos: 1 });
  });
}

function mqttJs(port: number): MqttClient {
  const client = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, clientId: 'bench' });
  client.on('connect', () => client.subscribe('plant/#'));
  client.on('close', () => process.exit(0));
  return client;
}

const SCRIPTS: Readonly<Record<string, (port: number) => unknown>> = {
  parts,
  rule: mqttJsRule,
  telemetry: mqttJsTelemetry,
};

const [, , name = '', port] = process.argv;
const script = SCRIPTS[name];
if (!script) throw new Error(`there is no script ${name}`);
await script(Number(port));
