import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectAsync, type MqttClient } from 'mqtt';
import type { DeadLetterView, SiteStatus } from '#contract/api.ts';
import { SinkLoop } from '#edge/sink-loop.ts';
import type { Journal } from '#journal/api.ts';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { allocBatch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { TagTable } from '#kernel/tag-table.ts';
import type { SinkDef, SinkDeps } from '#plugin/api.ts';
import { mqttSink } from '#sinks/mqtt/mqtt.ts';
import { journalConfig, START_US, settled } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { type Mosquitto, startMosquitto } from './mosquitto.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
/** More than the 1000 that mosquitto would keep for a slow subscriber. */
const DEEP = ['max_queued_messages 100000'];

/** A way to the broker that can be cut. */
async function link(port: number) {
  const open = new Set<net.Socket>();
  let up = true;
  const server = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        open.delete(socket);
      });
    }
    if (!up) near.destroy();
    near.pipe(far).pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    up = false;
    for (const socket of open) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    cut,
    mend: () => {
      up = true;
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Everything below `north/`, by topic, in the order of arrival. */
async function listen(port: number, into: Map<string, number[]>, clean = true): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: 'listener',
    clean,
    reconnectPeriod: 0,
  });
  client.on('message', (topic, payload) => {
    const values = into.get(topic) ?? [];
    values.push(JSON.parse(String(payload)).value);
    into.set(topic, values);
  });
  client.on('error', () => {});
  await client.subscribeAsync('north/#', { qos: 1 });
  return client;
}

const count = (got: ReadonlyMap<string, readonly number[]>): number =>
  new Set([...got].flatMap(([topic, values]) => values.map((value) => `${topic} ${value}`))).size;

