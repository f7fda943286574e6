import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
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
import type { Journal } from './api.ts';
import { openJournal } from './journal.ts';
import { openReader } from './reader.ts';

const HOUR_US = 3_600_000_000;
const MB = 2 ** 20;

const bytesIn = (dir: string): number =>
  readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);

test('never takes more bytes than the quota, and tells every sample that went for it', async (t) => {
  const config = journalConfig(t, { quotaBytes: 4 * MB });
  await using journal = await openJournal(config);
  let rows = 0;
  for (let n = 0; n < 80; n++) {
    journal.append(noise(20_000, n, START_US + n * HOUR_US), { source: 'plc', atUs: START_US + n * HOUR_US });
    rows += 20_000;
    assert.equal(await settled(journal), 'durable');
    assert.ok(bytesIn(config.dir) <= config.quotaBytes, `${bytesIn(config.dir)} bytes after ${n} batches`);
  }
  using reader = openReader(config.dir);
  const gaps = reader.gaps(1000);
  const lost = gaps.reduce((sum, gap) => sum + (gap.count ?? 0), 0);
  assert.ok(lost > 0);
  assert.equal(valuesOf(config.dir).length + lost, rows);
  assert.equal(journal.health.lostRows, lost);
  // Removal goes from the oldest on: one hole a day, not one a block.
  assert.deepEqual(new Set(gaps.map((gap) => gap.reason)), new Set(['quota']));
  assert.ok(gaps.length <= 5, `${gaps.length} gaps`);
  assert.equal(gaps[0]?.fromUs, START_US);
  assert.ok(gaps.every((gap) => gap.toUs - gap.fromUs <= 24 * HOUR_US));
});

test('at the quota what grows beside the samples finds room: states, tags, gaps, names', async (t) => {
  const config = journalConfig(t, { quotaBytes: 16 * MB });
  await using journal = await openJournal(config);
  const fill = async (from: number, count: number) => {
    for (let n = from; n < from + count; n++) {
      journal.append(noise(20_000, n), { source: 'plc', atUs: START_US + n });
      assert.equal(await settled(journal), 'durable');
    }
  };
  await fill(0, 90);
  for (const kilobytes of [300, 1500, 300]) {
    journal.state('decisions', 'é'.repeat(kilobytes * 512));
    assert.equal(await settled(journal), 'durable', `a state of ${kilobytes} kB`);
  }
  await fill(100, 20);
  for (let number = 0; number < 10_000; number++) {
    journal.tag({ number, path: `area/line/asset/signal${number}`, type: 'number', access: 'read' });
  }
  assert.equal(await settled(journal), 'durable', 'tags');
  await fill(200, 20);
  const tags = Array.from({ length: 500 }, (_, n) => 1e6 + n);
  for (let n = 0; n < 900; n++) {
    const fromUs = START_US + n * 60_000_000;
    const hole = { fromUs, toUs: fromUs, count: 1, reason: 'device-silent' } as const;
    journal.gap({ ...hole, source: `plc${n}`, tags: tags.slice(n % 100) });
  }
  assert.equal(await settled(journal), 'durable', 'gaps');
  assert.equal(journal.health.fault, undefined);
  assert.ok(bytesIn(config.dir) <= config.quotaBytes, `${bytesIn(config.dir)} bytes`);
  using reader = openReader(config.dir);
  const own = reader.gaps(10_000).filter(({ source }) => source === undefined);
  assert.deepEqual([...new Set(own.map(({ reason }) => reason))], ['quota'], 'the disk was never full');
});

test('what every sink has confirmed goes without being a loss', async (t) => {
  const config = journalConfig(t, { quotaBytes: 4 * MB });
  await using journal = await openJournal(config);
  for (let n = 0; n < 60; n++) {
    journal.append(noise(20_000, n), { source: 'plc', atUs: START_US + n });
    journal.setCursor('hub', n + 1);
    journal.setCursor('history', n + 1);
    assert.equal(await settled(journal), 'durable');
  }
  assert.equal(journal.health.lostRows, 0);
  assert.ok(valuesOf(config.dir).length < 60 * 20_000);
  using reader = openReader(config.dir);
  assert.deepEqual(reader.gaps(10), []);
});

