import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Connections } from './connections.ts';

const connection = (serial = 'A', validToMs = 1000) => ({
  ...{ serial, validToMs, start: 0 },
  socket: new PassThrough(),
});

test('a later start cuts those before it, and news that comes late cuts nobody', () => {
  const all = new Connections();
  const [first, second] = [connection(), connection()];
  all.add(first);
  all.admit(first, 1);
  all.add(second);
  // Of the first one, and the second is being judged.
  all.supersede('A', 1);
  all.admit(second, 2);
  assert.deepEqual([first.socket.destroyed, second.socket.destroyed], [true, false]);
  all.supersede('A', 1);
  assert.equal(second.socket.destroyed, false);
});

test('one that is judged while a later start is told of is cut when it is admitted', () => {
  const all = new Connections();
  const late = connection();
  all.add(late);
  all.supersede('A', 3);
  assert.equal(late.socket.destroyed, false);
  all.admit(late, 2);
  assert.equal(late.socket.destroyed, true);
});

test('connections of one start stand beside each other', () => {
  const all = new Connections();
  const both = [connection(), connection()];
  for (const one of both) {
    all.add(one);
    all.admit(one, 1);
  }
  assert.ok(both.every(({ socket }) => !socket.destroyed));
});

test('what ends or is over is cut, and nothing of it is kept', async () => {
  const all = new Connections();
  const [ended, over, other] = [connection('A'), connection('B', 10), connection('C')];
  for (const one of [ended, over, other]) all.add(one);
  const closed = [ended, over].map(({ socket }) => once(socket, 'close'));
  assert.equal(all.end(['A', 'nobody']), 1);
  assert.equal(all.endExpired(500), 1);
  await Promise.all(closed);
  assert.deepEqual([all.count, all.serials()], [1, ['C']]);
  assert.equal(other.socket.destroyed, false);
});