/** A journal of its own with a sink of this configuration. */
async function rig(t: TestContext, config: object, paths: readonly string[]) {
  const table = new TagTable();
  for (const path of paths) table.declare({ path, type: 'number', access: 'read' });
  const settings = journalConfig(t);
  const clock = systemClock();
  const journal = await openJournal(settings);
  const feed = openFeed(settings.dir);
  const deps: SinkDeps = { id: 'it', site: 'north', clock, log: quiet, event() {}, tags: table };
  const parsed = mqttSink.config.parse(config);
  const loop = new SinkLoop('it', mqttSink as unknown as SinkDef, parsed, {
    clock,
    log: quiet,
    deps,
    journal,
    feed,
  });
  return {
    journal,
    loop,
    dir: settings.dir,
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]();
      await feed[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

/** Rows whose values count up, over some tags in turn. */
function append(journal: Journal, from: number, rows: number, tags: number): void {
  for (let first = from; first < from + rows; first += 100) {
    const batch = allocBatch(Math.min(100, from + rows - first), { receivedUs: START_US });
    for (let i = 0; i < batch.rows; i++) {
      batch.tag[i] = (first + i) % tags;
      batch.value[i] = first + i;
      batch.timeUs[i] = START_US + first + i;
    }
    journal.append(batch, { source: 'plc', atUs: START_US });
  }
}

const MAIN = fileURLToPath(import.meta.resolve('#cli/main.ts'));

/** A site as a program of its own, from MQTT to MQTT. */
function siteFile(dir: string, broker: Mosquitto): string {
  const path = join(dir, 'site.yaml');
  writeFileSync(
    path,
    `site: north
settings: { api: { port: 0 } }
sources:
  broker: { kind: mqtt, url: '${broker.url}', clientId: edge-in }
sinks:
  it: { kind: mqtt, url: '${broker.url}', inFlight: 50 }
tags:
  line/a: { source: broker, address: { topic: in/a } }
`,
  );
  return path;
}

function startEdge(site: string, data: string): ChildProcess {
  return spawn(process.execPath, [MAIN, 'edge', '--site', site, '--data', data, '--log', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function ask<T>(data: string, child: ChildProcess, path: string): Promise<T | undefined> {
  try {
    const { url, token, pid } = JSON.parse(readFileSync(join(data, 'api.json'), 'utf8'));
    if (pid !== child.pid) return undefined;
    const reply = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    return (await reply.json()) as T;
  } catch {
    return undefined; // not there yet
  }
}

// Most of their time is spent waiting for links that are down.
describe('the MQTT sink against mosquitto', { concurrency: true }, () => {
  for (const version of [5, 4] as const) {
    test(`MQTT ${version}: every row arrives, whatever is cut or killed in between, and few twice`, async (t) => {
      await using broker = await startMosquitto(DEEP);
      await using way = await link(broker.port);
      await using r = await rig(t, { url: way.url, version, inFlight: 50 }, ['line/a', 'line/b', 'line/c']);
      const got = new Map<string, number[]>();
      let listener = await listen(broker.port, got);
      append(r.journal, 0, 3000, 3);
      await settled(r.journal);
      r.loop.start();
      for (const after of [500, 1500, 2500]) {
        await until(`${after} rows`, () => count(got) > after);
        way.cut();
        await until('the loss', () => r.loop.status.fault !== undefined);
        way.mend();
      }
      await until('the first rows', () => count(got) === 3000);
      await until('an empty backlog', () => r.loop.status.backlog.rows === 0);
      // The loss shows although there is nothing to deliver.
      way.cut();
      await until('the loss', () => r.loop.status.fault !== undefined);
      append(r.journal, 3000, 2000, 3);
      await settled(r.journal);
      await broker.kill();
      assert.equal(r.loop.status.backlog.rows >= 2000, true);
      await listener.endAsync(true);
      await broker.restart();
      listener = await listen(broker.port, got);
      way.mend();
      await until('the rest', () => count(got) === 5000, 15_000);
      await listener.endAsync(true);
      for (const [tag, topic] of ['north/line/a', 'north/line/b', 'north/line/c'].entries()) {
        const values = [...new Set(got.get(topic))].sort((a, b) => a - b);
        assert.deepEqual(
          values,
          Array.from({ length: values.length }, (_, i) => tag + 3 * i),
        );
      }
      const received = [...got.values()].reduce((sum, values) => sum + values.length, 0);
      // Four cuts, each at most with what was in flight and the entry that it belonged to.
      assert.ok(received - 5000 <= 4 * (50 + 100), `${received - 5000} rows came twice`);
      // Rows of entries that a cut broke off arrived, but were counted only with their second time.
      await until('the last confirmation', () => r.loop.status.delivered === 5000);
    });
  }

  test('what mosquitto denies under MQTT 5 is set aside, and the rest flows', async (t) => {
    await using broker = await startMosquitto([...DEEP, 'acl_file DIR/acl'], 'mqtt', {
      acl: 'topic readwrite north/line/a\ntopic read north/#\n',
    });
    await using r = await rig(t, { url: broker.url, version: 5 }, ['line/a', 'line/b']);
    const got = new Map<string, number[]>();
    const listener = await listen(broker.port, got);
    append(r.journal, 0, 400, 2);
    await settled(r.journal);
    r.loop.start();
    await until('all rows', () => r.loop.status.delivered + r.loop.status.rejected === 400);
    await until('those allowed', () => count(got) === 200);
    await listener.endAsync(true);
    assert.deepEqual([...got.keys()], ['north/line/a']);
    await settled(r.journal);
    using reader = openReader(r.dir);
    const letters = reader.deadLetters(1000);
    assert.deepEqual(
      new Set(letters.map(({ reason, tag }) => `${reason} ${tag}`)),
      new Set(['not authorized 1']),
    );
    assert.equal(r.loop.status.rejected, 200);
    assert.equal(letters.at(-1)?.id, 200);
    assert.equal(r.loop.status.state, 'running');
  });

  test('kill -9 of the edge loses no row on its way from a broker to a broker', async () => {
    await using broker = await startMosquitto(DEEP);
    const site = siteFile(broker.dir, broker);
    const data = join(broker.dir, 'data');
    const got = new Map<string, number[]>();
    const listener = await listen(broker.port, got);
    const device = await connectAsync(broker.url, { clientId: 'device' });
    let child = startEdge(site, data);
    try {
      const status = () => ask<SiteStatus>(data, child, '/api/status');
      await until('the site runs', async () => (await status())?.sources.broker?.state === 'running');
      const sent: Promise<unknown>[] = [];
      for (let n = 0; n < 6000; n++) {
        sent.push(device.publishAsync('in/a', String(n), { qos: 1 }));
        if (n % 2000 !== 999) continue;
        await Promise.all(sent.splice(0));
        const least = n / 3;
        await until(`${least} rows`, () => count(got) > least);
        child.kill('SIGKILL');
        await once(child, 'exit');
        child = startEdge(site, data);
      }
      await Promise.all(sent);
      await until('all rows', () => count(got) >= 6000, 20_000);
      const values = got.get('north/line/a') ?? [];
      assert.deepEqual(
        [...new Set(values)].filter((value) => value !== null).sort((a, b) => a - b),
        Array.from({ length: 6000 }, (_, i) => i),
      );
      await until('the backlog is gone', async () => (await status())?.sinks.it?.backlog.rows === 0);
      assert.deepEqual(await ask<DeadLetterView[]>(data, child, '/api/dead-letters'), []);
      const { url, token } = JSON.parse(readFileSync(join(data, 'api.json'), 'utf8'));
      const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      assert.match(await metrics.text(), /holdfast_sink_backlog_rows\{sink="it",site="north"\} 0/);
    } finally {
      child.kill('SIGKILL');
      await listener.endAsync(true);
      await device.endAsync(true);
    }
  });
});