test('events outlive all samples, and when they go the chain still verifies from its anchor', async (t) => {
  const config = journalConfig(t, { quotaBytes: 1 * MB });
  await using journal = await openJournal(config);
  for (let n = 0; n < 20; n++) journal.event(anEvent(`system.early${n}`), START_US + n);
  for (let n = 0; n < 20; n++) {
    journal.append(noise(10_000, n), { source: 'plc', atUs: START_US + 100 + n });
    assert.equal(await settled(journal), 'durable');
  }
  using reader = openReader(config.dir);
  assert.equal(reader.verify().events, 20);
  assert.equal(reader.verify().fromSeq, 1);
  for (let n = 0; n < 6000; n++) {
    journal.event({ ...anEvent('system.long'), subject: 'x'.repeat(300) }, START_US + 1000 + n);
    if (n % 50 === 0) assert.equal(await settled(journal), 'durable');
  }
  assert.equal(await settled(journal), 'durable');
  const verified = reader.verify();
  assert.equal(verified.broken, undefined);
  assert.ok(verified.fromSeq > 1 && verified.events < 6020, JSON.stringify(verified));
  const lost = reader.gaps(100).find((gap) => gap.source === 'journal/events');
  assert.equal((lost?.count ?? 0) + verified.events, 6020);
  assert.ok(bytesIn(config.dir) <= config.quotaBytes);
});

test('samples older than the limit go as a gap, measured by the time of recording', async (t) => {
  const config = journalConfig(t, { maxAgeUs: 2 * HOUR_US });
  await using journal = await openJournal(config);
  for (let hour = 0; hour < 5; hour++) {
    journal.append(series([hour], hour), { source: 'plc', atUs: START_US + hour * HOUR_US });
    await settled(journal);
  }
  assert.deepEqual(valuesOf(config.dir), [2, 3, 4]);
  using reader = openReader(config.dir);
  const [gap] = reader.gaps(10);
  assert.equal(gap?.reason, 'age');
  assert.equal(gap?.count, 2);
  assert.deepEqual(gap?.tags, [0, 1]);
});

test('a clock that jumps expires nothing, neither while running nor across a restart', async (t) => {
  const config = journalConfig(t, { maxAgeUs: HOUR_US });
  const year = 365 * 24 * HOUR_US;
  {
    await using journal = await openJournal(config);
    journal.append(series([1]), { source: 'plc', atUs: START_US });
    await settled(journal);
    // The wall clock says 2100, then 1970; the steady time goes on.
    journal.append(series([2], 0, START_US + 80 * year), { source: 'plc', atUs: START_US + 1 });
    await settled(journal);
    journal.append(series([3], 0, 0), { source: 'plc', atUs: START_US + 2 });
    await settled(journal);
  }
  // Started again, and even the steady clock is far ahead.
  await using journal = await openJournal(config);
  journal.append(series([4]), { source: 'plc', atUs: START_US + 80 * year });
  await settled(journal);
  journal.append(series([5]), { source: 'plc', atUs: START_US + 80 * year + HOUR_US / 2 });
  await settled(journal);
  assert.deepEqual(valuesOf(config.dir), [1, 2, 3, 4, 5]);
});

