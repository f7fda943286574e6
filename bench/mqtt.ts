/*
 * MQTT in → value by JSON path → threshold → MQTT out, QoS 0, three times: the whole edge (from the bundle, with journal,
 * events and audit), its own reader and writer alone, and a hand-written mqtt.js script. This process plays the broker for
 * all of them, so that no broker is the limit; the process under test runs alone on its core.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SiteStatus } from '#contract/api.ts';
import type { Latency } from '#kernel/latency.ts';
import { BrokerSide, DEVICES, LIMIT } from './broker-side.ts';
import { benchFolder, cpuS, EdgeProcess } from './edge-process.ts';
import { type Row, report } from './table.ts';

/** Messages sent and not yet answered at most: enough to keep the other side busy, too few to pile up. */
const MOST_OPEN = 20_000;
/** A rule's actuator holds a thousand messages; above that they are refused, and counted. */
const MOST_OPEN_EDGE = 1000;
const PER_SECOND = 1000;

type Contender = (broker: BrokerSide) => Promise<AsyncDisposable & { readonly pid: number }>;

async function bench(quick: boolean): Promise<Row[]> {
  using folder = await benchFolder();
  const warmUpMs = quick ? 1500 : 3000;
  const runMs = quick ? 3000 : 6000;
  const edge = (broker: BrokerSide) =>
    EdgeProcess.start(folder.dir, siteFor(broker.port), join(folder.dir, `data${broker.port}`));
  const script = forked('mqttjs');
  const rate = (contender: Contender, mostOpen: number) => flooded(contender, mostOpen, warmUpMs, runMs);
  const peer = { name: 'mqtt.js script', value: await rate(script, MOST_OPEN) };
  const whole = await rate(edge, MOST_OPEN_EDGE);
  let inside: SiteStatus['decisions'] | undefined;
  const ours = await paced(edge, warmUpMs, runMs, async (running) => {
    inside = (await running.status<SiteStatus>()).decisions;
  });
  const theirs = await paced(script, warmUpMs, runMs);
  const delay = (q: number) => ({
    unit: 'ms',
    less: true,
    ours: ours.quantileMs(q),
    peer: { name: 'mqtt.js script', value: theirs.quantileMs(q) },
  });
  const note = 'each message an edge of a rule: event, audit, action and its result are journaled';
  return [
    {
      what: 'MQTT → JSON → rule → MQTT: the whole edge',
      unit: 'messages/s of processor time',
      ours: whole,
      peer,
      goal: { least: 150_000 },
      goalRatio: 2,
      note,
    },
    {
      what: 'the same: reader, threshold and writer alone',
      unit: 'messages/s of processor time',
      ours: await rate(forked('parts'), MOST_OPEN),
      peer,
      goal: { least: 150_000 },
      goalRatio: 2,
    },
    { what: `round trip at ${PER_SECOND} messages/s, p50`, ...delay(0.5), note: 'with both sockets' },
    { what: `round trip at ${PER_SECOND} messages/s, p99`, ...delay(0.99), goalRatio: 1 },
    {
      what: `from arrival to the end of decisions, ${PER_SECOND} messages/s, p99`,
      unit: 'ms',
      ours: inside?.p99Ms ?? Number.NaN,
      goal: { most: 1 },
      note: `p50 ${inside?.p50Ms.toFixed(2)} ms, from the first message on`,
    },
  ];
}

/** Messages that come back for a second of processor time, all threads counted: the machine may be shared. */
async function flooded(
  contender: Contender,
  mostOpen: number,
  warmUpMs: number,
  runMs: number,
): Promise<number> {
  await using broker = await BrokerSide.start();
  await using running = await contender(broker);
  broker.flood(await broker.subscribed(), mostOpen);
  await passed(warmUpMs);
  const from = broker.load.answered;
  const startedS = cpuS(running.pid);
  await passed(runMs);
  return (broker.load.answered - from) / (cpuS(running.pid) - startedS);
}

/** @param after asked at the end, while it still runs */
async function paced<R extends AsyncDisposable>(
  contender: (broker: BrokerSide) => Promise<R>,
  warmUpMs: number,
  runMs: number,
  after?: (running: R) => Promise<void>,
): Promise<Latency> {
  await using broker = await BrokerSide.start();
  await using running = await contender(broker);
  const stop = new AbortController();
  const sending = broker.paced(await broker.subscribed(), PER_SECOND, stop.signal);
  await passed(warmUpMs);
  broker.measureAnew();
  await passed(runMs);
  stop.abort();
  await sending;
  await after?.(running);
  return broker.load.latency;
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A contender that is a function of this file, in a process of its own. */
function forked(name: 'parts' | 'mqttjs'): Contender {
  return async (broker) => {
    const child = fork(fileURLToPath(import.meta.url), [name, String(broker.port)]);
    return {
      pid: child.pid ?? 0,
      async [Symbol.asyncDispose]() {
        if (child.exitCode !== null) return;
        const gone = once(child, 'exit');
        child.kill();
        await gone;
      },
    };
  };
}

/** A tag, a rule and two messages for each device. */
function siteFor(port: number): string {
  const site = {
    site: 'bench',
    settings: { api: { port: 0 } },
    sources: { load: { kind: 'mqtt', url: `mqtt://127.0.0.1:${port}`, version: 4, qos: 0 } },
    actuators: { out: { kind: 'mqtt', url: `mqtt://127.0.0.1:${port}`, version: 4 } },
    types: {
      device: {
        params: ['n'],
        tags: {
          temperature: {
            source: 'load',
            address: {
              // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the site file
              topic: 'plant/line1/device${n}/temperature',
              path: 'value',
              timePath: 'ts',
            },
          },
        },
        rules: {
          hot: {
            when: `temperature > ${LIMIT}.0`,
            firstIsEdge: true,
            do: [send(true)],
            clear: [send(false)],
          },
        },
      },
    },
    assets: Object.fromEntries(
      Array.from({ length: DEVICES }, (_, n) => [`line1/device${n}`, { type: 'device', with: { n } }]),
    ),
  };
  return JSON.stringify(site); // JSON is YAML
}

const send = (hot: boolean) => ({
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the site file
  send: { to: 'out', topic: 'alarm/line1/device${n}', payload: { hot, limit: LIMIT }, qos: 0 },
});

/** What the source does with a chunk: rows by topic and path into one batch, then the rule over its columns. */
async function parts(port: number): Promise<void> {
  const { TopicTable } = await import('#codec/mqtt/topics.ts');
  const { at } = await import('#kernel/batch.ts');
  const { systemClock } = await import('#kernel/clock.ts');
  const { Arrival } = await import('#sources/mqtt/arrival.ts');
  const { TopicReader } = await import('#sources/mqtt/topic-reader.ts');
  const { openSession } = await import('#wire/mqtt/session.ts');
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

async function mqttJs(port: number): Promise<void> {
  const { connect } = await import('mqtt');
  const client = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, clientId: 'bench' });
  const above = new Map<string, boolean>();
  client.on('connect', () => client.subscribe('plant/#'));
  client.on('message', (topic, payload) => {
    const { value } = JSON.parse(payload.toString());
    if (value > LIMIT === above.get(topic)) return;
    above.set(topic, value > LIMIT);
    client.publish(topic.replace('plant', 'alarm'), `{"value":${value},"limit":${LIMIT}}`);
  });
  client.on('close', () => process.exit(0));
}

const [, , contender, port] = process.argv;
if (contender === 'parts') await parts(Number(port));
else if (contender === 'mqttjs') await mqttJs(Number(port));
else await report(bench);
