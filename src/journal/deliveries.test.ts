import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Batch, BatchBuilder } from '#kernel/batch.ts';
import { journalConfig, noise, START_US, series, settled } from '#test/crash/journal-fixture.ts';
import { checkedLedger } from '#test/ledger.ts';
import { until } from '#test/until.ts';
import type { Handled } from './accounts.ts';
import type { Journal } from './api.ts';
import { openJournal } from './journal.ts';
import { openReader } from './reader.ts';

const MB = 2 ** 20;
const HOUR_US = 3_600e6;
const mark = { source: 'plc', atUs: START_US };
const here = (delivered: number, over: Partial<Handled> = {}): Handled =>
  ({ delivered, rejected: 0, leftOut: 0, lost: 0, ...over }) as Handled;

async function put(journal: Journal, batch: Batch): Promise<number> {
  journal.append(batch, mark);
  const { seq } = journal;
  assert.equal(await settled(journal), 'durable');
  return seq;
}

test('a sink has all that it found and all that came, wherever it stands', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  journal.setCursor('early', 0);
  const first = await put(journal, series([1, 2, 3]));
  journal.append(series([4, 5]), mark);
  const second = await put(journal, series([6]));
  journal.setCursor('early', second - 1, here(3, { rejected: 1, leftOut: 1 }));
  await settled(journal);
  journal.setCursor('late', 0);
  journal.setCursor('late', first, here(3));
  await settled(journal);
  const { ledger } = checkedLedger(config.dir);
  const [early, late] = ledger.sinks;
  assert.deepEqual([early?.delivered, early?.rejected, early?.leftOut, early?.waiting], [3, 1, 1, 1]);
  assert.deepEqual([late?.stored, late?.delivered, late?.waiting], [6, 3, 3]);
});

test('what nobody counted is counted from the journal', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  journal.append(series([1, 2, 3]), mark);
  journal.append(series([4, 5]), mark);
  const seq = await put(journal, series([6]));
  journal.setCursor('/historian', 0);
  journal.setCursor('/historian', seq - 1);
  await settled(journal);
  assert.equal(checkedLedger(config.dir).ledger.sinks[0]?.delivered, 5);
});

test('a far side that counts is believed, also when it stands further back than it did', async (t) => {
  const config = journalConfig(t);
  await using journal = await openJournal(config);
  journal.setCursor('/hub', 0, { total: 0, lost: 0 });
  const first = await put(journal, series([1, 2, 3]));
  const second = await put(journal, series([4, 5]));
  await put(journal, series([6]));
  const delivered = async (at: number, total: number) => {
    journal.setCursor('/hub', at, { total, lost: 0 });
    await settled(journal);
    const [hub] = checkedLedger(config.dir).ledger.sinks;
    return [hub?.at, hub?.delivered, hub?.waiting];
  };
  assert.deepEqual(await delivered(second, 5), [second, 5, 1]);
  assert.deepEqual(await delivered(first, 3), [first, 3, 3]);
  assert.deepEqual(await delivered(second, 5), [second, 5, 1]);
});

test('samples that found no room are acquired and lost, of their tags and hours', async (t) => {
  const config = journalConfig(t, { windowBytes: 64 * 1024 });
  await using journal = await openJournal(config);
  journal.setCursor('it', 0);
  // All in one turn: the worker has no chance to take any of it.
  let given = 0;
  for (let n = 0; n < 40; n++) {
    journal.append(noise(1000, n, START_US + (n % 2) * HOUR_US), mark);
    given += 1000;
  }
  journal.gap({ source: 'plc', tags: [3], fromUs: START_US, toUs: START_US, count: 7, reason: 'inbox-full' });
  journal.gap({ source: 'plc', tags: 'all', fromUs: 0, toUs: 9, count: undefined, reason: 'device-silent' });
  await until('the disk has caught up', async () => (await settled(journal)) === 'durable');
  await put(journal, series([1]));
  const { ledger, rows } = checkedLedger(config.dir);
  assert.equal(ledger.acquired, given + 7 + 1);
  assert.ok(ledger.lost > 7, `${ledger.lost}`);
  assert.equal(ledger.unknown, 1);
  assert.equal(rows.find(({ tag }) => tag === 3)?.lost, 7);
  assert.ok(rows.filter(({ tag, lost }) => tag === 0 && lost > 0).length === 2);
});

