import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMbap } from '#codec/modbus/mbap.ts';
import { encodeRtu } from '#codec/modbus/rtu.ts';
import { ManualClock } from '#kernel/clock.ts';
import type { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { type Asked, openModbus, rawServer } from '#test/modbus-rig.ts';

/** A sound answer: every register holds its own address, every write is echoed. */
function pduFor({ code, address, count, frame }: Asked, framing: 'tcp' | 'rtu' = 'tcp'): Buffer {
  if (code > 4) return framing === 'tcp' ? frame.subarray(7, 12) : frame.subarray(1, 6);
  const pdu = Buffer.alloc(2 + 2 * count);
  pdu.set([code, 2 * count]);
  for (let i = 0; i < count; i++) pdu.writeUInt16BE((address + i) & 0xffff, 2 + 2 * i);
  return pdu;
}

const answer = (asked: Asked, pdu: Uint8Array = pduFor(asked)) =>
  asked.socket.write(encodeMbap(asked.transaction, asked.unit, pdu));
const answerRtu = (asked: Asked, pdu: Uint8Array = pduFor(asked, 'rtu')) =>
  asked.socket.write(encodeRtu(asked.unit, pdu));

const point = (unit: number, holding: number) => ({ at: { unit, holding } });
const QUICK = { timeoutMs: 60, probeMs: 40, probeMaxMs: 80 };

test('a silent unit turns bad once, costs the others little, and leaves a gap when it returns', async () => {
  let mute = true;
  const asked: number[] = [];
  await using server = await rawServer((one) => {
    asked.push(one.unit);
    if (one.unit !== 3 || !mute) answer(one);
  });
  await using device = await openModbus(
    { port: server.port, ...QUICK },
    { 'p/well': point(1, 11), 'p/mute': point(3, 33), 'p/mute2': point(3, 40) },
  );
  await device.until(() => device.last('p/mute') && device.last('p/mute2'));
  assert.equal(device.last('p/mute')?.quality, Quality.badNoCommunication);
  assert.ok(Number.isNaN(device.last('p/mute')?.value));
  // From here on the silent unit is only probed: the other one is asked far more often.
  const before = asked.length;
  const wells = device.rows.filter((row) => row.path === 'p/well').length;
  await device.until(() => device.rows.filter((row) => row.path === 'p/well').length >= wells + 20);
  const probes = asked.slice(before).filter((unit) => unit === 3).length;
  assert.ok(probes <= 7, `${probes} probes beside 20 reads`);
  assert.equal(device.rows.filter((row) => row.path === 'p/mute').length, 1);
  mute = false;
  await device.until(() => device.last('p/mute')?.quality === 0 && device.last('p/mute2')?.quality === 0);
  assert.equal(device.last('p/mute')?.value, 33);
  assert.deepEqual(device.gaps.map(({ reason, count, tags }) => `${tags} ${reason} ${count}`).sort(), [
    '1 device-silent undefined',
    '2 device-silent undefined',
  ]);
  assert.ok(device.gaps.every((gap) => gap.fromUs < gap.toUs));
  const told = device.events.map((event) => `${event.name} ${event.subject}`);
  assert.deepEqual(told, ['modbus.unit-silent unit 3', 'modbus.unit-answering unit 3']);
});

test('when a whole device falls silent its units are given up together, and are back together', async () => {
  let mute = true;
  await using server = await rawServer((one) => {
    if (!mute) answer(one);
  });
  const units = [1, 2, 3, 4, 5, 6];
  const paths = units.map((unit) => `p/u${unit}`);
  await using device = await openModbus(
    { port: server.port, timeoutMs: 60, probeMs: 40, probeMaxMs: 60_000 },
    Object.fromEntries(units.map((unit) => [`p/u${unit}`, point(unit, unit)])),
  );
  await device.until(() => paths.every((path) => device.last(path)));
  // Three time-outs show that nobody is there; then one a unit is enough: not three for each of six.
  assert.ok(device.requests.length <= 8, `${device.requests.length} requests`);
  mute = false;
  await device.until(() => paths.every((path) => device.last(path)?.quality === Quality.good));
});

test('a slow unit gets its turn and no more: the others are asked in between', async () => {
  const order: number[] = [];
  await using server = await rawServer((one) => {
    order.push(one.unit);
    if (one.unit === 3) setTimeout(() => answer(one), 50);
    else answer(one);
  });
  await using device = await openModbus(
    { port: server.port },
    { 'p/slow': point(3, 10), 'p/slow2': point(3, 20), 'p/slow3': point(3, 30), 'p/quick': point(1, 11) },
  );
  await device.until(() => order.filter((unit) => unit === 3).length >= 9);
  // Three reads of the slow unit always wait, one of the quick one: in turn, it goes between each two of them.
  const inRow = order.slice(3, -1).filter((unit, i, all) => unit === 3 && all[i + 1] === 3).length;
  assert.equal(inRow, 0, order.join(' '));
});

test('a write goes before the reads that wait', async () => {
  const held: Asked[] = [];
  const codes: number[] = [];
  let holding = true;
  await using server = await rawServer((one) => {
    codes.push(one.code);
    if (holding) held.push(one);
    else answer(one);
  });
  const points = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`p/t${i}`, point(1, i * 2)]));
  await using device = await openModbus({ port: server.port, timeoutMs: 3000 }, points);
  const deadline = Date.now() + 3000;
  while (held.length === 0 && Date.now() < deadline) await new Promise(setImmediate);
  const writing = device.write('p/t0', 5);
  holding = false;
  for (const one of held) answer(one);
  assert.equal((await writing).state, 'sent');
  assert.deepEqual(codes.slice(0, 3), [3, 6, 3]);
});

