import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectAsync, type MqttClient } from 'mqtt';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { EdgeProcess } from './edge-process.ts';
import { SmallDisk } from './small-disk.ts';

const options = { skip: process.platform === 'linux' ? false : 'needs mount namespaces of Linux' };

const writable = (topic: string) => ({
  access: 'write',
  source: 'broker',
  address: { write: { topic } },
  write: { range: [0, 3000], feedback: { tag: 'actual', withinMs: 120_000 } },
});

/** A pump and a fan that one rule stops; neither ever answers. */
const siteOf = (url: string) => ({
  site: 'plant',
  settings: { api: { port: 0 }, journal: { quotaMb: 16, commitMs: 20 } },
  sources: { broker: { kind: 'mqtt', url, clientId: 'site' } },
  tags: {
    'a/level': { source: 'broker', address: { topic: 'level' } },
    'a/pump/actual': { source: 'broker', address: { topic: 'pump-actual' } },
    'a/pump/speed': writable('pump'),
    'a/fan/actual': { source: 'broker', address: { topic: 'fan-actual' } },
    'a/fan/speed': writable('fan'),
  },
  rules: {
    slow: {
      when: 'tag("a/level") > 90',
      do: [{ write: { tag: 'a/pump/speed', value: 700 } }, { write: { tag: 'a/fan/speed', value: 700 } }],
    },
  },
  alarms: {
    high: { when: 'tag("a/level") > 50', priority: 'high', consequence: 'spill', response: 'stop' },
  },
});

interface Rig {
  readonly disk: SmallDisk;
  readonly dir: string;
  /** What was written to the machines: `pump 700`. */
  readonly written: string[];
  readonly client: MqttClient;
  start(site?: object): EdgeProcess;
}

async function rig(t: TestContext): Promise<Rig & { readonly first: EdgeProcess }> {
  const disk = await SmallDisk.open(48);
  const broker = await startMosquitto();
  const client = await connectAsync(broker.url);
  const written: string[] = [];
  client.on('message', (topic, payload) => void written.push(`${topic} ${payload}`));
  await client.subscribeAsync(['pump', 'fan']);
  const dir = join(disk.mount, 'data');
  const seenDir = join(disk.seen, 'data');
  const edges: EdgeProcess[] = [];
  t.after(async () => {
    for (const edge of edges) await edge.kill();
    await client.endAsync(true);
    await broker[Symbol.asyncDispose]();
    await disk[Symbol.asyncDispose]();
  });
  const start = (site?: object) => {
    const edge = new EdgeProcess(site, dir, { wrap: disk.wrap, seenDir });
    edges.push(edge);
    return edge;
  };
  const first = await start(siteOf(broker.url)).up();
  await until('its session is there', async () => {
    await client.publishAsync('level', `${60 + Math.random()}`, { qos: 1 });
    return (await first.alarm('high')).state === 'unacknowledged';
  });
  return { disk, dir, written, client, start, first };
}

/** Lets the level cross the limit of the rule. */
async function cross({ client }: Rig): Promise<void> {
  await client.publishAsync('level', `${60 + Math.random()}`, { qos: 1 });
  await client.publishAsync('level', `${91 + Math.random()}`, { qos: 1 });
}

const named = async (edge: EdgeProcess, name: string) =>
  (await edge.events()).filter((event) => event.name === name);
const tagOut = (edge: EdgeProcess) =>
  edge.post('/api/assets', { asset: 'a/pump', tagOut: true, why: 'hands in the pump' });
const tagOutOf = async (edge: EdgeProcess) =>
  (await edge.get<AssetView[]>('/api/assets')).find(({ asset }) => asset === 'a/pump')?.tagOut?.why;
interface AssetView {
  readonly asset: string;
  readonly tagOut?: { readonly why: string };
}

test(
  'started on a read-only disk a site knows what was tagged out, acknowledged and under way',
  options,
  async (t) => {
    const all = await rig(t);
    const { disk, written, first, start } = all;
    await first.post('/api/alarms', { id: 'high', act: 'acknowledge' });
    void first.post('/api/writes', { tag: 'a/fan/speed', value: 5, why: 'never answered' }).catch(() => {});
    await until('the write left', () => written.includes('fan 5'));
    await tagOut(first);
    // The last thing that it does is no orderly end.
    await first.kill();
    disk.remount('ro');
    const blind = start();
    await until(
      'the rule writes what is not tagged out',
      async () => {
        assert.ok(!blind.ended, blind.said);
        await cross(all);
        return written.includes('fan 700');
      },
      30_000,
    );
    assert.ok(!written.includes('pump 700'), `${written}`);
    disk.remount('rw');
    await blind.up();
    await until('it has recovered', async () => (await blind.status()).journal.fault === undefined);
    assert.equal(await tagOutOf(blind), 'hands in the pump');
    assert.equal((await blind.alarm('high')).state, 'acknowledged');
    assert.equal((await named(blind, 'write.unknown')).length, 1, 'the open write has an end');
    assert.deepEqual(await named(blind, 'security.state-unread'), []);
    await blind.stop();
    const last = await start().up();
    assert.equal(await tagOutOf(last), 'hands in the pump');
    assert.equal((await last.alarm('high')).state, 'acknowledged');
  },
);

test(
  'a site that cannot even read its state writes nothing, and takes it up when it can',
  options,
  async (t) => {
    const all = await rig(t);
    const { disk, dir, written, first, start } = all;
    await tagOut(first);
    await first.stop();
    const database = join(dir, 'journal/journal.db');
    disk.cover(database);
    disk.remount('ro');
    const blind = start();
    await until('it says so', () => blind.said.includes('site.state-unread'));
    for (let n = 0; n < 20; n++) await cross(all);
    assert.equal(written.length, 0, `${written}`);
    disk.uncover(database);
    disk.remount('rw');
    await until(
      'it writes what is not tagged out',
      async () => {
        assert.ok(!blind.ended, blind.said);
        await cross(all);
        return written.includes('fan 700');
      },
      30_000,
    );
    await blind.up();
    assert.ok(!written.includes('pump 700'), `${written}`);
    assert.equal(await tagOutOf(blind), 'hands in the pump');
  },
);
