import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { exception, freePort, libraryServer, openModbus } from '#test/modbus-rig.ts';

/** Registers and coils in memory, for every unit; addresses beyond 200 do not exist. */
function memory() {
  const registers = new Uint16Array(201);
  const coils = new Uint8Array(201);
  const reads: string[] = [];
  const known = (address: number) => {
    if (address > 200) throw exception(2);
  };
  const many = (address: number, length: number) => {
    reads.push(`${address}+${length}`);
    known(address + length - 1);
    return [...registers.subarray(address, address + length)];
  };
  const vector = {
    getMultipleHoldingRegisters: many,
    getMultipleInputRegisters: many,
    // The server asks these where one register is read.
    getHoldingRegister: (address: number) => many(address, 1)[0] as number,
    getInputRegister: (address: number) => many(address, 1)[0] as number,
    getCoil: (address: number) => coils[address] === 1,
    getDiscreteInput: (address: number) => coils[address] === 1,
    setRegister: (address: number, value: number) => {
      known(address);
      registers[address] = value;
    },
    setCoil: (address: number, value: boolean) => {
      known(address);
      coils[address] = value ? 1 : 0;
    },
  };
  return { registers, coils, reads, vector };
}

test('reads every table, in one batch by column, raw and good', async () => {
  const { registers, coils, vector } = memory();
  registers.set([0x47f1, 0x2065, 0xfffe, 0b100], 10);
  coils[3] = 1;
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port },
    {
      'p/flow': { at: { holding: 10, as: 'float32' } },
      'p/level': { at: { input: 12, as: 'int16' }, access: 'read' },
      'p/bit': { at: { holding: 13, bit: 2 }, type: 'boolean' },
      'p/open': { at: { coil: 3 }, type: 'boolean' },
      'p/shut': { at: { discrete: 4 }, type: 'boolean', access: 'read' },
    },
  );
  const paths = ['p/flow', 'p/level', 'p/bit', 'p/open', 'p/shut'];
  await device.until(() => paths.every((path) => device.last(path)));
  assert.deepEqual(
    paths.map((path) => device.last(path)?.value),
    [Math.fround(123456.789), -2, 1, 1, 0],
  );
  assert.ok(device.rows.every((row) => row.quality === Quality.good));
  assert.deepEqual(device.gaps, []);
});

test('64-bit integers travel exactly where the tag is one, and text as text', async () => {
  const { registers, vector } = memory();
  registers.set([0x0020, 0, 0, 1], 0); // 2^53 + 1
  registers.set([0x5075, 0x6d70, 0x6500], 4);
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port },
    {
      'p/count': { at: { holding: 0, as: 'uint64' }, type: 'int64' },
      'p/rounded': { at: { holding: 0, as: 'uint64' } },
      'p/name': { at: { holding: 4, as: 'text', length: 6 }, type: 'text' },
    },
  );
  await device.until(() => device.rows.length >= 3);
  assert.equal(device.last('p/count')?.value, 9_007_199_254_740_993n);
  assert.equal(device.last('p/rounded')?.value, 2 ** 53);
  assert.equal(device.last('p/name')?.value, 'Pumpe');
});

const APART = { 'p/a': { at: { holding: 0 } }, 'p/b': { at: { holding: 5 } } };

for (const [what, blocks, wanted] of [
  ['two points are read apart where nobody declared what lies between them', [], ['0+1', '5+1']],
  ['two points are read together across declared addresses', [{ holding: [0, 9] }], ['0+6']],
] as const) {
  test(what, async () => {
    const { reads, vector } = memory();
    await using server = await libraryServer(vector);
    await using device = await openModbus({ port: server.port, blocks }, APART);
    await device.until(() => device.last('p/a') && device.last('p/b'));
    assert.deepEqual(new Set(reads), new Set(wanted));
  });
}

test('one wrong address does not take its neighbours along, and is said once', async () => {
  const { registers, vector } = memory();
  registers.set([7, 8], 199);
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port },
    {
      'p/a': { at: { holding: 199 } },
      'p/b': { at: { holding: 200 } },
      'p/wrong': { at: { holding: 201 } },
    },
  );
  const good = (path: string) => device.rows.filter((row) => row.path === path && row.quality === 0).length;
  await device.until(() => good('p/a') > 2 && good('p/b') > 2 && device.last('p/wrong'));
  assert.equal(device.last('p/b')?.value, 8);
  assert.equal(device.last('p/wrong')?.quality, Quality.badNodeUnknown);
  assert.ok(Number.isNaN(device.last('p/wrong')?.value));
  assert.equal(device.rows.filter((row) => row.path === 'p/wrong').length, 1);
  const told = device.events.filter((event) => event.name === 'modbus.refused-address');
  assert.deepEqual(
    told.map((event) => event.subject),
    ['p/wrong'],
  );
});

