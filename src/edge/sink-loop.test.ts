import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as z from 'zod';
import { SinkLoop } from '#edge/sink-loop.ts';
import type { Journal } from '#journal/api.ts';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { systemClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { DeliveryClass, Entry, Receipt, SinkDef, SinkDeps } from '#plugin/api.ts';
import { journalConfig, START_US, series, settled } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const all = (entries: readonly Entry[]): Receipt => ({
  confirmed: entries.at(-1)?.seq ?? 0,
  rows: entries.reduce((sum, { batch }) => sum + batch.rows, 0),
  rejected: [],
});

type Deliver = (entries: readonly Entry[], call: number) => Receipt | Promise<Receipt>;

/** A journal with a sink that answers as the test says. */
async function rig(
  t: TestContext,
  deliver: Deliver,
  delivers: DeliveryClass = 'at-least-once',
  commitMs = 20,
) {
  const config = journalConfig(t, { commitMs });
  const journal = await openJournal(config);
  const feed = openFeed(config.dir);
  const events: string[] = [];
  const seen: number[] = [];
  const clock = systemClock();
  let calls = 0;
  const def: SinkDef = {
    kind: 'scripted',
    config: z.any(),
    delivers,
    open: async () => ({
      deliver: async (entries) => {
        const receipt = await deliver(entries, ++calls);
        for (const { seq, batch } of entries) if (seq <= receipt.confirmed) seen.push(...batch.value);
        return receipt;
      },
      async [Symbol.asyncDispose]() {},
    }),
  };
  const deps = { event: ({ name }: { name: string }) => events.push(name) } as unknown as SinkDeps;
  const loop = new SinkLoop('it', def, {}, { clock, log: quiet, deps, journal, feed });
  return {
    journal,
    loop,
    seen,
    events,
    dir: config.dir,
    cursor: () => feed.cursor('it'),
    async [Symbol.asyncDispose]() {
      await loop[Symbol.asyncDispose]();
      await feed[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

const append = (journal: Journal, ...values: number[]) =>
  journal.append(series(values), { source: 'plc', atUs: START_US });

test('what was journaled before and after the start arrives in order, and the cursor follows', async (t) => {
  await using r = await rig(t, all);
  append(r.journal, 1, 2);
  await settled(r.journal);
  r.loop.start();
  await until('the first rows', () => r.seen.length === 2);
  r.journal.tick(START_US);
  append(r.journal, 3);
  await until('the later row', () => r.seen.length === 3);
  assert.deepEqual(r.seen, [1, 2, 3]);
  await until('the cursor', async () => (await r.cursor()) === 3);
  const { delivered, backlog, state, fault } = r.loop.status;
  assert.deepEqual(
    [delivered, backlog, state, fault],
    [3, { rows: 0, ageMs: undefined }, 'running', undefined],
  );
});

test('the cursor moves to what was confirmed and no further; the rest is given again', async (t) => {
  const given: number[][] = [];
  await using r = await rig(t, (entries, call) => {
    given.push(entries.map(({ seq }) => seq));
    if (call === 1) return all(entries.slice(0, 2));
    if (call === 2) throw new Fault('x.gone', 'gone', { retry: 'now' });
    return all(entries);
  });
  for (const value of [1, 2, 3, 4]) append(r.journal, value);
  await settled(r.journal);
  r.loop.start();
  await until('all rows', () => r.seen.length === 4);
  assert.deepEqual(given, [
    [1, 2, 3, 4],
    [3, 4],
    [3, 4],
  ]);
  assert.equal(r.loop.status.opened, 2);
});

test('while the far side is away the backlog shows its size and age, and the journal goes on', async (t) => {
  let away = true;
  await using r = await rig(t, (entries) => {
    if (away) throw new Fault('x.gone', 'gone', { retry: 'now' });
    return all(entries);
  });
  append(r.journal, 1, 2, 3);
  await settled(r.journal);
  r.loop.start();
  await until('the fault', () => r.loop.status.fault?.code === 'x.gone');
  append(r.journal, 4, 5);
  await settled(r.journal);
  const { backlog, delivered, emptyInS } = r.loop.status;
  assert.equal(backlog.rows, 5);
  assert.ok((backlog.ageMs ?? 0) >= 0);
  assert.deepEqual([delivered, emptyInS, await r.cursor()], [0, undefined, 0]);
  away = false;
  await until('the backlog is gone', () => r.loop.status.backlog.rows === 0);
  assert.deepEqual(r.seen, [1, 2, 3, 4, 5]);
  assert.equal(r.loop.status.fault, undefined);
});

test('refused rows are dead letters before the cursor passes them, with one event', async (t) => {
  await using r = await rig(t, (entries) => ({
    confirmed: entries.at(-1)?.seq ?? 0,
    rows: 0,
    rejected: entries.map(({ seq }) => ({ seq, row: 1, reason: 'not authorized' })),
  }));
  append(r.journal, 1, 2);
  append(r.journal, 3, 4);
  await settled(r.journal);
  r.loop.start();
  await until('the cursor', async () => (await r.cursor()) === 2);
  using reader = openReader(r.dir);
  assert.deepEqual(
    reader.deadLetters(10).map(({ sink, seq, row, value, reason }) => [sink, seq, row, value, reason]),
    [
      ['it', 1, 1, 2, 'not authorized'],
      ['it', 2, 1, 4, 'not authorized'],
    ],
  );
  assert.equal(r.loop.status.rejected, 2);
  assert.deepEqual(r.events, ['sink.rejected']);
});

test('best effort never counts as delivered, and begins with what comes', async (t) => {
  await using r = await rig(t, all, 'best-effort');
  append(r.journal, 1);
  await settled(r.journal);
  r.loop.start();
  await until('running', () => r.loop.status.state === 'running');
  append(r.journal, 2);
  await until('the row', () => r.seen.length === 1);
  assert.deepEqual(r.seen, [2]);
  await settled(r.journal);
  assert.equal(await r.cursor(), 0);
});

test('the cursor is on disk before more than a chunk would be delivered twice', async (t) => {
  let most = 0;
  // Commits by themselves come far too late here: only asking for one bounds what would be repeated.
  const slowly = 60_000;
  await using r = await rig(
    t,
    async (entries) => {
      const cursor = await r.cursor();
      most = Math.max(most, r.seen.filter((value) => value > cursor).length);
      return all(entries);
    },
    'at-least-once',
    slowly,
  );
  // One row an entry, its value the sequence: rows above the cursor on disk would come twice.
  for (let n = 1; n <= 60_000; n++) append(r.journal, n);
  await settled(r.journal);
  r.loop.start();
  await until('all rows', () => r.seen.length === 60_000);
  assert.ok(most > 0 && most * 46 <= 512 * 1024, `${most} rows were delivered and not recorded`);
});

test('a sink that confirms nothing without a fault is closed and opened again, not asked without end', async (t) => {
  let calls = 0;
  await using r = await rig(t, () => {
    calls++;
    return { confirmed: 0, rows: 0, rejected: [] };
  });
  append(r.journal, 1);
  await settled(r.journal);
  r.loop.start();
  await until('the fault', () => r.loop.status.fault?.code === 'sink.no-progress');
  assert.equal(calls, 1);
});
