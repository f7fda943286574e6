/*
 * MQTT in → value by JSON path → threshold → MQTT out, QoS 0: our wire and codec against a hand-written mqtt.js
 * script that does the same. This process plays the broker for both, so that no broker is the limit; the process under
 * test runs alone on its core.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import * as net from 'node:net';
import { fileURLToPath } from 'node:url';
import { generate } from 'mqtt-packet';
import { FrameReader } from '#codec/mqtt/frames.ts';

const GOAL_PER_S = 150_000;
const WARM_UP_MS = 1500;
const MEASURE_MS = 3000;
const DEVICES = 100;
/** Messages in one write of the load generator, about one chunk of a socket. */
const IN_BURST = 500;
/** Messages sent and not yet answered at most: enough to keep the other side busy, too few to pile up. */
const MOST_OPEN = 20_000;

type Contender = 'holdfast' | 'mqttjs';

async function main(): Promise<void> {
  const ours = await measure('holdfast');
  const theirs = await measure('mqttjs');
  const ratio = ours / theirs;
  process.stdout.write(
    `${[
      `MQTT → JSON path → threshold → MQTT, QoS 0, one core for the process under test`,
      `  holdfast          ${perSecond(ours)}   goal ${perSecond(GOAL_PER_S)}   ${ours >= GOAL_PER_S ? 'reached' : 'missed'}`,
      `  mqtt.js script    ${perSecond(theirs)}`,
      `  ratio             ${ratio.toFixed(1).padStart(9)}             goal     2.0             ${ratio >= 2 ? 'reached' : 'missed'}`,
    ].join('\n')}\n`,
  );
}

const perSecond = (n: number): string => `${Math.round(n).toLocaleString('en').padStart(9)} messages/s`;

/** Messages a second that come back from the process under test. */
async function measure(contender: Contender): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const child = fork(fileURLToPath(import.meta.url), [contender, String(port)]);
  try {
    const [socket] = (await once(server, 'connection')) as [net.Socket];
    const load = generateLoad(socket);
    await passed(WARM_UP_MS);
    const from = load.answered;
    const started = performance.now();
    await passed(MEASURE_MS);
    return ((load.answered - from) * 1000) / (performance.now() - started);
  } finally {
    await stop(child);
    server.close();
  }
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** The broker's side of one connection: welcomes, grants, then sends readings and counts what comes back. */
function generateLoad(socket: net.Socket): { answered: number } {
  const state = { answered: 0 };
  const bursts = readings();
  let sent = 0;
  let started = false;
  const send = () => {
    while (started && sent - state.answered < MOST_OPEN && socket.writableLength < 1e6) {
      socket.write(bursts[(sent / IN_BURST) % bursts.length] as Buffer);
      sent += IN_BURST;
    }
  };
  const reader = new FrameReader(
    {
      packet(head, bytes, start) {
        const type = head >> 4;
        if (type === 3) state.answered++;
        else if (type === 1) socket.write(generate({ cmd: 'connack', sessionPresent: false, returnCode: 0 }));
        else if (type === 8) {
          const messageId = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
          socket.write(generate({ cmd: 'suback', messageId, granted: [0] }));
          started = true;
        } else if (type === 12) socket.write(generate({ cmd: 'pingresp' }));
      },
      oversized() {},
    },
    1e6,
  );
  socket.on('data', (chunk) => {
    reader.push(chunk as Buffer);
    send();
  });
  socket.on('drain', send);
  socket.on('error', () => {});
  socket.setNoDelay(true);
  return state;
}

/** Readings of some devices as they look in plants, every one above the threshold: each is answered. */
function readings(): Buffer[] {
  return Array.from({ length: 20 }, (_, burst) => {
    const packets = Array.from({ length: IN_BURST }, (_, i) => {
      const n = burst * IN_BURST + i;
      const reading = { ts: 1_700_000_000_000 + n, value: 70 + (n % 977) / 100, unit: 'Cel', ok: true };
      const topic = `plant/line1/device${n % DEVICES}/temperature`;
      return generate({
        cmd: 'publish',
        topic,
        payload: JSON.stringify(reading),
        qos: 0,
        dup: false,
        retain: false,
      });
    });
    return Buffer.concat(packets);
  });
}

const LIMIT = 65;

/** What the source does with a chunk: rows by topic and path into one batch, then the rule over its columns. */
async function holdfast(port: number): Promise<void> {
  const { TopicTable } = await import('#codec/mqtt/topics.ts');
  const { at, BatchBuilder } = await import('#kernel/batch.ts');
  const { systemClock } = await import('#kernel/clock.ts');
  const { TopicReader } = await import('#sources/mqtt/topic-reader.ts');
  const { openSession } = await import('#wire/mqtt/session.ts');
  const clock = systemClock();
  const rows = new BatchBuilder();
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
      chunk() {},
      message({ bytes, topicStart, topicEnd, payloadStart, payloadEnd }) {
        const device = devices[topics.find(bytes, topicStart, topicEnd)];
        device?.reader.read(bytes, payloadStart, payloadEnd, false, clock.nowUs(), rows);
      },
      oversized() {},
      chunkDone() {
        const batch = rows.take({ receivedUs: clock.nowUs() });
        for (let i = 0; i < batch.rows; i++) {
          const value = at(batch.value, i);
          const device = devices[at(batch.tag, i)];
          if (!device || !(value > LIMIT)) continue;
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

async function mqttJs(port: number): Promise<void> {
  const { connect } = await import('mqtt');
  const client = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, clientId: 'bench' });
  client.on('connect', () => client.subscribe('plant/#'));
  client.on('message', (topic, payload) => {
    const { value } = JSON.parse(payload.toString());
    if (value > LIMIT) client.publish(topic.replace('plant', 'alarm'), `{"value":${value},"limit":${LIMIT}}`);
  });
  client.on('close', () => process.exit(0));
}

const [, , contender, port] = process.argv;
if (contender === 'holdfast') await holdfast(Number(port));
else if (contender === 'mqttjs') await mqttJs(Number(port));
else await main();
