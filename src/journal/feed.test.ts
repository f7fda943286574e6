import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Batch, BatchBuilder } from '#kernel/batch.ts';
import { anEvent, journalConfig, noise, START_US, series, settled } from '#test/crash/journal-fixture.ts';
import type { FedEntry, Journal } from './api.ts';
import { openFeed } from './feed.ts';
import { openJournal } from './journal.ts';
import { openReader } from './reader.ts';

const mark = { source: 'plc', atUs: START_US };
const plain = (entries: readonly FedEntry[]) =>
  entries.map(({ seq, source, derived, batch: { tag, timeUs, value, quality, wide, ...head } }) => ({
    seq,
    source,
    derived,
    ...head,
    columns: [[...tag], [...timeUs], [...value], [...quality]],
    wide: wide && [[...wide.row], wide.value],
  }));

function wideBatch(): Batch {
  const rows = new BatchBuilder();
  rows.add(1, START_US, 4.5);
  rows.addValue(2, START_US, 2n ** 63n - 1n);
  rows.addValue(3, START_US, 'grün');
  rows.addValue(4, START_US, { a: [1, 'x', new Uint8Array([1, 2])] });
  return rows.take({ receivedUs: START_US, late: true });
}

test('hands over what was journaled, chunk by chunk and whatever the limit, with wide values and marks', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  await using feed = openFeed(config.dir);
  const given: FedEntry[] = [];
  const append = (batch: Batch, derived: boolean, seq: number) => {
    journal.append(batch, { ...mark, derived });
    given.push({ seq, batch, source: 'plc', derived });
  };
  append(series([1, 2, 3]), false, 1);
  journal.tick(START_US);
  append(wideBatch(), true, 3);
  await settled(journal);
  journal.event(anEvent('system.x'), START_US);
  await settled(journal);
  append(series([4]), false, 5);
  append(wideBatch(), false, 6);
  journal.tick(START_US);
  await settled(journal);

  for (const limit of [1, 100, 10_000]) {
    const got: FedEntry[] = [];
    let upTo = 0;
    for (let full = true; full; ) {
      const chunk = await feed.next('s', upTo, limit);
      got.push(...chunk.entries);
      upTo = chunk.upTo;
      full = chunk.full;
    }
    assert.equal(upTo, 7);
    assert.deepEqual(plain(got), plain(given));
  }
});

test('reads on where it was told, also in the middle of a block, and sees what comes later', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  await using feed = openFeed(config.dir);
  for (let n = 1; n <= 9; n++) journal.append(series([n]), mark);
  await settled(journal);
  const valuesFrom = async (after: number) =>
    (await feed.next('s', after, 1e6)).entries.map(({ batch }) => batch.value[0]);
  assert.deepEqual(await valuesFrom(6), [7, 8, 9]);
  assert.deepEqual(await valuesFrom(4), [5, 6, 7, 8, 9]);
  assert.deepEqual(await valuesFrom(9), []);
  journal.append(series([10]), mark);
  await settled(journal);
  assert.deepEqual(await valuesFrom(9), [10]);
});

test('the durable position is what a feed sees, and waiting for more ends with the commit', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  await using feed = openFeed(config.dir);
  const signal = AbortSignal.timeout(5000);
  assert.equal(journal.durableSeq, 0);
  const more = journal.beyond(0, signal);
  journal.append(series([1, 2]), mark);
  await more;
  assert.equal(journal.durableSeq, 1);
  assert.equal((await feed.next('s', 0, 1e6)).upTo, 1);
  const stop = new AbortController();
  const never = journal.beyond(1, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(never, /enough/);
});

test('counts the rows behind a position', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  await using feed = openFeed(config.dir);
  for (let n = 0; n < 4; n++) {
    journal.append(series([1, 2]), mark);
    journal.append(series([3, 4]), mark);
    await settled(journal);
  }
  assert.equal(await feed.rowsAfter(0), 16);
  assert.equal(await feed.rowsAfter(3), 10);
  assert.equal(await feed.rowsAfter(8), 0);
});