test('a device that is connected and dead turns bad, then ends the source with its gaps told', async () => {
  await using server = await rawServer(() => {});
  const clock = new ManualClock();
  await using device = await openModbus({ port: server.port }, { 'p/a': point(1, 11) }, 'live', clock);
  let fault: Fault | undefined;
  const reading = device
    .until(() => false, 30_000)
    .catch((error: Fault) => {
      fault = error;
    });
  const startUs = clock.steadyUs();
  for (let s = 0; s < 300 && !fault; s++) await clock.advance(1000);
  await reading;
  assert.equal(fault?.code, 'modbus.silent');
  assert.ok(clock.steadyUs() - startUs >= 20e6);
  assert.deepEqual(
    device.rows.map((row) => row.quality),
    [Quality.badNoCommunication],
  );
  assert.equal(device.gaps.length, 1);
});

test('a gateway that reports a mute target makes just that unit bad', async () => {
  await using server = await rawServer((one) => {
    if (one.unit === 3) answer(one, Uint8Array.of(one.code | 0x80, 11));
    else answer(one);
  });
  await using device = await openModbus(
    { port: server.port, ...QUICK },
    { 'p/well': point(1, 11), 'p/mute': point(3, 33) },
  );
  await device.until(() => device.last('p/mute'));
  assert.equal(device.last('p/mute')?.quality, Quality.badNoCommunication);
  assert.equal(device.last('p/well')?.quality, Quality.good);
});

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

test('a device that restarts is read again without a fault; one that stays away is a fault', async () => {
  const first = await rawServer(answer);
  await using device = await openModbus({ port: first.port, ...QUICK }, { 'p/a': point(1, 11) });
  await device.until(() => device.rows.length >= 2);
  await first[Symbol.asyncDispose]();
  {
    // The listener is back before the next request goes out, or the source has failed: both are allowed outcomes
    // of a restart, so only what follows is looked at when it has survived.
    await using second = await rawServer(answer, 'tcp', first.port);
    const survived = await device
      .until(() => second.connections > 0 && second.open > 0)
      .then(
        () => true,
        (fault: Fault) => {
          assert.match(fault.code, /^(tcp|modbus)\./);
          return false;
        },
      );
    if (survived) {
      const rows = device.rows.length;
      await device.until(() => device.rows.length > rows);
    }
  }
  await assert.rejects(
    device.until(() => false),
    (fault: Fault) => /^(tcp\.refused|modbus\.lost)$/.test(fault.code),
  );
});

