import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectAsync, type MqttClient } from 'mqtt';
import { Quality } from '#kernel/quality.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { EdgeProcess, folder, journalItems, toldLosses } from './edge-process.ts';
import { SmallDisk } from './small-disk.ts';

const options = { skip: process.platform === 'linux' ? false : 'needs mount namespaces of Linux' };

/** A pump that speaks MQTT, and a log beside it whose lines no coding makes small. */
const siteOf = (url: string, quotaMb: number) => ({
  site: 'plant',
  settings: { api: { port: 0 }, journal: { quotaMb, commitMs: 50 } },
  sources: { broker: { kind: 'mqtt', url, clientId: 'site', maxPacketBytes: 65_536 } },
  tags: {
    'a/n': { source: 'broker', address: { topic: 'log', path: 'n' } },
    'a/text': { type: 'text', source: 'broker', address: { topic: 'log', path: 'text' } },
    'a/pump/level': { source: 'broker', address: { topic: 'level' } },
    'a/pump/actual': { source: 'broker', address: { topic: 'actual' } },
    'a/pump/speed': {
      access: 'write',
      source: 'broker',
      address: { write: { topic: 'speed' } },
      write: { range: [0, 3000], feedback: { tag: 'actual', withinMs: 5000 } },
    },
  },
  rules: { slow: { when: 'tag("a/pump/level") > 90', do: [{ write: { tag: 'a/pump/speed', value: 700 } }] } },
  alarms: {
    high: {
      when: 'tag("a/pump/level") > 90',
      priority: 'high',
      consequence: 'spill',
      response: 'stop the pump',
    },
  },
});

/** The machines: they answer a written speed with the actual one, and log on and on. */
class Machines implements AsyncDisposable {
  /** As written by the site. */
  readonly speeds: string[] = [];
  readonly #client: MqttClient;
  #seq = 0;
  #stop = false;
  #loop: Promise<void>;

  static async start(url: string): Promise<Machines> {
    const client = await connectAsync(url);
    const machines = new Machines(client);
    client.on('message', (_topic, payload) => {
      machines.speeds.push(payload.toString());
      client.publish('actual', payload, { qos: 1 });
    });
    await client.subscribeAsync('speed');
    return machines;
  }

  private constructor(client: MqttClient) {
    this.#client = client;
    this.#loop = this.#log();
  }

  get logged(): number {
    return this.#seq;
  }

  async level(value: number): Promise<void> {
    await this.#client.publishAsync('level', `${value}`, { qos: 1 });
  }

  async quiet(): Promise<void> {
    this.#stop = true;
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quiet();
    await this.#client.endAsync(true);
  }

