import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ByteSink, ByteSource } from '#journal/bytes.ts';
import { at } from '#kernel/batch.ts';
import type { Fault } from '#kernel/fault.ts';
import { plainSamples, rowsOf, samplesOf, sortedRows, usable, wildSamples } from '#test/historian/samples.ts';
import { ChunkWriter, openChunk } from './chunk.ts';
import { BLOCK_ROWS, IntegerWriter, readIntegers } from './integers.ts';
import { allocRows, type Rows, sliceRows } from './rows.ts';
import { readValues, ValueWriter } from './values.ts';

const writer = new ChunkWriter();
const encoded = (rows: Rows, tag = 7): Uint8Array => writer.write(tag, rows).slice();

test('any whole numbers come back, however far apart', () => {
  const integers = new IntegerWriter();
  const number = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(2 ** 51, -(2 ** 51), 2 ** 53, 0),
  );
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: BLOCK_ROWS, size: 'max' }), (numbers) => {
      const sink = new ByteSink();
      integers.write(sink, Float64Array.from(numbers), numbers.length);
      sink.put(new Uint8Array(3));
      const into = new Float64Array(BLOCK_ROWS);
      const source = new ByteSource(sink.bytes);
      readIntegers(source, numbers.length, into);
      assert.deepEqual(
        [...into.subarray(0, numbers.length)],
        numbers.map((n) => n + 0),
      );
      assert.equal(source.left, 3);
    }),
  );
});

test('steps of one size with a pause and a spike take a few bytes, whatever the size', () => {
  const integers = new IntegerWriter();
  const numbers = Float64Array.from({ length: 256 }, (_, i) => 5_000_000 * i + (i > 100 ? 3.6e9 : 0));
  const sink = new ByteSink();
  integers.write(sink, numbers, 256);
  assert.ok(sink.length < 24, `${sink.length} bytes`);
});

test('every double comes back bit by bit, −0 and the infinities too', () => {
  const values = new ValueWriter();
  const any = fc.oneof(
    fc.double({ noNaN: true }),
    fc.float({ noNaN: true }),
    fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 1000),
    fc.constantFrom(-0, Infinity, -Infinity, 2 ** 53, 5e-324),
  );
  const column = fc.oneof(
    fc.array(any, { minLength: 1, maxLength: BLOCK_ROWS }),
    fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 99 }),
    fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 99 }),
  );
  fc.assert(
    fc.property(column, (numbers) => {
      const sink = new ByteSink();
      values.write(sink, Float64Array.from(numbers), numbers.length);
      sink.put(new Uint8Array(3));
      const into = new Float64Array(BLOCK_ROWS);
      readValues(new ByteSource(sink.bytes), numbers.length, into);
      assert.deepEqual([...into.subarray(0, numbers.length)], numbers);
    }),
  );
});

test('any rows come back: values, qualities, wide values, equal times', () => {
  fc.assert(
    fc.property(wildSamples, (samples) => {
      const rows = sortedRows(samples);
      if (rows.timeUs.length === 0) return;
      const chunk = openChunk(7, encoded(rows));
      assert.deepEqual(samplesOf(chunk.read()), samplesOf(rows));
      for (let b = 0; b < chunk.blocks; b++) {
        const from = b * BLOCK_ROWS;
        const part = sliceRows(rows, from, from + chunk.rowsIn(b));
        assert.deepEqual(samplesOf(chunk.read(b, b + 1)), samplesOf(part), `block ${b} by itself`);
        assert.deepEqual([...chunk.timesOf(b)], [...part.timeUs]);
      }
    }),
    { numRuns: 300 },
  );
});

test('summaries say of the usable rows what counting says', () => {
  fc.assert(
    fc.property(plainSamples, (samples) => {
      const rows = sortedRows(samples);
      if (rows.timeUs.length === 0) return;
      const chunk = openChunk(7, encoded(rows));
      for (let b = 0; b < chunk.blocks; b++) {
        const block = samplesOf(chunk.read(b, b + 1));
        const values = block.filter(usable).map(({ value }) => value);
        const { count, min, max, minRow, maxRow, sum } = chunk.summaryOf(b);
        assert.equal(count, values.length);
        if (count === 0) continue;
        assert.equal(min + 0, Math.min(...values) + 0);
        assert.equal(max + 0, Math.max(...values) + 0);
        assert.equal(block[minRow]?.value, min);
        assert.equal(block[maxRow]?.value, max);
        assert.ok(Math.abs(sum - values.reduce((a, v) => a + v, 0)) < 1e-6);
      }
      if (chunk.summary) assert.equal(chunk.summary.count, samplesOf(rows).filter(usable).length);
    }),
  );
});

test('a changed byte anywhere is noticed', () => {
  const bytes = encoded(sortedRows(Array.from({ length: 300 }, (_, i) => sample(i * 1e6, i / 10))));
  for (let i = 0; i < bytes.length; i++) {
    const broken = bytes.slice();
    broken[i] = at(broken, i) ^ 0x40;
    assert.throws(
      () => openChunk(7, broken),
      (fault: Fault) => fault.code === 'historian.damaged-chunk',
    );
  }
  assert.throws(() => openChunk(8, bytes), /another tag/);
  assert.throws(() => openChunk(7, bytes.subarray(0, 20)), /does not begin/);
});

const sample = (timeUs: number, value: number) => ({ timeUs, value, quality: 0 });

test('a decimal a second takes about a byte', () => {
  const rows = allocRows(8192);
  let level = 2000;
  let seed = 1;
  for (let i = 0; i < 8192; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    level += Math.round((seed / 2 ** 32 - 0.5) * 40);
    rows.timeUs[i] = 1_790_000_000_000_000 + i * 1_000_000;
    rows.value[i] = level / 100;
  }
  const bytes = encoded(rows).length;
  assert.ok(bytes / 8192 <= 1.2, `${bytes / 8192} bytes a sample`);
});

test('text that repeats is kept once', () => {
  const samples = Array.from({ length: 2000 }, (_, i) => ({
    ...sample(i * 1e6, Number.NaN),
    wide: i % 500 < 250 ? 'running and well' : 'stopped by an operator',
  }));
  const rows = rowsOf(samples);
  const bytes = encoded(rows);
  assert.ok(bytes.length < 500, `${bytes.length} bytes`);
  assert.deepEqual(samplesOf(openChunk(7, bytes).read()), samplesOf(rows));
});
