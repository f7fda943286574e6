import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { at } from '#kernel/batch.ts';
import { type Parts, siteText } from '../e2e/changing-site.ts';
import { startMosquitto } from '../interop/mosquitto.ts';
import { type PeerNode, startNode } from '../interop/sparkplug-peer.ts';
import { answer, rawServer } from '../modbus-rig.ts';
import { ServerProcess } from '../opcua/peer.ts';
import { until } from '../until.ts';
import type { Reloaded } from './reloading-site.ts';

const RELOADS = 1000;
const COUNT = 'count/up';
/** Of so many rounds through the five files, some have an OPC UA server and an edge node besides. */
const ROUNDS = 6;
const WITH_MACHINES = 2;

interface Ports {
  readonly mqtt: number;
  readonly modbus: number;
  readonly opcua: string;
}

/** Files that add, remove and change tags, rules, alarms and sources; one source with one tag is in all of them. */
function texts({ mqtt, modbus, opcua }: Ports): string[] {
  const url = `mqtt://127.0.0.1:${mqtt}`;
  const broker = `broker: { kind: mqtt, url: '${url}', sessionExpiryS: 60, clientId: reloads }`;
  const plc = (id: string, more = '') =>
    `${id}: { kind: modbus, host: 127.0.0.1, port: ${modbus}, everyMs: 50, requestsPerS: 500${more} }`;
  const count = `${COUNT}: { source: broker, address: { topic: count/up, qos: 1 } }`;
  const level = (name: string, source: string, holding: number) =>
    `tank/${name}: { source: ${source}, address: { holding: ${holding} } }`;
  const many = Array.from({ length: 60 }, (_, i) => level(`l${i}`, 'plc', i));
  const alarm = (limit: number) =>
    `high: { when: 'tag("${COUNT}") > ${limit}', priority: low, consequence: c, response: r }`;
  const rule = `mean: { when: 'mean(tag("${COUNT}"), "10s") > 5', do: [] }`;
  const derived = `count/double: { derive: 'tag("${COUNT}") * 2.0' }`;
  const files: readonly Parts[] = [
    { sources: [broker, plc('plc')], tags: [count, ...many], alarms: [alarm(1e9)] },
    { sources: [broker, plc('plc')], tags: [count, derived, ...many.slice(20)], alarms: [alarm(1e9)] },
    {
      sources: [broker, plc('plc', ', timeoutMs: 800')],
      tags: [count, ...many.slice(0, 40)],
      rules: [rule],
    },
    {
      sources: [broker, plc('other')],
      tags: [count, level('l1', 'other', 3), derived],
      alarms: [alarm(2e9)],
      rules: [rule],
    },
    {
      sources: [broker],
      tags: [count, 'lab/x: { source: broker, address: { topic: lab/x } }'],
      alarms: [alarm(1e9)],
    },
  ];
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
  return rounds.flatMap((round) =>
    files.map((file, i) => siteText(round < WITH_MACHINES ? withMachines(file, i, url, opcua) : file)),
  );
}

/** Tags and settings of both change from file to file, which neither needs a new session for. */
function withMachines(file: Parts, i: number, mqtt: string, opcua: string): Parts {
  const machine = `machine: { kind: opcua, url: '${opcua}', security: { mode: none }, publishMs: 50, sampleMs: ${i * 10} }`;
  const cells = `cells: { kind: sparkplug, url: '${mqtt}', hostId: reloads, reorderMs: ${50 + i}, rebirthEveryMs: 100 }`;
  const counters = Array.from(
    { length: COUNTERS - i },
    (_, n) => `machine/c${n}: { source: machine, address: { node: 'ns=1;i=${10_000 + n}' } }`,
  );
  const metrics = METRICS.slice(i).map(
    (name) => `cell/${name}: { source: cells, address: { group: plant, node: cell, metric: ${name} } }`,
  );
  return {
    ...file,
    sources: [...file.sources, machine, cells],
    tags: [...file.tags, ...counters, ...metrics],
  };
}

const COUNTERS = 6;
const METRICS = ['a', 'b', 'c', 'd', 'e'];

