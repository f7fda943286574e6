import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageOf } from '#kernel/fault.ts';
import { replaceAnyhow, replaceDurably } from '#platform/files.ts';
import { startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '#test/until.ts';
import { accountOf, allAccountedFor } from './accounts.ts';
import { EdgeProcess, folder } from './edge-process.ts';
import { awaySink, levelKnown, loggingSite, Machines, startOnDisk } from './logging-site.ts';
import { SmallDisk } from './small-disk.ts';

const options = { skip: process.platform === 'linux' ? false : 'needs mount namespaces of Linux' };

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
  let seen = '';
  await until('it says so', async () => {
    const all = await edge.events();
    seen = `${all.length} events, the last ${all.at(-1)?.name}, ${JSON.stringify((await edge.status()).journal)}`;
    return all.some(({ name }) => name === 'system.journal-recovered');
  }).catch((error: unknown) => {
    throw new Error(`${messageOf(error)}: ${seen}`);
  });
  assert.equal(await healthOf(edge), 200);
}

test(
  'a disk filled by somebody else: decisions go on, losses are counted, it recovers by itself',
  options,
  async (t) => {
    // Free again, it has room for all that waits in memory, a log as large beside it, and what came before, all below the
    // quota: a quick machine brings tens of megabytes before rows are lost.
    const { disk, machines, edge, seenDir } = await startOnDisk(t, 256, 128);
    await until('the journal has a fault', async () => {
      disk.fill();
      return (await edge.status()).journal.fault !== undefined;
    });
    await assertDecides(edge, machines);
    await until('rows are lost', async () => (await edge.status()).journal.lostRows > 100, 30_000);
    const { memoryBytes } = await edge.status();
    assert.ok(memoryBytes < 450 * 2 ** 20, `${memoryBytes} bytes of memory`);
    // The disk is smaller than the quota: a quick machine that logs on would fill it again at once, without anybody else.
    await machines.quiet();
    disk.free();
    await assertRecovers(edge);
    await machines[Symbol.asyncDispose]();
    const { told } = await allAccountedFor(t, edge, seenDir);
    assert.deepEqual(told.reasons, ['disk-full']);
  },
);

test('a site that starts on a read-only file system decides, and writes once it can', options, async (t) => {
  const { disk, machines, edge, seenDir, again } = await startOnDisk(t, 48, 32);
  await edge.stop();
  const earlier = await accountOf(t, seenDir);
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

test('where the site is to be found is written on a disk without a free byte as well', options, async () => {
  await using disk = await SmallDisk.open(1);
  const path = join(disk.seen, 'api.json');
  const first = JSON.stringify({ url: 'http://127.0.0.1:40001', token: 'first' });
  replaceAnyhow(path, first, 0o600);
  disk.fill();
  assert.throws(() => replaceDurably(path, 'more'), { code: 'ENOSPC' });
  assert.equal(readFileSync(path, 'utf8'), first);
  replaceAnyhow(path, '{"token":"2"}', 0o600);
  assert.equal(readFileSync(path, 'utf8'), '{"token":"2"}', 'shorter than what was there');
  assert.throws(() => replaceAnyhow(join(disk.seen, 'none.json'), '{}', 0o600), { code: 'ENOSPC' });
});

test('at the quota the oldest samples make room, and every one is counted', async (t) => {
  await using broker = await startMosquitto(['max_queued_messages 0']);
  const machines = await Machines.start(broker.url);
  const dir = await folder(t);
  // The historian alone would be done with rows as fast as the machine lets it, and those go without a word.
  const site = { ...loggingSite(broker.url, 16), sinks: { away: await awaySink() } };
  await using edge = await new EdgeProcess(site, dir).up();
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
  const kept = new Set<number>();
  const { told } = await allAccountedFor(t, edge, dir, undefined, (value) => kept.add(value));
  assert.deepEqual(told.reasons, ['quota']);
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
    await using edge = new EdgeProcess(loggingSite(broker.url, 2048), dir, { wrap: disk.wrap });
    await edge.up();
    await levelKnown(edge, machines);
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
    // The broker may still hold seconds of the log, and the answer of the machine stands behind it.
    await until(
      'the log has come',
      async () => (await edge.tag('a/n')).value === machines.logged - 1,
      60_000,
    );
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
