import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { anEvent, journalConfig, START_US, settled } from '#test/crash/journal-fixture.ts';
import type { Verified } from './api.ts';
import { canonicalEvent } from './chain.ts';
import { openJournal } from './journal.ts';
import { openReader } from './reader.ts';

const EVENTS = 12;

/** A journal of twelve events, with `sql` done to it by someone who has the disk. */
async function tampered(t: TestContext, sql: string): Promise<Verified> {
  const config = journalConfig(t);
  {
    await using journal = await openJournal(config);
    for (let n = 1; n <= EVENTS; n++) journal.event(anEvent(`system.n${n}`), START_US + n);
    await settled(journal);
  }
  const db = new DatabaseSync(join(config.dir, 'journal.db'));
  db.exec(sql);
  db.close();
  using reader = openReader(config.dir);
  return reader.verify();
}

test('an untouched chain holds from the first event to the head', async (t) => {
  const verified = await tampered(t, '');
  assert.equal(verified.broken, undefined);
  assert.equal(verified.events, EVENTS);
  assert.equal(verified.fromSeq, 1);
  assert.match(verified.head, /^[0-9a-f]{64}$/);
});

test('the chain holds over commits of many events of any size, and each is stored as it was given', async (t) => {
  const config = journalConfig(t);
  const events = Array.from({ length: 150 }, (_, n) => ({
    ...anEvent(`system.n${n}`),
    detail: { text: 'é'.repeat((n * 37) % 2500) },
  }));
  {
    await using journal = await openJournal(config);
    for (const some of [events.slice(0, 1), events.slice(1, 33), events.slice(33, 98), events.slice(98)]) {
      for (const event of some) journal.event(event, START_US);
      await settled(journal);
    }
  }
  using reader = openReader(config.dir);
  const { broken, events: count } = reader.verify();
  assert.deepEqual([broken, count], [undefined, events.length]);
  assert.deepEqual(
    reader.events(0, 1000).map(({ event }) => event),
    events,
  );
});

test('a changed byte of any event shows at that event', async (t) => {
  for (const seq of [1, 5, EVENTS]) {
    const text = `replace(CAST(body AS TEXT), '"n":5', '"n":6')`;
    const { broken } = await tampered(t, `UPDATE events SET body = CAST(${text} AS BLOB) WHERE seq = ${seq}`);
    assert.equal(broken?.seq, seq);
  }
});

test('a changed time of an event shows at that event', async (t) => {
  const { broken } = await tampered(t, 'UPDATE events SET at_us = at_us + 1 WHERE seq = 4');
  assert.equal(broken?.seq, 4);
});

test('a deleted event shows at the one after it', async (t) => {
  assert.equal((await tampered(t, 'DELETE FROM events WHERE seq = 4')).broken?.seq, 5);
  assert.equal((await tampered(t, 'DELETE FROM events WHERE seq = 1')).broken?.seq, 2);
});

test('a deleted tail shows where it begins, also when nothing is left', async (t) => {
  assert.equal((await tampered(t, 'DELETE FROM events WHERE seq > 9')).broken?.seq, 10);
  assert.notEqual((await tampered(t, 'DELETE FROM events')).broken, undefined);
});

test('swapped events show at the first of them', async (t) => {
  const swap = `UPDATE events SET seq = 100 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = 4;
    UPDATE events SET seq = 4 WHERE seq = 100`;
  assert.equal((await tampered(t, swap)).broken?.seq, 3);
});

test('an added event shows', async (t) => {
  const added = `INSERT INTO events SELECT 50, at_us, body, hash FROM events WHERE seq = 3`;
  assert.equal((await tampered(t, added)).broken?.seq, 50);
});

test('the text of an event does not depend on the order of its fields, and is always JSON', () => {
  const { kind, name, timeUs, subject } = anEvent('a.b');
  const one = canonicalEvent({ kind, name, timeUs, subject, detail: { b: 1, a: { d: null, c: 'é' } } });
  const two = canonicalEvent({ detail: { a: { c: 'é', d: null }, b: 1 }, subject, timeUs, name, kind });
  assert.equal(one, two);
  const odd = { x: Number.NaN, y: 5n, z: undefined } as unknown as { x: number };
  assert.deepEqual(JSON.parse(canonicalEvent({ kind, name, timeUs, subject, detail: odd })).detail, {
    x: null,
    y: '5',
  });
});