test('a device that accepts and hangs up at once is a fault after a few tries, not a storm', async () => {
  await using server = await rawServer((one) => one.socket.destroy());
  await using device = await openModbus({ port: server.port, ...QUICK }, { 'p/a': point(1, 11) });
  await assert.rejects(
    device.until(() => false),
    (fault: Fault) => fault.code === 'modbus.lost',
  );
  assert.equal(server.connections, 3);
});

test('a busy device is asked again, and its points stay as they are', async () => {
  let busy = 2;
  await using server = await rawServer((one) => {
    if (busy-- > 0) answer(one, Uint8Array.of(one.code | 0x80, 6));
    else answer(one);
  });
  await using device = await openModbus({ port: server.port, ...QUICK }, { 'p/a': point(1, 11) });
  await device.until(() => device.rows.length >= 1);
  assert.deepEqual([device.rows[0]?.value, device.rows[0]?.quality], [11, Quality.good]);
});

test('a write that is sent and not answered is unknown, and is not repeated', async () => {
  let writes = 0;
  await using server = await rawServer((one) => {
    if (one.code === 6) writes++;
    else answer(one);
  });
  await using device = await openModbus({ port: server.port, ...QUICK }, { 'p/a': point(1, 11) });
  const result = await device.write('p/a', 5);
  assert.equal(result.state, 'unknown');
  await device.until(() => device.rows.length > 5);
  assert.equal(writes, 1);
});

test('a write that was withdrawn before it could be sent is not sent', async () => {
  await using server = await rawServer(answer);
  await using device = await openModbus({ port: server.port }, { 'p/a': point(1, 11) });
  const result = await device.write('p/a', 5, 5000, AbortSignal.abort());
  assert.equal(result.state, 'failed');
  assert.match(result.reason ?? '', /withdrawn/);
});

test('a write whose time ran out in the queue is never sent', async () => {
  let writes = 0;
  await using server = await rawServer((one) => {
    if (one.code === 6) writes++;
    // Reads are never answered, so that the bus is taken when the write is asked for.
    if (one.code > 4) answer(one);
  });
  await using device = await openModbus(
    { port: server.port, timeoutMs: 300 },
    { 'p/a': point(1, 11), 'p/b': point(2, 12) },
  );
  const deadline = Date.now() + 3000;
  while (device.requests.length === 0 && Date.now() < deadline) await new Promise(setImmediate);
  // One read has just timed out and the next one is open: the bus is free again only after 300 ms.
  const result = await device.write('p/b', 5, 20);
  assert.equal(result.state, 'failed');
  assert.match(result.reason ?? '', /time to live/);
  assert.equal(writes, 0);
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

test('a source that nobody reads stops polling instead of growing', async () => {
  let asked = 0;
  await using server = await rawServer((one) => {
    asked++;
    answer(one);
  });
  const points = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`p/t${i}`, point(1, i)]));
  await using device = await openModbus({ port: server.port, everyMs: 10, requestsPerS: 10_000 }, points);
  const limit = (4096 + 16 * 120) / 120 + 2;
  const deadline = Date.now() + 5000;
  let quiet = 0;
  for (let seen = -1; quiet < 5 && Date.now() < deadline; seen = asked) {
    quiet = seen === asked ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.ok(quiet >= 5 && asked <= limit, `${asked} reads, ${limit} fit`);
  await device.until(() => device.rows.length >= 120);
  const before = asked;
  await device.until(() => asked > before);
});
