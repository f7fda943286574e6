import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { allocBatch, type Batch, type Value } from '#kernel/batch.ts';
import { BlockWriter, readBlock, readBlockTags } from './block.ts';
import { Gather } from './gather.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
const { wide: wideValue } = fc.letrec<{ wide: Value }>((tie) => ({
  wide: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    int64,
    fc.bigInt(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('wide'), { maxLength: 4 }),
    fc.dictionary(fc.string(), fc.oneof(tie('wide'), fc.double(), fc.boolean(), fc.constant(null)), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));
const number = fc.oneof(
  fc.double(),
  fc.float(),
  fc.integer(),
  fc.integer({ min: -99999, max: 99999 }).map((n) => n / 100),
  fc.constantFrom(Number.NaN, -0, 0, Infinity, -Infinity, 5e-324, 2 ** 31, -(2 ** 31)),
);
const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 52 }), fc.constantFrom(0.5, 1.7e15));
const tagNumber = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(2 ** 32 - 1, 2 ** 20));

const batch = fc
  .record({
    rows: fc.array(fc.tuple(tagNumber, time, number, fc.integer({ min: 0, max: 65535 })), {
      maxLength: 40,
    }),
    wide: fc.array(fc.option(wideValue, { nil: undefined }), { maxLength: 40 }),
    receivedUs: time,
    late: fc.boolean(),
  })
  .map((given): Batch => {
    const out = allocBatch(given.rows.length, given);
    given.rows.forEach(([tag, timeUs, value, quality], i) => {
      out.tag[i] = tag;
      out.timeUs[i] = timeUs;
      out.value[i] = value;
      out.quality[i] = quality;
    });
    const row = [...given.rows.keys()].filter((i) => given.wide[i] !== undefined);
    if (row.length === 0) return out;
    return { ...out, wide: { row: Uint32Array.from(row), value: row.map((i) => given.wide[i] as Value) } };
  });

const bitsOf = (values: Float64Array): BigUint64Array =>
  new BigUint64Array(values.slice().buffer as ArrayBuffer);

test('a block gives back every row, bit by bit, in the order of arrival', () => {
  const writer = new BlockWriter();
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 5 }), (batches) => {
      const gather = new Gather();
      batches.forEach((one, i) => {
        gather.append(one, 7 << 8, i * 1000);
      });
      const read = readBlock(42, writer.write(42, gather.handOver()).slice());
      let from = 0;
      batches.forEach((one, i) => {
        const to = from + one.rows;
        assert.equal(read.markRows[i], one.rows);
        assert.equal(read.receivedUs[i], one.receivedUs);
        assert.deepEqual(read.rows.tag.slice(from, to), one.tag);
        assert.deepEqual(bitsOf(read.rows.timeUs.slice(from, to)), bitsOf(one.timeUs));
        assert.deepEqual(bitsOf(read.rows.value.slice(from, to)), bitsOf(one.value));
        assert.deepEqual(read.rows.quality.slice(from, to), one.quality);
        from = to;
      });
      const wides = batches.flatMap((one) => one.wide?.value ?? []);
      assert.deepEqual(read.rows.wide?.value ?? [], wides);
    }),
    { numRuns: 300 },
  );
});

test('a gathered block used again gives the same bytes as a fresh one', () => {
  fc.assert(
    fc.property(batch, batch, (before, one) => {
      const used = new Gather();
      used.append(before, 0, 1);
      used.clear();
      used.append(one, 0, 2);
      const fresh = new Gather();
      fresh.append(one, 0, 2);
      const writer = new BlockWriter();
      const expected = writer.write(1, fresh.handOver()).slice();
      assert.deepEqual(writer.write(1, used.handOver()), expected);
    }),
  );
});

test('a block with any one byte changed is refused, never read wrongly', () => {
  const gather = new Gather();
  const one = allocBatch(50, { receivedUs: 5 });
  one.value.forEach((_, i) => {
    one.tag[i] = i % 3;
    one.value[i] = i / 10;
  });
  gather.append(one, 0, 9);
  const bytes = new BlockWriter().write(3, gather.handOver()).slice();
  assert.deepEqual(readBlockTags(3, bytes), [0, 1, 2]);
  for (let i = 0; i < bytes.length; i++) {
    const changed = bytes.slice();
    changed[i] = (changed[i] as number) ^ 0x10;
    // Version and column count are outside of the checksum, the unused header bytes as well.
    if (i >= 5 && i < 8) continue;
    assert.throws(() => readBlock(3, changed), { code: /^journal\./ });
  }
});

test('a block that was moved to another place is refused', () => {
  const gather = new Gather();
  gather.point(1, 5);
  const bytes = new BlockWriter().write(3, gather.handOver());
  assert.throws(() => readBlock(4, bytes), { code: 'journal.damaged-block' });
});

test('a block that says it has billions of rows is refused at once, though its checksum fits', () => {
  const gather = new Gather();
  gather.append(allocBatch(3, { receivedUs: 5 }), 0, 9);
  const bytes = new BlockWriter().write(3, gather.handOver()).slice();
  // Rows, then marks: docs/formats/journal.md.
  for (const place of [12, 16]) {
    const forged = bytes.slice();
    const view = new DataView(forged.buffer);
    view.setUint32(place, 0x8000_0000, true);
    view.setUint32(8, crc32(forged.subarray(12)), true);
    assert.throws(() => readBlock(3, forged), { code: 'journal.damaged-block' });
  }
});
