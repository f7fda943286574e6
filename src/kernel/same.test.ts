import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isSameValue } from '#kernel/same.ts';

test('the order of keys says nothing, that of a list does', () => {
  assert.ok(isSameValue({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }));
  assert.ok(!isSameValue([1, 2], [2, 1]));
  assert.ok(!isSameValue({ a: undefined }, { b: undefined }));
  assert.ok(!isSameValue([], {}));
  assert.ok(isSameValue(Number.NaN, Number.NaN));
});

test('says what isDeepStrictEqual says of values that a file may hold', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.equal(isSameValue(a, b), isDeepStrictEqual(a, b));
      assert.ok(isSameValue(a, structuredClone(a)));
    }),
  );
});