test('a folder without a journal is a fault, and the thread answers again once there is one', async (t) => {
  const config = journalConfig(t);
  await using feed = openFeed(config.dir);
  await assert.rejects(feed.next('s', 0, 1000), { code: 'journal.none' });
  await using journal = await openJournal(config);
  journal.append(series([1]), mark);
  await settled(journal);
  assert.equal((await feed.next('s', 0, 1000)).entries.length, 1);
});

test('a sink that is known and behind keeps rows from counting as delivered; one that is dropped does not', async (t) => {
  const config = journalConfig(t, { quotaBytes: 4 * 2 ** 20 });
  await using journal = await openJournal(config);
  journal.setCursor('slow', 0);
  const fill = async (from: number) => {
    for (let n = from; n < from + 40; n++) {
      journal.append(noise(20_000, n), mark);
      journal.setCursor('quick', journal.durableSeq);
      assert.equal(await settled(journal), 'durable');
    }
  };
  await fill(0);
  const lost = journal.health.lostRows;
  assert.ok(lost > 0);
  journal.dropCursor('slow');
  await settled(journal);
  await fill(40);
  assert.equal(journal.health.lostRows, lost);
  using reader = openReader(config.dir);
  assert.equal(reader.gaps(10)[0]?.reason, 'quota');
});

test('positions outlive a restart, those of dropped sinks do not', async (t) => {
  const config = journalConfig(t);
  const cursors = async (work: (journal: Journal) => void) => {
    await using journal = await openJournal(config);
    work(journal);
    return new Map(journal.opened.cursors);
  };
  await cursors((journal) => {
    journal.append(series([1]), mark);
    journal.setCursor('a', 1);
    journal.setCursor('b', 0);
  });
  assert.deepEqual(
    await cursors((journal) => journal.dropCursor('a')),
    new Map([
      ['a', 1],
      ['b', 0],
    ]),
  );
  assert.deepEqual(await cursors(() => {}), new Map([['b', 0]]));
});

test('dead letters are kept up to a number, the oldest go, and ids count them all', async (t) => {
  const config = journalConfig(t, { quotaBytes: 16 * 2 ** 20 });
  await using journal = await openJournal(config);
  const letter = { sink: 'it', seq: 7, row: 1, tag: 3, timeUs: START_US, quality: 0, atUs: START_US };
  for (let n = 1; n <= 3000; n++) journal.deadLetter({ ...letter, value: n, reason: 'not authorized' });
  await settled(journal);
  journal.deadLetter({ ...letter, value: 'x'.repeat(5000), reason: 'packet too large' });
  await settled(journal);
  using reader = openReader(config.dir);
  const letters = reader.deadLetters(10_000);
  assert.ok(letters.length >= 64 && letters.length <= 200, `${letters.length} kept`);
  assert.equal(letters.at(-1)?.id, 3001);
  assert.equal(String(letters.at(-1)?.value).length, 1001);
  const { id, ...last } = letters.at(-2) ?? { id: 0 };
  assert.deepEqual([id, last], [3000, { ...letter, value: 3000, reason: 'not authorized' }]);
  assert.deepEqual(
    letters.map((one) => one.id),
    letters.map((_, i) => 3001 - letters.length + 1 + i),
  );
});

test('entries of any shape come through as they went in', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  await using feed = openFeed(config.dir);
  let seq = 0;
  const value = fc.oneof(
    fc.double({ noNaN: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string(),
  );
  const batches = fc.array(fc.array(value, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(batches, fc.integer({ min: 1, max: 2000 }), async (all, limit) => {
      const from = seq;
      const given = all.map((values): FedEntry => {
        const rows = new BatchBuilder();
        for (const [i, one] of values.entries()) rows.addValue(i, START_US + i, one);
        const batch = rows.take({ receivedUs: START_US });
        journal.append(batch, mark);
        return { seq: ++seq, batch, source: 'plc', derived: false };
      });
      await settled(journal);
      const got: FedEntry[] = [];
      for (let upTo = from; upTo < seq; ) {
        const chunk = await feed.next('s', upTo, limit);
        got.push(...chunk.entries);
        upTo = chunk.upTo;
      }
      assert.deepEqual(plain(got), plain(given));
    }),
    { numRuns: 30 },
  );
});
