import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import fc from 'fast-check';
import type { DataChangeNotification } from 'node-opcua-client';
import { type Columns, columnsOf, readColumns, readTimeUs } from './columns.ts';
import { type Library, loadLibrary } from './library.ts';

interface Stream {
  buffer: Buffer;
  length: number;
}
const within = createRequire(import.meta.resolve('node-opcua-client'));
const { BinaryStream } = within('node-opcua-binary-stream') as { BinaryStream: new (size: number) => Stream };

let library: Library;
before(async () => {
  library = await loadLibrary();
});

/** As it comes over the wire: encoded by the library, then decoded by it inside its message. */
function sent(values: readonly object[]): DataChangeNotification {
  const note = new library.DataChangeNotification({
    monitoredItems: values.map((value, i) => ({ clientHandle: 1000 + i, value: value as never })),
  });
  const stream = new BinaryStream(100_000);
  new library.NotificationMessage({ notificationData: [note] }).encode(stream as never);
  stream.buffer = stream.buffer.subarray(0, stream.length);
  stream.length = 0;
  const message = new library.NotificationMessage();
  message.decode(stream as never);
  assert.equal(stream.length, stream.buffer.length, 'all was read');
  return message.notificationData?.[0] as unknown as DataChangeNotification;
}

function columns(values: readonly object[]): Columns {
  const found = columnsOf(sent(values));
  assert.ok(found);
  return found;
}

const double = (value: number, more: object = {}) => ({ value: { dataType: 11, value }, ...more });

test('scalars become doubles, by the type that they have', () => {
  const scalars = [
    [1, true, 1],
    [1, false, 0],
    [2, -128, -128],
    [3, 255, 255],
    [4, -32_768, -32_768],
    [5, 65_535, 65_535],
    [6, -2_147_483_648, -2_147_483_648],
    [7, 4_294_967_295, 4_294_967_295],
    [10, 0.5, 0.5],
    [11, Math.PI, Math.PI],
  ] as const;
  const found = columns(scalars.map(([dataType, value]) => ({ value: { dataType, value } })));
  assert.deepEqual(
    [...found.value],
    scalars.map(([, , expected]) => expected),
  );
  assert.deepEqual([...found.handle.slice(0, 2)], [1000, 1001]);
  assert.equal(found.wideRow.length, 0);
});

test('64-bit integers stay exact; what is no scalar comes as it is, at its row', () => {
  const found = columns([
    { value: { dataType: 8, arrayType: 0, value: [0xffdf_ffff, 0xffff_ffff] } },
    double(1),
    { value: { dataType: 9, arrayType: 0, value: [0xffff_ffff, 0xffff_fffe] } },
    { value: { dataType: 12, value: 'Grüße' } },
    { value: { dataType: 11, arrayType: 1, value: new Float64Array([1, 2]) } },
    double(2),
  ]);
  assert.deepEqual(found.wideRow, [0, 2, 3, 4]);
  assert.deepEqual(found.wideValue.slice(0, 2), [-9_007_199_254_740_993n, 2n ** 64n - 2n]);
  assert.deepEqual([found.value[1], found.value[5]], [1, 2]);
});

test('the source time counts, then the time of the server, then none', () => {
  const at = new Date('2026-01-02T03:04:05.678Z');
  const later = new Date('2026-01-02T03:04:06Z');
  const found = columns([
    double(1, { sourceTimestamp: at, serverTimestamp: later, sourcePicoseconds: 900_000_000 }),
    double(1, { sourceTimestamp: null, serverTimestamp: later }),
    double(1, { sourceTimestamp: null, serverTimestamp: null }),
  ]);
  assert.deepEqual([...found.timeUs], [at.getTime() * 1000 + 900, later.getTime() * 1000, 0]);
});

test('the whole status comes through, and a value beside a bad one', () => {
  const { BadSensorFailure } = library.StatusCodes;
  const found = columns([double(7, { statusCode: BadSensorFailure }), { statusCode: BadSensorFailure }]);
  assert.deepEqual([...found.status], [BadSensorFailure.value, BadSensorFailure.value]);
  assert.deepEqual([...found.value], [7, Number.NaN]);
});

test('whoever asks for the items of the library gets them still', () => {
  const note = sent([double(1), { value: { dataType: 12, value: 'x' } }]);
  assert.deepEqual(
    note.monitoredItems?.map(({ clientHandle, value }) => [clientHandle, value.value.value]),
    [
      [1000, 1],
      [1001, 'x'],
    ],
  );
});

test('bytes that end too soon are refused, wherever they end', () => {
  const stream = new BinaryStream(1000);
  const items = [1, 2].map((clientHandle) => ({ clientHandle, value: double(clientHandle) as never }));
  new library.DataChangeNotification({ monitoredItems: items }).encode(stream as never);
  const bytes = stream.buffer.subarray(0, stream.length - 4);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (cut) => {
      const short = Object.assign(new BinaryStream(1), { buffer: bytes.subarray(0, cut), length: 0 });
      assert.throws(() => readColumns(short, library.Variant), RangeError);
    }),
  );
});

test('times are exact to the microsecond, before and after 1970', () => {
  const ticks = fc.bigInt(1n, 0x7fff_fffe_ffff_ffffn);
  const buffer = Buffer.alloc(8);
  fc.assert(
    fc.property(ticks, (tick) => {
      buffer.writeBigInt64LE(tick);
      const us = (tick - 116_444_736_000_000_000n) / 10n;
      const floor = us - (tick % 10n !== 0n && tick < 116_444_736_000_000_000n ? 1n : 0n);
      if (us > 2n ** 53n || us < -(2n ** 53n)) return; // no double holds these
      assert.equal(BigInt(readTimeUs(buffer, 0)), floor);
    }),
  );
});

test('a status code that nobody knows is passed over without a word on the console', (t) => {
  const written = t.mock.method(process.stderr, 'write', () => true);
  const stream = new BinaryStream(16);
  const STATUS_CODE = 19;
  stream.buffer.writeUInt8(STATUS_CODE, 0);
  stream.buffer.writeUInt32LE(0xd35a_b940, 1);
  const variant = new library.Variant();
  variant.decode(stream as never);
  assert.equal(variant.dataType, STATUS_CODE);
  assert.equal(written.mock.callCount(), 0);
});
