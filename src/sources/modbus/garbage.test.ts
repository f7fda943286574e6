import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMbap } from '#codec/modbus/mbap.ts';
import { encodeRtu } from '#codec/modbus/rtu.ts';
import type { Fault } from '#kernel/fault.ts';
import {
  type Asked,
  answer,
  answerRtu,
  openModbus,
  pduFor,
  point,
  QUICK,
  rawServer,
} from '#test/modbus-rig.ts';

test('a late answer is dropped and counted, and never taken for the next one', async () => {
  const held: Asked[] = [];
  let late = true;
  await using server = await rawServer((one) => {
    if (one.address === 11 && late) {
      // Held back until the source has given it up and asked something else.
      held.push(one);
      late = false;
      return;
    }
    for (const old of held.splice(0)) answer(old, Uint8Array.of(3, 2, 0xde, 0xad));
    answer(one);
  });
  await using device = await openModbus(
    { port: server.port, ...QUICK },
    { 'p/a': point(1, 11), 'p/b': point(1, 22) },
  );
  await device.until(() => device.last('p/a') && device.last('p/b'));
  assert.deepEqual(new Set(device.rows.map((row) => row.value)), new Set([11, 22]));
  assert.deepEqual(
    device.events.map((event) => event.name),
    ['modbus.late'],
  );
  assert.equal(server.connections, 1);
});

const GARBAGE: readonly (readonly [string, (asked: Asked) => void])[] = [
  ['another protocol id', (one) => one.socket.write(Buffer.from('000100070003010302', 'hex'))],
  ['a transaction never asked', (one) => answer({ ...one, transaction: one.transaction + 999 })],
  ['another unit', (one) => answer({ ...one, unit: one.unit + 1 })],
  ['another function', (one) => answer(one, Uint8Array.of(4, 2, 0, 0))],
  ['another length', (one) => answer(one, Uint8Array.of(3, 4, 0, 0, 0, 0))],
  ['a length beyond every frame', (one) => one.socket.write(Buffer.from('00010000ffff0103', 'hex'))],
  ['text', (one) => one.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
];

for (const [what, spoil] of GARBAGE) {
  test(`${what} is garbage: the connection is made anew, and no value comes of it`, async () => {
    let spoilt = false;
    await using server = await rawServer((one) => {
      if (!spoilt) {
        spoilt = true;
        spoil(one);
      } else answer(one);
    });
    await using device = await openModbus({ port: server.port, ...QUICK }, { 'p/a': point(1, 11) });
    await device.until(() => device.rows.length >= 3);
    assert.ok(device.rows.every((row) => row.value === 11 && row.quality === 0));
    assert.equal(server.connections, 2);
    assert.equal(device.requests.filter((request) => request.outcome === 'garbage').length, 1);
  });
}

test('nothing but garbage ends the source with a fault that says what to check', async () => {
  await using server = await rawServer((one) => one.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await using device = await openModbus({ port: server.port, ...QUICK }, { 'p/a': point(1, 11) });
  await assert.rejects(
    device.until(() => false),
    (fault: Fault) => fault.code === 'modbus.garbage' && fault.hint !== undefined,
  );
});

test('answers byte by byte are answers', async () => {
  await using server = await rawServer((one) => {
    for (const byte of encodeMbap(one.transaction, one.unit, pduFor(one)))
      one.socket.write(Uint8Array.of(byte));
  });
  await using device = await openModbus({ port: server.port }, { 'p/a': point(1, 11), 'p/b': point(1, 12) });
  await device.until(() => device.rows.length >= 4);
  assert.equal(device.last('p/b')?.value, 12);
});

test('several requests are open at a time only where that is declared', async () => {
  for (const outstanding of [1, 3]) {
    const held: Asked[] = [];
    let most = 0;
    await using server = await rawServer((one) => {
      held.push(one);
      most = Math.max(most, held.length);
      // Answered in reverse, once as many are held as may be: the transaction id sorts them out.
      if (held.length === outstanding) for (const old of held.splice(0).reverse()) answer(old);
    });
    await using device = await openModbus(
      { port: server.port, outstanding, timeoutMs: 2000 },
      { 'p/a': point(1, 10), 'p/b': point(1, 20), 'p/c': point(1, 30) },
    );
    await device.until(() => ['p/a', 'p/b', 'p/c'].every((path) => device.last(path)));
    assert.deepEqual(
      ['p/a', 'p/b', 'p/c'].map((path) => device.last(path)?.value),
      [10, 20, 30],
    );
    assert.equal(most, outstanding);
  }
});

test('RTU: noise before an answer is dropped, a wrong CRC is no answer', async () => {
  let turn = 0;
  await using server = await rawServer((one) => {
    turn++;
    if (turn === 1) one.socket.write(Buffer.from([0, 0xff, 0x13]));
    if (turn === 2) one.socket.write(encodeRtu(one.unit, pduFor(one, 'rtu')).with(3, 0x77));
    else answerRtu(one);
  }, 'rtu');
  await using device = await openModbus(
    { port: server.port, transport: 'rtu-over-tcp', ...QUICK, settleMs: 20 },
    { 'p/a': point(1, 11) },
  );
  await device.until(() => device.rows.length >= 3);
  assert.ok(device.rows.every((row) => row.value === 11));
  assert.deepEqual(
    device.requests.slice(0, 3).map((request) => request.outcome),
    ['ok', 'garbage', 'ok'],
  );
});

test('RTU: an answer that comes after the time-out never answers the next request', async () => {
  let first: Asked | undefined;
  let nextBeforeDrained = false;
  let drained = false;
  await using server = await rawServer((one) => {
    if (!first) {
      first = one;
      // Later than the time-out of 60 ms, within the settle time of 400 ms.
      setTimeout(() => {
        drained = true;
        answerRtu(one, Uint8Array.of(3, 2, 0xde, 0xad));
      }, 150);
      return;
    }
    if (!drained) nextBeforeDrained = true;
    answerRtu(one);
  }, 'rtu');
  await using device = await openModbus(
    { port: server.port, transport: 'rtu-over-tcp', ...QUICK, settleMs: 400 },
    { 'p/a': point(1, 11) },
  );
  await device.until(() => device.rows.length >= 3);
  assert.equal(nextBeforeDrained, false);
  assert.ok(device.rows.every((row) => row.value === 11));
  assert.ok(device.events.some((event) => event.name === 'modbus.late'));
});
