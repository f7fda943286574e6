import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Tag } from '#kernel/tag-table.ts';
import {
  anEvent,
  itemsOf,
  journalConfig,
  noise,
  START_US,
  series,
  settled,
  valuesOf,
} from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { openJournal } from './journal.ts';
import { openReader } from './reader.ts';

const plc = { source: 'plc', atUs: START_US };
const tag = (number: number): Tag => ({ number, path: `a/t${number}`, type: 'number', access: 'read' });

test('gives back batches, ticks and events in the order of the calls', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  journal.append(series([1, 2]), { source: 'plc', atUs: START_US + 1 });
  journal.tick(START_US + 2);
  journal.event(anEvent('system.one'), START_US + 3);
  journal.append({ ...series([3], 7), late: true }, { source: 'mqtt', atUs: START_US + 4, derived: true });
  assert.equal(await settled(journal), 'durable');
  const items = itemsOf(config.dir);
  assert.deepEqual(
    items.map((item) => [item.seq, item.kind]),
    [
      [1, 'batch'],
      [2, 'tick'],
      [3, 'event'],
      [4, 'batch'],
    ],
  );
  const [first, tick, event, last] = items;
  assert.ok(
    first?.kind === 'batch' && tick?.kind === 'tick' && event?.kind === 'event' && last?.kind === 'batch',
  );
  assert.deepEqual(first.batch, series([1, 2]));
  assert.deepEqual(first.mark, { source: 'plc', atUs: START_US + 1, derived: false });
  assert.equal(tick.atUs, START_US + 2);
  assert.deepEqual(event.event, anEvent('system.one'));
  assert.deepEqual(last.batch, { ...series([3], 7), late: true });
  assert.deepEqual(last.mark, { source: 'mqtt', atUs: START_US + 4, derived: true });
  assert.deepEqual(itemsOf(config.dir, 2), items.slice(2));
});

test('keeps wide values exactly, each at its row', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  const value = [
    2n ** 63n - 1n,
    -(2n ** 63n),
    'Ölstand',
    new Uint8Array([0, 255]),
    [1n, { a: null, b: [true] }],
  ];
  const wide = { row: Uint32Array.from([0, 1, 3, 4, 5]), value };
  const batch: Batch = { ...series([NaN, NaN, 5, NaN, NaN, NaN]), wide };
  journal.append(series([1]), plc);
  journal.append(batch, plc);
  await settled(journal);
  const second = itemsOf(config.dir)[1];
  assert.ok(second?.kind === 'batch');
  assert.deepEqual(second.batch, batch);
});

test('an emitted batch is copied: it is neither detached nor kept', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  const batch = series([1, 2, 3]);
  journal.append(batch, plc);
  batch.value.fill(9);
  await settled(journal);
  assert.equal(batch.value.length, 3);
  assert.deepEqual(valuesOf(config.dir), [1, 2, 3]);
});

test('what was given is there again after reopening, and the epoch has risen', async (t) => {
  const config = journalConfig(t);
  {
    await using journal = await openJournal(config);
    assert.equal(journal.opened.epoch, 1);
    journal.tag(tag(0));
    journal.tag({ ...tag(1), unit: 'bar' });
    journal.state('alarms', { a: [1, 'x'] });
    journal.state('of a rule that is gone', 1);
    await settled(journal);
    journal.state('of a rule that is gone', undefined);
    journal.state('never there', undefined);
    journal.setCursor('hub', 7);
    journal.setCursor('hub', 3);
    journal.append(series([1]), { source: 'plc', atUs: START_US + 500 });
  }
  await using journal = await openJournal(config);
  const { opened } = journal;
  assert.equal(opened.epoch, 2);
  assert.deepEqual(opened.tags, [tag(0), { ...tag(1), unit: 'bar' }]);
  assert.deepEqual([...opened.state], [['alarms', { a: [1, 'x'] }]]);
  assert.equal(opened.lastSteadyUs, START_US + 500);
  assert.equal(opened.lastWallUs, START_US);
  assert.deepEqual(opened.damage, []);
  journal.append(series([2]), { source: 'other', atUs: START_US + 600 });
  await settled(journal);
  assert.deepEqual(
    itemsOf(config.dir).map((item) => (item.kind === 'batch' ? [item.seq, item.mark.source] : [])),
    [
      [1, 'plc'],
      [2, 'other'],
    ],
  );
  using reader = openReader(config.dir);
  assert.equal(reader.cursor('hub'), 7);
  assert.equal(reader.cursor('nobody'), 0);
});