/** An edge node that speaks until the work is done, and is born anew when it is asked to. */
async function speakUntil(node: PeerNode, work: { readonly over: boolean }): Promise<void> {
  const metrics = (value: number) =>
    METRICS.map((name) => ({ name, type: 'Double' as const, value: value + name.charCodeAt(0) }));
  for (let asked = -1, value = 0; !work.over; value++) {
    if (node.commands.length !== asked) await node.birth(metrics(value));
    else await node.data(metrics(value));
    asked = node.commands.length;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const isReloaded = (message: unknown): message is Reloaded =>
  typeof message === 'object' && message !== null && 'liveBytes' in message;

function finished(child: ChildProcess): Promise<Reloaded> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (isReloaded(message)) resolve(message);
    });
    child.once('exit', (status) => reject(new Error(`the site ended with ${status}`)));
  });
}

/** Values of a tag that are in the journal. */
function journaled(dataDir: string, path: string): Set<number> {
  using reader = openReader(journalDir(dataDir));
  const tag = reader.tags().find((one) => one.path === path)?.number;
  const values = new Set<number>();
  for (const item of reader.items(0)) {
    if (item.kind !== 'batch') continue;
    for (let i = 0; i < item.batch.rows; i++) {
      if (at(item.batch.tag, i) === tag) values.add(at(item.batch.value, i));
    }
  }
  return values;
}

/** Publishes 1, 2, 3 … until the work is done; all confirmed by the broker. @returns the last one */
async function publishUntil(port: number, work: { readonly over: boolean }): Promise<number> {
  const args = ['-h', '127.0.0.1', '-p', String(port), '-t', 'count/up', '-q', '1', '-l'];
  const publisher = spawn('mosquitto_pub', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  let last = 0;
  while (!work.over) {
    publisher.stdin.write(Array.from({ length: 10 }, () => `${++last}\n`).join(''));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  publisher.stdin.end();
  await once(publisher, 'exit');
  return last;
}

function whether(work: Promise<unknown>): { readonly over: boolean } {
  const state = { over: false };
  const end = () => {
    state.over = true;
  };
  void work.then(end, end);
  return state;
}

test('1,000 reloads lose no sample and leave no memory behind', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-reloads-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await using broker = await startMosquitto();
  await using device = await rawServer((asked) => void answer(asked));
  await using server = await ServerProcess.start({ variables: COUNTERS, everyMs: 50 });
  await using node = await startNode(broker.url);
  const [file, dataDir] = [join(dir, 'site.yaml'), join(dir, 'data')];
  const files = texts({ mqtt: broker.port, modbus: device.port, opcua: server.url });
  writeFileSync(file, files[0] as string);
  const child = fork(join(import.meta.dirname, 'reloading-site.ts'), [], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  });
  t.after(() => child.kill('SIGKILL'));
  const done = finished(child);
  done.catch(() => {}); // told where it is waited for
  child.send({ dataDir, file, texts: files, reloads: RELOADS, awaited: ['machine', 'cells'] });
  await once(child, 'message');
  await until(
    'the subscription',
    async () => {
      await broker.pub('-t', 'count/up', '-m', '0', '-q', '1');
      return journaled(dataDir, COUNT).has(0);
    },
    20_000,
  );
  const work = whether(done);
  const spoken = speakUntil(node, work);
  const published = await publishUntil(broker.port, work);
  const { liveBytes, applied, sessions } = await done;
  await spoken;
  assert.equal(applied, RELOADS);
  assert.equal(sessions.broker, 1, 'the source that is in every file keeps its session');
  await until('all is journaled', () => journaled(dataDir, COUNT).has(published), 20_000);
  for (const path of ['machine/c0', 'cell/e']) {
    const { size } = journaled(dataDir, path);
    // How many depends on how fast the machine reloads: that they came all the time is what counts.
    assert.ok(size > RELOADS / 100, `${size} values of ${path}`);
  }
  const { sessions: open, sessionsEver, subscriptions, items } = await server.ask();
  assert.ok(sessionsEver >= RELOADS / files.length / 2, `${sessionsEver} sessions were opened`);
  assert.ok(
    open <= 1 && subscriptions <= 1 && items <= COUNTERS,
    JSON.stringify({ open, subscriptions, items }),
  );
  child.send('end');
  await once(child, 'exit');
  const values = journaled(dataDir, COUNT);
  const lost = Array.from({ length: published }, (_, i) => i + 1).filter((value) => !values.has(value));
  assert.deepEqual(lost, []);
  const half = liveBytes.slice(liveBytes.length / 2);
  const grown = (half.at(-1) as number) - (half[0] as number);
  const shown = liveBytes.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ');
  t.diagnostic(
    `${published} values; ${JSON.stringify(sessions)} ${sessionsEver} sessions of OPC UA; live ${shown} MB`,
  );
  assert.ok(grown < 2e6, `${grown} bytes more over the second half: ${shown} MB`);
});
