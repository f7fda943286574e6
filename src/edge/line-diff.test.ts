import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffLines, unified } from '#edge/line-diff.ts';

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const manyLines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

/** Lines in common at most, by the table that everybody trusts. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number) => table[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      (table[i] as number[])[j] =
        a[i - 1] === b[j - 1] ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1));
  return at(a.length, b.length);
}

test('a difference holds both texts, and as much of both at once as can be', () => {
  fc.assert(
    fc.property(manyLines, manyLines, (a, b) => {
      const lines = diffLines(text(a), text(b));
      const side = (other: string) => lines.filter(({ sign }) => sign !== other).map((line) => line.text);
      assert.deepEqual(side('+'), a);
      assert.deepEqual(side('-'), b);
      assert.equal(lines.filter(({ sign }) => sign === ' ').length, longestCommon(a, b));
    }),
    { numRuns: 500 },
  );
});

test('it is printed as diff -u does', () => {
  const before = text(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
  const after = text(['1', '2', '3', '4', 'five', '6', '7', '8', '9', '10', '11', '12', '13']);
  assert.deepEqual(unified(diffLines(before, after)), [
    ...['@@ -2,7 +2,7 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'],
    ...['@@ -10,3 +10,4 @@', ' 10', ' 11', ' 12', '+13'],
  ]);
  assert.deepEqual(unified(diffLines(before, before)), []);
});

test('texts that have nothing in common are replaced, however long they are', () => {
  const lines = (prefix: string) => text(Array.from({ length: 5000 }, (_, i) => `${prefix}${i}`));
  const all = diffLines(lines('a'), lines('b'));
  assert.equal(all.length, 10_000);
});
