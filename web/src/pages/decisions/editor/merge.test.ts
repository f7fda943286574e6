import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { merged } from './merge.ts';

const BASE = 'a\nb\nc\nd\ne\nf\ng\n';

test('changes of different lines are put together', () => {
  assert.equal(merged(BASE, BASE.replace('b', 'B'), BASE.replace('f', 'F')), 'a\nB\nc\nd\ne\nF\ng\n');
  assert.equal(merged(BASE, BASE.replace('b\n', ''), `${BASE}h\n`), 'a\nc\nd\ne\nf\ng\nh\n');
});

test('the same line changed by both is for a person', () => {
  assert.equal(merged(BASE, BASE.replace('c', 'C1'), BASE.replace('c', 'C2')), undefined);
  assert.equal(merged(BASE, BASE.replace('c\n', ''), BASE.replace('c', 'C')), undefined);
});

test('what both changed alike is one change', () => {
  const same = BASE.replace('c', 'C');
  assert.equal(merged(BASE, same, same), same);
});

test('empty lines are lines', () => {
  for (const [base, other] of [
    ['\n\n  c\na', '\n  c\na'],
    ['a\n  c\na\n  c\n\n\n\nb\na\na', '\na\n\n  c\n\n\nb\n\n'],
  ] as const) {
    assert.equal(merged(base, other, base), other);
    assert.equal(merged(base, base, other), other);
  }
});

test('what has more different lines than can be told apart is for a person', () => {
  const many = Array.from({ length: 70_000 }, (_, i) => `${i}\n`).join('');
  assert.equal(merged(many, `${many}x\n`, many), undefined);
});

test('a side that changed nothing leaves the other one as it is', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '', '  c'), { maxLength: 12 })
    .map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (base, other) => {
      assert.equal(merged(base, other, base), other);
      assert.equal(merged(base, base, other), other);
    }),
    { numRuns: 5000 },
  );
});
