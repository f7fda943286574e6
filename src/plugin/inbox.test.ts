import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { allocBatch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { Delivery } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';

const never = new AbortController().signal;
const delivery = (n: number): Delivery => ({ batch: allocBatch(1, { receivedUs: n }) });
const numberOf = (taken: Delivery) => taken.batch.receivedUs;

test('deliveries come out in the order in which they went in, whoever was first', async () => {
  const order = fc.array(fc.boolean(), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(order, async (steps) => {
      const inbox = createInbox(1e9);
      const taken: Promise<Delivery>[] = [];
      let pushed = 0;
      for (const push of steps) {
        if (push) inbox.push(delivery(pushed++), 1);
        else taken.push(inbox.take(never));
      }
      while (taken.length < pushed) taken.push(inbox.take(never));
      while (taken.length > pushed) inbox.push(delivery(pushed++), 1);
      const numbers = (await Promise.all(taken)).map(numberOf);
      assert.deepEqual(
        numbers,
        numbers.map((_, i) => i),
      );
    }),
  );
});

test('a push that fills the queue is kept and says so', async () => {
  const inbox = createInbox(100);
  assert.equal(inbox.push(delivery(1), 60), true);
  assert.equal(inbox.push(delivery(2), 60), false);
  assert.equal(inbox.full, true);
  assert.equal(numberOf(await inbox.take(never)), 1);
  assert.equal(numberOf(await inbox.take(never)), 2);
});

test('the peer is told once, when half of the queue is free again', async () => {
  const inbox = createInbox(100);
  let drained = 0;
  inbox.onDrain(() => drained++);
  for (let i = 0; i < 10; i++) inbox.push(delivery(i), 10);
  for (let i = 0; i < 4; i++) await inbox.take(never);
  assert.deepEqual([inbox.full, drained], [true, 0]);
  for (let i = 0; i < 6; i++) await inbox.take(never);
  assert.deepEqual([inbox.full, drained], [false, 1]);
});

test('a delivery that somebody waits for takes no room', async () => {
  const inbox = createInbox(10);
  const waiting = inbox.take(never);
  assert.equal(inbox.push(delivery(7), 1000), true);
  assert.equal(numberOf(await waiting), 7);
});

test('after a fault the rest is still taken, then every take rejects', async () => {
  const inbox = createInbox(100);
  inbox.push(delivery(1), 1);
  inbox.fail(new Fault('peer.gone', 'the peer is gone'));
  inbox.fail(new Fault('peer.later', 'a later fault does not hide the first'));
  assert.equal(numberOf(await inbox.take(never)), 1);
  await assert.rejects(inbox.take(never), { code: 'peer.gone' });
  await assert.rejects(inbox.take(never), { code: 'peer.gone' });
});

test('a fault wakes the one who waits', async () => {
  const inbox = createInbox(100);
  const waiting = inbox.take(never);
  inbox.fail(new Fault('peer.gone', 'the peer is gone'));
  await assert.rejects(waiting, { code: 'peer.gone' });
});

test('what comes after the fault is refused and its sender told', () => {
  const inbox = createInbox(100);
  inbox.fail(new Fault('peer.gone', 'the peer is gone'));
  const told: unknown[] = [];
  assert.equal(inbox.push({ ...delivery(1), settled: (result) => told.push(result) }, 1), false);
  assert.equal((told[0] as Fault).code, 'peer.gone');
});

test('a cancelled take loses nothing', async () => {
  const inbox = createInbox(100);
  const stop = new AbortController();
  const waiting = inbox.take(stop.signal);
  stop.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
  inbox.push(delivery(3), 1);
  await assert.rejects(inbox.take(stop.signal), /stop/);
  assert.equal(numberOf(await inbox.take(never)), 3);
});