test('a declared range with a hole in the device is said, and its points are read all the same', async () => {
  const { vector } = memory();
  const holed = {
    ...vector,
    getMultipleHoldingRegisters: (address: number, length: number) => {
      if (address <= 5 && address + length > 5) throw exception(2);
      return vector.getMultipleHoldingRegisters(address, length);
    },
  };
  await using server = await libraryServer(holed);
  await using device = await openModbus(
    { port: server.port, blocks: [{ holding: [0, 10] }] },
    { 'p/a': { at: { holding: 4 } }, 'p/b': { at: { holding: 6 } } },
  );
  const good = (path: string) => device.rows.filter((row) => row.path === path && row.quality === 0).length;
  await device.until(() => good('p/a') > 2 && good('p/b') > 2);
  assert.deepEqual(
    device.events.map((event) => event.name),
    ['modbus.refused-block'],
  );
});

test('writes of all shapes arrive', async () => {
  const { registers, coils, vector } = memory();
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port },
    {
      'p/word': { at: { holding: 0, as: 'int16' } },
      'p/speed': { at: { holding: 2, as: 'float32', order: 'CDAB' } },
      'p/total': { at: { holding: 4, as: 'int64' }, type: 'int64' },
      'p/name': { at: { holding: 8, as: 'text', length: 5 }, type: 'text' },
      'p/one': { at: { holding: 12, multiple: true } },
      'p/valve': { at: { coil: 1 }, type: 'boolean' },
      'p/valves': { at: { coil: 2, multiple: true }, type: 'boolean' },
    },
  );
  const sent = { state: 'sent' };
  assert.deepEqual(await device.write('p/word', -2.0000001), sent);
  assert.deepEqual(await device.write('p/speed', 12.5), sent);
  assert.deepEqual(await device.write('p/total', 9_007_199_254_740_993n), sent);
  assert.deepEqual(await device.write('p/name', 'Otto'), sent);
  assert.deepEqual(await device.write('p/one', 77), sent);
  assert.deepEqual(await device.write('p/valve', true), sent);
  assert.deepEqual(await device.write('p/valves', 1), sent);
  assert.deepEqual([...registers.subarray(0, 8)], [0xfffe, 0, 0, 0x4148, 0x20, 0, 0, 1]);
  assert.deepEqual([registers[12], coils[1], coils[2]], [77, 1, 1]);
});

test('a bit is written only by mask, or by a declared sole writer, whose turns do not mix', async () => {
  const { registers, vector } = memory();
  registers[0] = 0x8000;
  await using server = await libraryServer(vector);
  const points = Object.fromEntries(
    Array.from({ length: 8 }, (_, bit) => [
      `p/sole${bit}`,
      { at: { holding: 0, bit, soleWriter: true }, type: 'boolean' as const },
    ]),
  );
  await using device = await openModbus(
    { port: server.port },
    { ...points, 'p/mask': { at: { holding: 0, bit: 9 }, type: 'boolean' } },
  );
  const results = await Promise.all(Object.keys(points).map((path) => device.write(path, 1)));
  assert.ok(results.every((result) => result.state === 'sent'));
  assert.equal(registers[0], 0x80ff);
  // The library's server knows no function 22: the device says no, and nothing else is tried.
  const refused = await device.write('p/mask', 1);
  assert.equal(refused.state, 'refused');
  assert.match(refused.reason ?? '', /illegal function/);
  assert.equal(registers[0], 0x80ff);
});

test('a whole register that is written while a bit of it is read and written back is not undone', async () => {
  const { registers, vector } = memory();
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port },
    {
      'p/bit': { at: { holding: 5, bit: 0, soleWriter: true }, type: 'boolean' },
      'p/word': { at: { holding: 5 } },
      'p/pair': { at: { holding: 4, as: 'uint32' } },
    },
  );
  const both = [device.write('p/bit', 1), device.write('p/word', 0x80)];
  for (const { state } of await Promise.all(both)) assert.equal(state, 'sent');
  assert.equal(registers[5], 0x80);
  // The second register of a value of two counts as well.
  const pair = [device.write('p/bit', 1), device.write('p/pair', 0x0001_0100)];
  for (const { state } of await Promise.all(pair)) assert.equal(state, 'sent');
  assert.deepEqual([registers[4], registers[5]], [1, 0x100]);
});