test('a waiter is told only after its rows are on disk, and without rows at once', async (t) => {
  const config = journalConfig(t, { commitMs: 60_000 });
  await using journal = await openJournal(config);
  assert.equal(await settled(journal), 'durable');
  for (let n = 1; n <= 20; n++) {
    journal.append(series([n]), plc);
    assert.equal(await settled(journal), 'durable');
    assert.equal(valuesOf(config.dir).length, n);
  }
});

test('rows for which nobody waits share an fsync; many waiters of one moment share one too', async (t) => {
  const config = journalConfig(t, { commitMs: 60_000 });
  await using journal = await openJournal(config);
  for (let n = 0; n < 1000; n++) journal.append(series([n]), plc);
  assert.equal(journal.health.commits, 0);
  const waiting: Promise<unknown>[] = [];
  for (let n = 0; n < 1000; n++) {
    journal.append(series([n]), plc);
    waiting.push(settled(journal));
  }
  await Promise.all(waiting);
  assert.ok(journal.health.commits <= 3, `${journal.health.commits} commits`);
  assert.equal(journal.health.durableRows, 2000);
  assert.ok(journal.health.writtenBytes > 0);
});

test('beyond the window sources are asked to wait until it has drained', async (t) => {
  const config = journalConfig(t, { windowBytes: 200_000, commitMs: 60_000 });
  await using journal = await openJournal(config);
  assert.equal(journal.room(), undefined);
  journal.append(noise(10_000, 1), plc);
  const room = journal.room();
  assert.ok(room);
  await settled(journal);
  await room;
  assert.equal(journal.room(), undefined);
  assert.equal(journal.health.lostRows, 0);
});

test('a source that never waits for room loses rows as a counted gap, and is not told durable', async (t) => {
  const config = journalConfig(t, { windowBytes: 50_000, commitMs: 60_000 });
  await using journal = await openJournal(config);
  for (let n = 0; n < 20; n++) journal.append(series(Array(500).fill(n), n), plc);
  const last = (await settled(journal)) as Fault;
  assert.equal(last.code, 'journal.window-full');
  await until('the rest is on disk', () => journal.health.pendingRows === 0);
  const { lostRows } = journal.health;
  assert.ok(lostRows > 0);
  assert.equal(await settled(journal), 'durable');
  assert.equal(valuesOf(config.dir).length + lostRows, 10_000);
  using reader = openReader(config.dir);
  const gaps = reader.gaps(10);
  assert.equal(gaps.length, 1);
  assert.equal(gaps[0]?.count, lostRows);
  assert.equal(gaps[0]?.reason, 'disk-full');
});

test('a second writer is refused, with the process that has the journal', async (t) => {
  const config = journalConfig(t);
  const first = await openJournal(config);
  await assert.rejects(openJournal(config), (fault: Fault) => {
    assert.equal(fault.code, 'journal.locked');
    assert.match(fault.message, new RegExp(`process ${process.pid}`));
    return true;
  });
  first.append(series([1]), plc);
  assert.equal(await settled(first), 'durable');
  await first[Symbol.asyncDispose]();
  await using again = await openJournal(config);
  assert.equal(again.opened.epoch, 2);
});

