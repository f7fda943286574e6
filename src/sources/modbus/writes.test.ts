import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, answer, openModbus, point, QUICK, rawServer } from '#test/modbus-rig.ts';

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
  assert.deepEqual(codes.slice(0, 2), [3, 6]);
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

test('a write to a unit that is known to be silent is not sent', async () => {
  let writes = 0;
  await using server = await rawServer((one) => {
    if (one.code === 6) writes++;
  });
  await using device = await openModbus(
    { port: server.port, timeoutMs: 40, probeMs: 60_000, probeMaxMs: 60_000 },
    { 'p/a': point(1, 11) },
  );
  await device.until(() => device.last('p/a'));
  const result = await device.write('p/a', 5);
  assert.equal(result.state, 'failed');
  assert.match(result.reason ?? '', /does not answer/);
  assert.equal(writes, 0);
});

test('a write costs one request, and what it wrote is read soon after, not a period later', async () => {
  const asked: Asked[] = [];
  await using server = await rawServer((one) => {
    asked.push(one);
    answer(one);
  });
  await using device = await openModbus(
    { port: server.port, everyMs: 60_000 },
    { 'p/a': point(1, 11), 'p/b': point(1, 50), 'p/out': { ...point(1, 90), access: 'write' } },
  );
  await device.until(() => device.last('p/a') && device.last('p/b'));
  asked.length = 0;
  assert.deepEqual(await device.write('p/a', 5), { state: 'sent' });
  await device.until(() => device.rows.filter(({ path }) => path === 'p/a').length === 2);
  assert.deepEqual(await device.write('p/out', 5), { state: 'sent' });
  assert.deepEqual(
    asked.map(({ code, address }) => `${code} ${address}`),
    ['6 11', '3 11', '6 90'],
  );
});

test('a read that is under way when its register is written is followed by another one', async () => {
  const reads: Asked[] = [];
  let writes = 0;
  await using server = await rawServer((one) => {
    if (one.code !== 3) writes++;
    if (one.code === 3) reads.push(one);
    else answer(one);
    const [first] = reads;
    if (first && writes > 0 && reads.length === 1) answer(first);
    if (one.code === 3 && reads.length > 1) answer(one);
  });
  await using device = await openModbus(
    { port: server.port, everyMs: 60_000, outstanding: 2, timeoutMs: 3000 },
    { 'p/a': point(1, 11) },
  );
  const deadline = Date.now() + 3000;
  while (reads.length === 0 && Date.now() < deadline) await new Promise(setImmediate);
  assert.equal((await device.write('p/a', 5)).state, 'sent');
  await device.until(() => device.rows.length === 2);
  assert.equal(reads.length, 2);
});
