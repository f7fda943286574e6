import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pool } from 'pg';
import { blockOfRows } from '#journal/carry.ts';
import { systemClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { START_US, series } from '#test/crash/journal-fixture.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { sortOne } from '../telemetry/sorter.ts';
import type { LiveWork, StretchWork, Work } from './api.ts';
import { historyContent } from './content.ts';
import { greet } from './positions.ts';
import { Writer } from './writer.ts';
import { Writers } from './writers.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const HELLO = {
  ...({ kind: 'hello', version: 2, site: 'north', epoch: 3, software: '' } as const),
  journal: '00000000-0000-4000-8000-000000000001',
};
const ports = (pool: Pool) => ({ pool, clock: systemClock(), log: quiet });

const stretch = (journal: number, after: number, upTo: number, values: number[], tag = 0) => {
  const block = blockOfRows(upTo, series(values, tag, START_US + after * 1e6));
  const content = historyContent({ kind: 'history', after, upTo, block }, true);
  return { lane: 'history', journal, epoch: 3, bytes: 1000, after, upTo, content } as const;
};
const live = (journal: number, stamp: number, value: number) => ({
  ...({ lane: 'live', journal, epoch: 3, bytes: 100, stamp } as const),
  values: [{ number: 0, timeUs: START_US, value, wide: null, quality: 0 }],
});

type Body<W> = W extends Work ? Omit<W, 'done'> : never;

/** @returns what it was told */
const added = (writer: { add(work: never): void }, work: Body<StretchWork | LiveWork>) =>
  new Promise<'stored' | Fault>((done) => writer.add({ ...work, done } as never));

const newestIn = async (pool: Pool): Promise<unknown[]> =>
  (await pool.query('SELECT number::int, value, seq::int FROM newest_values ORDER BY number')).rows;

test('newest values follow what holds them; who waits for one to be confirmed finds it there', async (t) => {
  const { pool } = await database(t, ['north']);
  const { journal } = await greet(pool, HELLO);
  const writers = new Writers(ports(pool));
  assert.equal(await added(writers, stretch(journal, 0, 4, [1, 2, 3])), 'stored');
  assert.equal(await added(writers, live(journal, 9, 7)), 'stored');
  assert.deepEqual(await newestIn(pool), [{ number: 0, value: 7, seq: 9 }]);
  assert.equal(await added(writers, stretch(journal, 4, 8, [5])), 'stored');
  assert.equal(await added(writers, stretch(journal, 8, 10, [6], 1)), 'stored');
  await writers[Symbol.asyncDispose]();
  assert.deepEqual(await newestIn(pool), [
    { number: 0, value: 7, seq: 9 },
    { number: 1, value: 6, seq: 10 },
  ]);
  assert.equal(writers.bytes, 0);
});

test('values of a journal that is none are refused, and those of others written', async (t) => {
  const { pool } = await database(t, ['north']);
  const { journal } = await greet(pool, HELLO);
  const writers = new Writers(ports(pool));
  t.after(() => writers[Symbol.asyncDispose]());
  const [wrong, right] = await Promise.all([
    added(writers, live(999, 1, 1)),
    added(writers, live(journal, 1, 2)),
  ]);
  assert.equal(wrong instanceof Fault && wrong.code, 'uplink.not-stored');
  assert.equal(right, 'stored');
  assert.deepEqual(await newestIn(pool), [{ number: 0, value: 2, seq: 1 }]);
});

for (const [how, settles] of [
  ['its site connects', (pool: Pool) => greet(pool, HELLO)],
  ['its samples are sorted', (pool: Pool) => sortOne(pool, { rows: 1, waitS: 0 })],
] as const)
  test(`a hub that was killed before it wrote newest values: they are found again when ${how}`, async (t) => {
    const { pool } = await database(t, ['north']);
    const { journal } = await greet(pool, HELLO);
    // What it is given ends with the process.
    const killed = new Writer(ports(pool), { take() {}, async room() {} }, () => {});
    for (let n = 0; n < 250; n++) await added(killed, stretch(journal, n, n + 1, [n], n % 2));
    await killed[Symbol.asyncDispose]();
    assert.deepEqual(await newestIn(pool), []);
    await settles(pool);
    assert.deepEqual(await newestIn(pool), [
      { number: 0, value: 248, seq: 249 },
      { number: 1, value: 249, seq: 250 },
    ]);
  });