test('gaps that touch are kept as one, and their number stays bounded', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  for (let n = 0; n < 100; n++) {
    const fromUs = START_US + n * 1_000_000;
    const toUs = fromUs + 1_000_000;
    journal.gap({ source: 'plc', tags: [2, 1], fromUs, toUs, count: 3, reason: 'device-silent' });
    if (n % 10 === 0) await settled(journal);
  }
  await settled(journal);
  using reader = openReader(config.dir);
  const [only, ...others] = reader.gaps(10);
  assert.deepEqual(others, []);
  const { seq: _, ...gap } = only ?? { seq: 0 };
  const toUs = START_US + 100 * 1_000_000;
  assert.deepEqual(gap, {
    source: 'plc',
    tags: [1, 2],
    fromUs: START_US,
    toUs,
    count: 300,
    reason: 'device-silent',
  });
  for (let n = 0; n < 6000; n++) {
    const fromUs = START_US + n * 60_000_000;
    journal.gap({
      source: 'plc',
      tags: [n],
      fromUs,
      toUs: fromUs,
      count: undefined,
      reason: 'device-overflow',
    });
    if (n % 900 === 0) await settled(journal);
  }
  await settled(journal);
  const all = reader.gaps(100_000);
  assert.ok(all.length <= 4096, `${all.length} gaps`);
  assert.equal(all.at(-1)?.tags[0], 5999);
});

test('a reader that holds the log is told of before the quota breaks, and letting go heals it', async (t) => {
  const config = journalConfig(t, { quotaBytes: 4 * MB, windowBytes: 4 * MB });
  await using journal = await openJournal(config);
  journal.append(series([1]), { source: 'plc', atUs: START_US });
  await settled(journal);
  const db = new DatabaseSync(join(config.dir, 'journal.db'), { readOnly: true });
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM blocks').get();
  let fault: Fault | undefined;
  for (let n = 0; n < 40 && !fault; n++) {
    journal.append(noise(10_000, n), { source: 'plc', atUs: START_US + n });
    const result = await settled(journal);
    if (result !== 'durable') fault = result;
    assert.ok(bytesIn(config.dir) <= config.quotaBytes, `${bytesIn(config.dir)} bytes`);
  }
  assert.equal(fault?.code, 'journal.log-held');
  db.close();
  await until('the journal is well again', () => journal.health.fault === undefined);
  assert.equal(await settled(journal), 'durable');
  assert.equal(itemsOf(config.dir).length + 0 > 0, true);
});

for (const [file, mode] of [
  ['a file', 'INCREMENTAL'],
  ['a file of an earlier release', 'NONE'],
] as const) {
  test(`a lowered quota makes ${file} smaller in pieces, and no commit waits for all of it`, async (t) => {
    const config = journalConfig(t, { quotaBytes: 48 * MB });
    let rows = 0;
    const add = (journal: Journal, count: number): Promise<'durable' | Fault> => {
      journal.append(noise(count, rows), { source: 'plc', atUs: START_US + rows });
      rows += count;
      return settled(journal);
    };
    {
      await using journal = await openJournal(config);
      while (rows < 2_500_000) assert.equal(await add(journal, 50_000), 'durable');
    }
    {
      using db = new DatabaseSync(join(config.dir, 'journal.db'));
      db.exec(`PRAGMA auto_vacuum = ${mode}; VACUUM`);
    }
    assert.ok(bytesIn(config.dir) > 15 * MB);
    const lowered = { ...config, quotaBytes: 8 * MB };
    await using journal = await openJournal(lowered);
    assert.equal(await add(journal, 1000), 'durable');
    assert.ok(journal.health.lostRows <= 100_000, `${journal.health.lostRows} rows went for one commit`);
    await until('the file is within the quota', () => bytesIn(config.dir) <= lowered.quotaBytes, 30_000);
    for (let n = 0; n < 20; n++) {
      assert.equal(await add(journal, 20_000), 'durable');
      assert.ok(bytesIn(config.dir) <= lowered.quotaBytes, `${bytesIn(config.dir)} bytes`);
    }
    using reader = openReader(config.dir);
    const gaps = reader.gaps(1000);
    const lost = gaps.reduce((sum, gap) => sum + (gap.count ?? 0), 0);
    assert.deepEqual([...new Set(gaps.map(({ reason }) => reason))], ['quota']);
    assert.equal(valuesOf(config.dir).length + lost, rows);
    assert.equal(reader.verify().broken, undefined);
  });
}
