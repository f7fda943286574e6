import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bigReader,
  encodeNumber,
  encodeText,
  NUMBER_TYPES,
  type NumberType,
  numberReader,
  ORDERS,
  type Order,
  readBit,
  readText,
  sizeOf,
} from '#codec/modbus/registers.ts';
import type { Fault } from '#kernel/fault.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const read = (type: NumberType, order: Order, wire: string) => numberReader(type, order)(bytes(wire), 0);

test('123456.789 as float32 is read in all four orders', () => {
  const value = Math.fround(123456.789);
  assert.equal(read('float32', 'ABCD', '47f12065'), value);
  assert.equal(read('float32', 'CDAB', '206547f1'), value);
  assert.equal(read('float32', 'BADC', 'f1476520'), value);
  assert.equal(read('float32', 'DCBA', '6520f147'), value);
});

test('64-bit integers are read exactly in all four orders', () => {
  const wire = { ABCDEFGH: '0102030405060708', HGFEDCBA: '0807060504030201' };
  assert.equal(bigReader('int64', 'ABCDEFGH')(bytes(wire.ABCDEFGH), 0), 0x0102030405060708n);
  assert.equal(bigReader('uint64', 'HGFEDCBA')(bytes(wire.HGFEDCBA), 0), 0x0102030405060708n);
  assert.equal(bigReader('int64', 'GHEFCDAB')(bytes('0708050603040102'), 0), 0x0102030405060708n);
  assert.equal(bigReader('int64', 'BADCFEHG')(bytes('0201040306050807'), 0), 0x0102030405060708n);
  assert.equal(bigReader('int64', 'ABCDEFGH')(bytes('fffffffffffffffe'), 0), -2n);
});

test('what is written is what is read, for every type, order and value', () => {
  const pairs = NUMBER_TYPES.flatMap((type) =>
    ORDERS.filter((order) => order.length === sizeOf(type)).map((order) => [type, order] as const),
  );
  fc.assert(
    fc.property(fc.constantFrom(...pairs), fc.infiniteStream(fc.nat(255)), ([type, order], wild) => {
      const wire = Uint8Array.from({ length: sizeOf(type) }, () => wild.next().value as number);
      if (type.endsWith('64') && type !== 'float64') {
        const value = bigReader(type as 'int64', order)(wire, 0);
        assert.deepEqual(encodeNumber(type, order, value), wire);
        return;
      }
      const value = numberReader(type, order)(wire, 0);
      if (Number.isFinite(value)) assert.deepEqual(encodeNumber(type, order, value), wire);
    }),
  );
});

test('a reader begins where it is told', () => {
  assert.equal(numberReader('uint16', 'AB')(bytes('00000102ffff'), 2), 0x0102);
});

test('what a type cannot hold is refused instead of being wrapped', () => {
  const misfits = [
    ['int16', 32768],
    ['int16', -32769],
    ['uint16', -1],
    ['uint32', 2 ** 32],
    ['int64', 2n ** 63n],
    ['uint64', -1n],
    ['float32', 1e39],
    ['uint16', Number.NaN],
    ['float64', Number.POSITIVE_INFINITY],
  ] as const;
  for (const [type, value] of misfits) {
    const order = ORDERS.find((name) => name.length === sizeOf(type)) as Order;
    assert.throws(
      () => encodeNumber(type, order, value),
      (fault: Fault) => fault.code === 'modbus.does-not-fit',
      `${value} as ${type}`,
    );
  }
});

test('fractions that undoing a scale leaves are rounded', () => {
  assert.deepEqual(encodeNumber('int16', 'AB', 499.9999999), bytes('01f4'));
  assert.deepEqual(encodeNumber('int16', 'AB', -0.0000001), bytes('0000'));
});

test('text survives, with odd lengths and swapped bytes', () => {
  for (const order of ['AB', 'BA'] as const) {
    const wire = encodeText('Pumpe 3', 9, order);
    assert.equal(wire.length, 10);
    assert.equal(readText(wire, 0, 9, order), 'Pumpe 3');
  }
  assert.equal(Buffer.from(encodeText('AB', 2, 'BA')).toString(), 'BA');
  assert.equal(readText(bytes('4142202000'), 0, 5, 'AB'), 'AB');
});

test('text that is too long or not ISO 8859-1 is refused', () => {
  for (const text of ['too long', '€']) {
    assert.throws(() => encodeText(text, 4, 'AB'), /does not fit/);
  }
});

test('bits are counted from the lowest of the first byte', () => {
  const packed = Uint8Array.of(0b0000_0101, 0b1000_0000);
  assert.deepEqual(
    [0, 1, 2, 14, 15].map((i) => readBit(packed, i)),
    [1, 0, 1, 0, 1],
  );
});