  async #log(): Promise<void> {
    while (!this.#stop) {
      const line = JSON.stringify({ n: this.#seq++, text: randomBytes(6000).toString('base64') });
      await this.#client.publishAsync('log', line, { qos: 1 });
    }
  }
}

const TAGS = 5;

interface Found {
  /** Rows of sources in the journal, and the numbers among them. */
  readonly kept: number;
  /** Rows of the site itself beside them, about a source that it had lost. */
  readonly said: number;
  readonly numbers: readonly number[];
  readonly told: ReturnType<typeof toldLosses>;
}

/** What the journal of a site that has ended holds, and what it says it has lost. */
async function findAll(t: TestContext, dir: string): Promise<Found> {
  // SQLite does not find its way into the mount namespace of somebody else.
  const copy = await folder(t);
  cpSync(dir, copy, { recursive: true });
  const damage: string[] = [];
  const numbers: number[] = [];
  let kept = 0;
  let said = 0;
  for (const item of journalItems(copy, damage)) {
    if (item.kind !== 'batch') continue;
    const { batch } = item;
    for (let i = 0; i < batch.rows; i++) {
      if (batch.quality[i] === Quality.badNotConnected) {
        said++;
        continue;
      }
      kept++;
      if (!Number.isNaN(batch.value[i])) numbers.push(batch.value[i] as number);
    }
  }
  assert.deepEqual(damage, []);
  return { kept, said, numbers, told: toldLosses(copy) };
}

const NOTHING: Found = { kept: 0, said: 0, numbers: [], told: { rows: 0, reasons: [] } };

/** Ends the site: all that it took since `earlier` is in its journal, or counted as lost there. */
async function allAccountedFor(t: TestContext, edge: EdgeProcess, dir: string, earlier = NOTHING) {
  await until('all is on disk', async () => {
    const { journal } = await edge.status();
    return journal.pendingRows === 0 && journal.fault === undefined;
  });
  const { samples, sources, journal } = await edge.status();
  await edge.stop();
  const { kept, said, told, numbers } = await findAll(t, dir);
  const accounted = kept + told.rows - earlier.kept - earlier.told.rows;
  const found = JSON.stringify({ kept, said, told, samples, journal });
  assert.ok(accounted >= samples, found);
  // Rows that the site itself said are in the count of losses too, where they were lost: those of this run only.
  const most = TAGS * ((sources.broker?.opened ?? 1) - 1);
  assert.ok(accounted + said - earlier.said <= samples + most, found);
  assert.equal(journal.lostRows, told.rows - earlier.told.rows);
  t.diagnostic(`${samples} acquired: ${kept} kept, ${told.rows} counted as lost (${told.reasons})`);
  return { ...told, numbers };
}

const confirmedWrites = async (edge: EdgeProcess) =>
  (await edge.events()).filter(({ name }) => name === 'write.confirmed').length;

const healthOf = async (edge: EdgeProcess) => (await fetch(`${edge.url}/health`)).status;

/** A decision from the machine to the machine, while the journal cannot write. */
async function assertDecides(edge: EdgeProcess, machines: Machines): Promise<void> {
  assert.equal(await healthOf(edge), 503);
  const before = await confirmedWrites(edge);
  await machines.level(95);
  await until('the alarm is raised', async () => (await edge.alarm('high')).state === 'unacknowledged');
  await until('the write is confirmed', async () => (await confirmedWrites(edge)) > before);
  assert.notEqual((await edge.status()).journal.fault, undefined);
}

async function assertRecovers(edge: EdgeProcess): Promise<void> {
  await until('it has recovered', async () => (await edge.status()).journal.fault === undefined, 20_000);
  await until('it says so', async () =>
    (await edge.events()).some(({ name }) => name === 'system.journal-recovered'),
  );
  assert.equal(await healthOf(edge), 200);
}

async function startOnDisk(t: TestContext, megabytes: number, quotaMb: number) {
  const disk = await SmallDisk.open(megabytes);
  const broker = await startMosquitto(['max_queued_messages 0']);
  const machines = await Machines.start(broker.url);
  const dir = join(disk.mount, 'data');
  const seenDir = join(disk.seen, 'data');
  const start = (site: object | undefined) => new EdgeProcess(site, dir, { wrap: disk.wrap, seenDir });
  const edge = await start(siteOf(broker.url, quotaMb)).up();
  t.after(async () => {
    await edge.kill();
    await machines[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await disk[Symbol.asyncDispose]();
  });
  await machines.level(1);
  await until('rows are on disk', async () => (await edge.status()).journal.durableRows > 200);
  return { disk, machines, edge, seenDir, again: () => start(undefined) };
}

test(
  'a disk filled by somebody else: decisions go on, losses are counted, it recovers by itself',
  options,
  async (t) => {
    const { disk, machines, edge, seenDir } = await startOnDisk(t, 32, 64);
    await until('the journal has a fault', async () => {
      disk.fill();
      return (await edge.status()).journal.fault !== undefined;
    });
    await assertDecides(edge, machines);
    await until('rows are lost', async () => (await edge.status()).journal.lostRows > 100, 30_000);
    const { memoryBytes } = await edge.status();
    assert.ok(memoryBytes < 450 * 2 ** 20, `${memoryBytes} bytes of memory`);
    disk.free();
    await assertRecovers(edge);
    await machines[Symbol.asyncDispose]();
    const { reasons } = await allAccountedFor(t, edge, seenDir);
    assert.deepEqual(reasons, ['disk-full']);
  },
);

test('a site that starts on a read-only file system decides, and writes once it can', options, async (t) => {
  const { disk, machines, edge, seenDir, again } = await startOnDisk(t, 48, 32);
  await edge.stop();
  const earlier = await findAll(t, seenDir);
  disk.remount('ro');
  // It cannot tell where its API is: what it does to the machines shows that it decides.
  const blind = again();
  t.after(() => blind.kill());
  await until(
    'the rule writes',
    async () => {
      assert.ok(!blind.ended, blind.said);
      // A condition found true at start is no edge.
      await machines.level(Math.random());
      await machines.level(91 + Math.random());
      return machines.speeds.includes('700');
    },
    20_000,
  );
  await until('it knows that it cannot write', () => blind.said.includes('"code":"journal.'));
  disk.remount('rw');
  await blind.up();
  await assertRecovers(blind);
  await machines[Symbol.asyncDispose]();
  await allAccountedFor(t, blind, seenDir, earlier);
});

test('at the quota the oldest samples make room, and every one is counted', async (t) => {
  await using broker = await startMosquitto(['max_queued_messages 0']);
  const machines = await Machines.start(broker.url);
  const dir = await folder(t);
  await using edge = await new EdgeProcess(siteOf(broker.url, 16), dir).up();
  await until(
    'much more than the quota has come',
    async () => {
      const { journal } = await edge.status();
      assert.ok(journal.usedBytes <= journal.quotaBytes, `${journal.usedBytes} bytes`);
      return journal.writtenBytes > 40 * 2 ** 20 && journal.lostRows > 1000;
    },
    30_000,
  );
  assert.equal(await healthOf(edge), 200);
  await machines[Symbol.asyncDispose]();
  const { reasons, numbers } = await allAccountedFor(t, edge, dir);
  assert.deepEqual(reasons, ['quota']);
  const kept = new Set(numbers);
  assert.ok(kept.has(machines.logged - 1), 'the newest is there');
  assert.ok(!kept.has(0), 'the oldest is gone');
});

test(
  'with the disk of the historian full the site says so, decides and keeps; then it catches up',
  options,
  async (t) => {
    await using disk = await SmallDisk.open(256);
    await using broker = await startMosquitto(['max_queued_messages 0']);
    await using machines = await Machines.start(broker.url);
    const dir = await folder(t);
    mkdirSync(dir, { recursive: true });
    symlinkSync(disk.mount, join(dir, 'historian'));
    await using edge = new EdgeProcess(siteOf(broker.url, 2048), dir, { wrap: disk.wrap });
    await edge.up();
    await machines.level(1);
    await until('it has written', async () => ((await edge.status()).historian?.rows ?? 0) > 0, 30_000);
    await until(
      'the historian has a fault',
      async () => {
        disk.fill();
        return (await edge.status()).historian?.fault?.code === 'historian.full';
      },
      30_000,
    );
    const before = (await edge.status()).historian?.position ?? 0;
    await machines.quiet();
    await machines.level(95);
    await until(
      'the alarm is raised',
      async () => (await edge.alarm('high')).state === 'unacknowledged',
      30_000,
    );
    await until('the write is confirmed', async () => (await confirmedWrites(edge)) > 0, 30_000);
    await until('all is on disk', async () => (await edge.status()).journal.pendingRows === 0, 30_000);
    const { journal, historian } = await edge.status();
    assert.equal(journal.fault, undefined);
    assert.equal(historian?.fault?.code, 'historian.full');
    assert.equal(historian?.position, before, 'nothing is taken before it is stored');
    assert.equal(await healthOf(edge), 200);
    const said = async (name: string) => (await edge.events()).some((event) => event.name === name);
    await until('it says so', () => said('system.historian-fault'));
    disk.free();
    await until('it says that it writes again', () => said('system.historian-recovered'), 60_000);
    await until('it has caught up', async () => ((await edge.status()).historian?.position ?? 0) > before);
    assert.equal((await edge.status()).journal.lostRows, 0);
  },
);