test('a worker that dies is replaced; nothing is lost and nothing is written twice', async (t) => {
  const config = journalConfig(t, { commitMs: 1 });
  const workers: Worker[] = [];
  const spawn = (url: URL, options: object) => {
    const worker = new Worker(url, options);
    workers.push(worker);
    return worker;
  };
  await using journal = await openJournal(config, { spawn });
  let n = 0;
  for (let round = 1; round <= 3; round++) {
    for (let k = 0; k < 200; k++) journal.append(series([n++]), plc);
    const waiting = settled(journal);
    await workers.at(-1)?.terminate();
    await waiting;
    await until('a new worker', () => workers.length === round + 1);
  }
  await until('all is on disk', () => journal.health.pendingRows === 0);
  assert.equal(journal.health.fault, undefined);
  assert.deepEqual(
    valuesOf(config.dir),
    Array.from({ length: n }, (_, i) => i),
  );
  assert.equal(journal.opened.epoch, 1);
});

test('after closing nothing throws, and nobody is told durable', async (t) => {
  const config = journalConfig(t);
  const journal = await openJournal(config);
  await journal[Symbol.asyncDispose]();
  journal.append(series([1]), plc);
  journal.event(anEvent('x.y'), START_US);
  journal.tick(START_US);
  assert.equal(((await settled(journal)) as Fault).code, 'journal.closed');
  assert.deepEqual(itemsOf(config.dir), []);
});

test('closing writes what was pending', async (t) => {
  const config = journalConfig(t, { commitMs: 60_000 });
  {
    await using journal = await openJournal(config);
    journal.append(series([1, 2]), plc);
    journal.event(anEvent('a.b'), START_US);
  }
  assert.equal(itemsOf(config.dir).length, 2);
});

test('appending allocates nothing per sample once warm', async (t) => {
  const config = journalConfig(t, { commitMs: 5 });
  await using journal = await openJournal(config);
  const batch = series(Array.from({ length: 1000 }, (_, i) => i));
  const round = async () => {
    for (let n = 0; n < 40; n++) journal.append(batch, plc);
    await settled(journal);
  };
  for (let n = 0; n < 20; n++) await round();
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const before = process.memoryUsage();
  for (let n = 0; n < 20; n++) await round();
  gc?.();
  const after = process.memoryUsage();
  // 800,000 samples of 22 bytes went through: 17.6 MB.
  assert.ok(
    after.arrayBuffers - before.arrayBuffers < 4e6,
    `${after.arrayBuffers - before.arrayBuffers} bytes`,
  );
});

test('opening reads the small tables only, however long the backlog', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const readBytes = () => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  const config = journalConfig(t, { quotaBytes: 64 * 2 ** 20 });
  const opening = async () => {
    const before = readBytes();
    const journal = await openJournal(config);
    const bytes = readBytes() - before;
    return { journal, bytes };
  };
  const first = await openJournal(config);
  await first[Symbol.asyncDispose]();
  const small = await opening();
  for (let n = 0; n < 100; n++) {
    small.journal.append(noise(50_000, n), plc);
    await small.journal.room();
  }
  await small.journal[Symbol.asyncDispose]();
  const large = await opening();
  assert.ok(large.journal.health.usedBytes > 20e6, `${large.journal.health.usedBytes} bytes of backlog`);
  await large.journal[Symbol.asyncDispose]();
  // The worker's own code is read each time; the backlog would add tens of megabytes.
  assert.ok(
    large.bytes - small.bytes < 1e6,
    `${small.bytes} bytes read before, ${large.bytes} with a backlog`,
  );
});

test('an idle journal with ticks alone hardly writes', async (t) => {
  const config = journalConfig(t, { commitMs: 1 });
  await using journal = await openJournal(config);
  for (let n = 0; n < 100; n++) journal.tick(START_US + n * 100_000);
  const b = allocBatch(0, { receivedUs: START_US });
  journal.append(b, plc);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(journal.health.commits, 0);
  assert.equal(await settled(journal), 'durable');
  assert.equal(journal.health.commits, 1);
});
