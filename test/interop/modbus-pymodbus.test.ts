import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NUMBER_TYPES, type NumberType, sizeOf } from '#codec/modbus/registers.ts';
import { type Endian, type Item, pymodbusMissing, pymodbusServer } from '#test/interop/modbus-peer.ts';
import { openModbus, type TagAt } from '#test/modbus-rig.ts';

const skip = pymodbusMissing;

/** Our name for a pair of pymodbus's byte order and word order. */
const ORDERS: { readonly [bytes: number]: { readonly [pair: string]: string } } = {
  2: { 'big big': 'AB', 'little big': 'BA' },
  4: { 'big big': 'ABCD', 'big little': 'CDAB', 'little big': 'BADC', 'little little': 'DCBA' },
  8: {
    'big big': 'ABCDEFGH',
    'big little': 'GHEFCDAB',
    'little big': 'BADCFEHG',
    'little little': 'HGFEDCBA',
  },
};

/** Values that no two orders read alike, and that show sign and width. */
const VALUES: { readonly [T in NumberType]: readonly string[] } = {
  int16: ['-12345', '-32768'],
  uint16: ['12345', '65535'],
  int32: ['-123456789', '2147483647'],
  uint32: ['305419896', '4294967295'],
  int64: ['-9007199254740993', '-9223372036854775808'],
  uint64: ['9007199254740993', '18446744073709551615'],
  float32: ['123456.7890625', '-1.5'],
  float64: ['3.141592653589793', '-1e-300'],
};

interface Case {
  readonly item: Item;
  readonly path: string;
  readonly order: string;
}

/** Every type in every order, one behind the other. @param which of the two values */
function cases(which: 0 | 1): Case[] {
  const all: Case[] = [];
  let at = 0;
  for (const type of NUMBER_TYPES) {
    for (const [pair, order] of Object.entries(ORDERS[sizeOf(type)] ?? {})) {
      const [bytes, words] = pair.split(' ') as [Endian, Endian];
      const path = `${type}/${order.toLowerCase()}`;
      all.push({ item: [at, type, bytes, words, VALUES[type][which] as string], path, order });
      at += sizeOf(type) / 2;
    }
  }
  return all;
}

const isBig = (type: string): boolean => type === 'int64' || type === 'uint64';

function tagsOf(all: readonly Case[], table: 'holding' | 'input'): Record<string, TagAt> {
  return Object.fromEntries(
    all.map(({ item: [at, type], path, order }) => [
      path,
      {
        at: { [table]: at, as: type, order },
        type: isBig(type) ? 'int64' : 'number',
        access: table === 'holding' ? 'readWrite' : 'read',
      } satisfies TagAt,
    ]),
  );
}

const numberOf = (type: string, text: string): number | bigint => (isBig(type) ? BigInt(text) : Number(text));

for (const [transport, framer] of [
  ['tcp', 'tcp'],
  ['rtu-over-tcp', 'rtu'],
] as const) {
  test(`over ${transport} our values equal what pymodbus serves, in every type and order`, {
    skip,
  }, async () => {
    const all = cases(0);
    await using server = await pymodbusServer(
      all.map(({ item }) => item),
      framer,
    );
    for (const table of ['holding', 'input'] as const) {
      await using device = await openModbus({ port: server.port, transport }, tagsOf(all, table));
      await device.until(() => all.every(({ path }) => device.last(path)));
      for (const { item, path } of all) {
        assert.equal(device.last(path)?.value, numberOf(item[1], item[4]), `${table} ${path}`);
      }
    }
  });

  test(`over ${transport} our writes arrive at pymodbus, in every type and order`, { skip }, async () => {
    const all = cases(1);
    await using server = await pymodbusServer([], framer);
    await using device = await openModbus(
      { port: server.port, transport },
      {
        ...tagsOf(all, 'holding'),
        'some/coil': { at: { coil: 7 }, type: 'boolean' },
        'more/coil': { at: { coil: 8, multiple: true }, type: 'boolean' },
        'some/bit': { at: { holding: 500, bit: 9 }, type: 'boolean' },
        'sole/bit': { at: { holding: 500, bit: 2, soleWriter: true }, type: 'boolean' },
      },
    );
    for (const { item, path } of all) {
      const [at, type, bytes, words, text] = item;
      const value = numberOf(type, text);
      assert.deepEqual(await device.write(path, value), { state: 'sent' }, path);
      const there = await server.valueAt('holding', at, type, bytes, words);
      assert.equal(numberOf(type, there), value, path);
    }
    for (const path of ['some/coil', 'more/coil', 'some/bit', 'sole/bit']) {
      assert.deepEqual(await device.write(path, true), { state: 'sent' }, path);
    }
    assert.equal(await server.valueAt('coil', 7), '1');
    assert.equal(await server.valueAt('coil', 8), '1');
    assert.equal(await server.valueAt('holding', 500), String((1 << 9) | (1 << 2)));
  });
}

test('pymodbus refuses an address that it does not have, and only that point is bad', { skip }, async () => {
  await using server = await pymodbusServer([[999, 'uint16', 'big', 'big', '42']]);
  await using device = await openModbus(
    { port: server.port },
    { 'p/last': { at: { holding: 999 } }, 'p/beyond': { at: { holding: 1000 } } },
  );
  await device.until(() => device.last('p/beyond') && device.last('p/last'));
  assert.equal(device.last('p/last')?.value, 42);
  assert.ok(Number.isNaN(device.last('p/beyond')?.value));
});
