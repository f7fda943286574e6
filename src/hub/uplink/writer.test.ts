import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#kernel/clock.ts';
import type { Fault } from '#kernel/fault.ts';
import { database } from '#test/uplink/hub-rig.ts';
import type { LedgerWork } from './api.ts';
import { Writers } from './writers.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const statement = (journal: number, done: LedgerWork['done']): LedgerWork => ({
  lane: 'ledger',
  journal,
  bytes: 100,
  done,
  counted: { atUs: 0, position: 0, acquired: 0, stored: 0, lost: 0, waiting: 0, unknown: 0 },
  total: 0,
});

test('what is refused alone makes room as well, and that is told', async (t) => {
  const { pool } = await database(t, ['north']);
  const told: number[] = [];
  const writer = new Writers({ pool, clock: systemClock(), log: quiet }, () => told.push(writer.bytes));
  t.after(() => writer[Symbol.asyncDispose]());
  const refused = await new Promise<'stored' | Fault>((resolve) => writer.add(statement(999, resolve)));
  assert.equal(typeof refused === 'object' && refused.code, 'uplink.not-stored');
  await writer[Symbol.asyncDispose]();
  assert.deepEqual(told, [0]);
});
