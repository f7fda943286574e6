import assert from 'node:assert/strict';
import { test } from 'node:test';
import { above, age, bytes, fit, number, sparkline, table } from '#cli/text.ts';

test('columns are as wide as their widest cell, and numbers stand to the right', () => {
  const lines = table(
    ['tag', 'value'],
    [
      ['a', '1.5'],
      ['longer', '12.5'],
    ],
  ).split('\n');
  assert.deepEqual(lines, ['tag     value', 'a         1.5', 'longer   12.5']);
});

test('a trend shows lowest, highest and holes', () => {
  assert.equal(sparkline([0, 1, Number.NaN, 0.5]), '▁█ ▅');
  assert.equal(sparkline([3, 3]), '▁▁');
});

test('what was said of a line or of the site names it beside the asset', () => {
  assert.equal(above('hall/line1/pump', 'hall/line1'), ' (of hall/line1)');
  assert.equal(above('hall/line1/pump', ''), ' (of the site)');
  assert.equal(above('hall/line1/pump', 'hall/line1/pump'), '');
  assert.equal(above('hall/line1/pump', undefined), '');
});

test('a line is cut at the width of the terminal', () => {
  assert.equal(fit('abcdef', 4), 'abc…');
  assert.equal(fit('abc', 4), 'abc');
});

test('sizes, ages and numbers read well', () => {
  assert.equal(bytes(1234), '1.2 kB');
  assert.equal(bytes(12), '12 B');
  assert.equal(age(400), '400 ms');
  assert.equal(age(7_200_000), '2.0 h');
  assert.equal(number(12345), '12 345');
  assert.equal(number(Number.NaN), '–');
});
