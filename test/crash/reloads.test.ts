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
import { siteText } from '../e2e/changing-site.ts';
import { startMosquitto } from '../interop/mosquitto.ts';
import { answer, rawServer } from '../modbus-rig.ts';
import { until } from '../until.ts';
import type { Reloaded } from './reloading-site.ts';

const RELOADS = 1000;
const COUNT = 'count/up';

/** Files that add, remove and change tags, rules, alarms and sources; one source with one tag is in all of them. */
function texts(mqtt: number, modbus: number): string[] {
  const broker = `broker: { kind: mqtt, url: 'mqtt://127.0.0.1:${mqtt}', sessionExpiryS: 60, clientId: reloads }`;
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
  return [
    siteText({ sources: [broker, plc('plc')], tags: [count, ...many], alarms: [alarm(1e9)] }),
    siteText({
      sources: [broker, plc('plc')],
      tags: [count, derived, ...many.slice(20)],
      alarms: [alarm(1e9)],
    }),
    siteText({
      sources: [broker, plc('plc', ', timeoutMs: 800')],
      tags: [count, ...many.slice(0, 40)],
      rules: [rule],
    }),
    siteText({
      sources: [broker, plc('other')],
      tags: [count, level('l1', 'other', 3), derived],
      alarms: [alarm(2e9)],
      rules: [rule],
    }),
    siteText({
      sources: [broker],
      tags: [count, 'lab/x: { source: broker, address: { topic: lab/x } }'],
      alarms: [alarm(1e9)],
    }),
  ];
}

const isReloaded = (message: unknown): message is Reloaded =>
  typeof message === 'object' && message !== null && 'heapBytes' in message;

function finished(child: ChildProcess): Promise<Reloaded> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (isReloaded(message)) resolve(message);
    });
    child.once('exit', (status) => reject(new Error(`the site ended with ${status}`)));
  });
}

/** Values of the counting tag that are in the journal. */
function counted(dataDir: string): Set<number> {
  using reader = openReader(journalDir(dataDir));
  const tag = reader.tags().find(({ path }) => path === COUNT)?.number;
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
async function publishUntil(port: number, work: Promise<unknown>): Promise<number> {
  const args = ['-h', '127.0.0.1', '-p', String(port), '-t', 'count/up', '-q', '1', '-l'];
  const publisher = spawn('mosquitto_pub', args, { stdio: ['pipe', 'ignore', 'inherit'] });
  let over = false;
  void work.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  let last = 0;
  while (!over) {
    publisher.stdin.write(Array.from({ length: 20 }, () => `${++last}\n`).join(''));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  publisher.stdin.end();
  await once(publisher, 'exit');
  return last;
}

test('1,000 reloads lose no sample and leave no memory behind', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-reloads-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await using broker = await startMosquitto();
  await using device = await rawServer((asked) => void answer(asked));
  const [file, dataDir] = [join(dir, 'site.yaml'), join(dir, 'data')];
  const files = texts(broker.port, device.port);
  writeFileSync(file, files[0] as string);
  const child = fork(join(import.meta.dirname, 'reloading-site.ts'), [], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  });
  t.after(() => child.kill('SIGKILL'));
  const done = finished(child);
  done.catch(() => {}); // told where it is waited for
  child.send({ dataDir, file, texts: files, reloads: RELOADS });
  await once(child, 'message');
  await until(
    'the subscription',
    async () => {
      await broker.pub('-t', 'count/up', '-m', '0', '-q', '1');
      return counted(dataDir).has(0);
    },
    20_000,
  );
  const published = await publishUntil(broker.port, done);
  const { heapBytes, applied, sessions } = await done;
  assert.equal(applied, RELOADS);
  assert.equal(sessions.broker, 1, 'the source that is in every file keeps its session');
  await until('all is journaled', () => counted(dataDir).has(published), 20_000);
  child.send('end');
  await once(child, 'exit');
  const values = counted(dataDir);
  const lost = Array.from({ length: published }, (_, i) => i + 1).filter((value) => !values.has(value));
  assert.deepEqual(lost, []);
  const half = heapBytes.slice(heapBytes.length / 2);
  const grown = (half.at(-1) as number) - (half[0] as number);
  assert.ok(grown < 2e6, `the heap grew by ${grown} bytes over the second half: ${heapBytes}`);
  t.diagnostic(
    `${published} values; heap ${heapBytes.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ')} MB`,
  );
});
