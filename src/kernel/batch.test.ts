import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchBuilder, pickRows, type Value, wideAt } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';

const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.string(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.array(fc.string()),
);

/** The value of a row the way it was put in, booleans as 0 and 1. */
const valueAt = (batch: ReturnType<BatchBuilder['take']>, row: number): Value =>
  wideAt(batch, row) ?? (batch.value[row] as number);
const asStored = (value: Value): Value => (typeof value === 'boolean' ? Number(value) : value);

test('a builder gives back every row as it was added, however many', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 300 }), (values) => {
      const rows = new BatchBuilder();
      for (const [i, value] of values.entries()) rows.addValue(i, i * 2, value);
      const batch = rows.take({ receivedUs: 5 });
      assert.equal(batch.rows, values.length);
      assert.deepEqual(
        values.map((_, i) => valueAt(batch, i)),
        values.map(asStored),
      );
      assert.equal(rows.rows, 0);
    }),
  );
});

test('picking rows keeps their order, their qualities and their wide values', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyValue, fc.boolean()), { maxLength: 80 }), (marked) => {
      const rows = new BatchBuilder();
      for (const [i, [value]] of marked.entries()) rows.addValue(i, i, value, Quality.uncertain);
      const picked = pickRows(
        rows.take({ receivedUs: 1 }),
        Uint8Array.from(marked, ([, keep]) => Number(keep)),
      );
      const expected = marked.flatMap(([value, keep], i) => (keep ? [[i, asStored(value)]] : []));
      assert.deepEqual(
        [...picked.tag].map((tag, i) => [tag, valueAt(picked, i)]),
        expected,
      );
      assert.ok([...picked.quality].every((quality) => quality === Quality.uncertain));
    }),
  );
});

test('picking all rows gives the same batch', () => {
  const rows = new BatchBuilder();
  rows.add(1, 1, 1);
  const batch = rows.take({ receivedUs: 1 });
  assert.equal(pickRows(batch, Uint8Array.of(1)), batch);
});

test('a batch does not change when its builder goes on', () => {
  const rows = new BatchBuilder();
  rows.addValue(1, 1, 'first');
  const batch = rows.take({ receivedUs: 1 });
  rows.addValue(2, 2, 'second');
  assert.equal(batch.tag[0], 1);
  assert.equal(wideAt(batch, 0), 'first');
});