test('a write that the device refuses, that does not fit, or that came too late says so', async () => {
  const { vector } = memory();
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port },
    { 'p/far': { at: { holding: 900 }, access: 'write' }, 'p/word': { at: { holding: 0, as: 'int16' } } },
  );
  const refused = await device.write('p/far', 1);
  assert.equal(refused.state, 'refused');
  assert.match(refused.reason ?? '', /illegal data address/);
  assert.match((await device.write('p/word', 40_000)).reason ?? '', /does not fit int16/);
  const late = await device.write('p/word', 1, -1);
  assert.equal(late.state, 'failed');
  assert.match(late.reason ?? '', /time to live/);
});

test('a tag that is only written is never read', async () => {
  const { reads, vector } = memory();
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port },
    { 'p/out': { at: { holding: 50 }, access: 'write' }, 'p/in': { at: { holding: 0 } } },
  );
  await device.until(() => device.rows.length > 5);
  assert.deepEqual(new Set(reads), new Set(['0+1']));
});

test('a shadow cannot write', async () => {
  const { vector } = memory();
  await using server = await libraryServer(vector);
  await using device = await openModbus({ port: server.port }, { 'p/a': { at: { holding: 0 } } }, 'shadow');
  assert.equal(device.source.write, undefined);
});

test('requests keep to the cap, spread evenly', async () => {
  const { vector } = memory();
  const times: number[] = [];
  const timed = {
    ...vector,
    getHoldingRegister: (address: number) => {
      times.push(performance.now());
      return vector.getHoldingRegister(address);
    },
  };
  await using server = await libraryServer(timed);
  const points = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`p/t${i}`, { at: { holding: i * 2 } }]),
  );
  await using device = await openModbus({ port: server.port, requestsPerS: 50, everyMs: 20 }, points);
  await device.until(() => times.length >= 25);
  // Asked for are 400 a second. A machine that stalls in between may bunch some, so the limit is a generous one.
  const seconds = ((times[24] as number) - (times[0] as number)) / 1000;
  assert.ok(24 / seconds < 100, `${24 / seconds} requests a second`);
});

test('a device that cannot keep up is polled less often, and that is said once', async () => {
  const { vector } = memory();
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port, requestsPerS: 200, everyMs: 10 },
    Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`p/t${i}`, { at: { holding: i * 2 } }])),
  );
  const told = () => device.events.filter((event) => event.name === 'modbus.cannot-keep-up').length;
  await device.until(() => told() > 0);
  await device.until(() => device.rows.length > 80);
  assert.equal(told(), 1);
});

test('nobody listening is a fault with a hint, left to the supervisor', async () => {
  const port = await freePort();
  await assert.rejects(openModbus({ port }, { 'p/a': { at: { holding: 0 } } }), (fault: Fault) => {
    assert.equal(fault.code, 'tcp.refused');
    assert.ok(fault.hint);
    return true;
  });
});

test('browsing walks declared ranges, or a named unit address by address', async () => {
  const { registers, vector } = memory();
  registers.set([5, 6, 7], 198);
  await using server = await libraryServer(vector);
  await using device = await openModbus(
    { port: server.port, blocks: [{ unit: 1, holding: [198, 200] }, { coils: [0, 1] }] },
    { 'p/a': { at: { holding: 0, everyMs: 60_000 } } },
  );
  const walk = async (from?: string) => {
    const found = [];
    for await (const one of device.source.browse?.(from, AbortSignal.timeout(5000)) ?? []) found.push(one);
    return found;
  };
  const declared = await walk();
  assert.deepEqual(
    declared.map((one) => one.value),
    [5, 6, 7, 0, 0],
  );
  assert.deepEqual(declared[0]?.address, { unit: 1, holding: 198 });
  const beyond = await walk('1/holding/199-203');
  assert.deepEqual(
    beyond.map((one) => one.value),
    [6, 7],
  );
  await assert.rejects(walk('everything'), /neither a unit nor a range/);
});

test('closing ends a read that waits, and the connection', async () => {
  const { vector } = memory();
  await using server = await libraryServer(vector);
  const device = await openModbus({ port: server.port }, {});
  const reading = device.until(() => false);
  await device[Symbol.asyncDispose]();
  await assert.rejects(reading, (fault: Fault) => fault.code === 'modbus.closed');
  const deadline = Date.now() + 3000;
  while (server.connections > 0 && Date.now() < deadline) await new Promise(setImmediate);
  assert.equal(server.connections, 0);
});