test('a journal of an earlier version is counted from what it holds', async (t) => {
  const config = journalConfig(t);
  {
    await using journal = await openJournal(config);
    const seq = await put(journal, series([1, 2, 3]));
    journal.setCursor('it', seq);
    await put(journal, series([4]));
  }
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(`${config.dir}/journal.db`);
  for (const name of ['since_us', 'acquired', 'stored', 'lost', 'unknown'])
    db.exec(`ALTER TABLE head DROP COLUMN ${name}`);
  db.exec('DROP TABLE hours; DROP TABLE hour_losses; ALTER TABLE cursors DROP COLUMN delivered');
  db.close();
  using before = openReader(config.dir);
  assert.throws(() => before.ledger(), { code: 'journal.no-ledger' });
  await (await openJournal(config))[Symbol.asyncDispose]();
  const { ledger } = checkedLedger(config.dir);
  assert.deepEqual([ledger.acquired, ledger.sinks[0]?.delivered, ledger.sinks[0]?.waiting], [4, 3, 1]);
});

/** Reads ahead of what it confirms, as a sink does whose far side takes its time. */
class SlowSink {
  readonly name: string;
  delivered = 0;
  #read: { readonly seq: number; readonly rows: number }[] = [];
  #at = 0;

  constructor(name: string) {
    this.name = name;
  }

  read(dir: string, entries: number): void {
    using reader = openReader(dir);
    let left = entries;
    for (const item of reader.rows(this.#at)) {
      if (left-- <= 0) break;
      this.#at = item.seq;
      if (item.kind === 'batch') this.#read.push({ seq: item.seq, rows: item.batch.rows });
    }
  }

  confirm(journal: Journal, entries: number): void {
    const done = this.#read.splice(0, entries);
    const last = done.at(-1);
    if (!last) return;
    const rows = done.reduce((sum, one) => sum + one.rows, 0);
    this.delivered += rows;
    journal.setCursor(this.name, last.seq, here(rows));
  }

  /** Its process has died: what was not confirmed is read again. */
  restart(dir: string): void {
    using reader = openReader(dir);
    this.#at = reader.cursor(this.name);
    this.#read = [];
  }
}

test('the sums are right whatever is removed, and what was on its way then is delivered', async (t) => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        rows: fc.integer({ min: 20_000, max: 60_000 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        sink: fc.nat(1),
        n: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('confirm' as const),
        sink: fc.nat(1),
        n: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  );
  let lost = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const config = journalConfig(t, { quotaBytes: 2 * MB, commitMs: 1 });
      let journal = await openJournal(config);
      const sinks = [new SlowSink('a'), new SlowSink('b')];
      for (const { name } of sinks) journal.setCursor(name, 0);
      await settled(journal);
      let acquired = 0;
      for (const [n, one] of steps.entries()) {
        if (one.do === 'append') {
          const half = Math.ceil(one.rows * 0.9);
          journal.append(noise(half, n, START_US + n * HOUR_US), mark);
          const rest = new BatchBuilder();
          for (let i = 0; i < one.rows - half; i++) rest.add(i % 5, START_US, i);
          if (one.rows > half) journal.append(rest.take({ receivedUs: START_US + (n + 1) * HOUR_US }), mark);
          acquired += one.rows;
        } else if (one.do === 'read') sinks[one.sink]?.read(config.dir, one.n);
        else if (one.do === 'confirm') sinks[one.sink]?.confirm(journal, one.n);
        else {
          await journal[Symbol.asyncDispose]();
          journal = await openJournal(config);
          for (const sink of sinks) sink.restart(config.dir);
        }
        await settled(journal);
      }
      await journal[Symbol.asyncDispose]();
      const { ledger } = checkedLedger(config.dir);
      assert.equal(ledger.acquired, acquired);
      for (const sink of ledger.sinks) lost += sink.lost;
      for (const { name, delivered } of sinks)
        assert.equal(ledger.sinks.find(({ id }) => id === name)?.delivered, delivered);
    }),
    { numRuns: 5 },
  );
  assert.ok(lost > 0, 'the quota was never reached');
});
