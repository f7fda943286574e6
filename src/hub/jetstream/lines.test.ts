import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { series } from '#test/crash/journal-fixture.ts';
import { pieces, rowBehind } from './lines.ts';

const WIDE: Batch = {
  ...allocBatch(3, { receivedUs: 0 }),
  value: new Float64Array([Number.NaN, Number.NaN, Number.NaN]),
  wide: { row: new Uint32Array([0, 1]), value: ['Ünrein "x"', 2n ** 60n] },
};
const textOf = (batch: Batch, most = 1e6, from = 0, name?: string) =>
  [...pieces('north', batch, from, most, () => name)].map(({ text }) => text);

test('a sample is a line: number, text, 64 bits, and nothing where there is no value', () => {
  const number = { ...series([1.5]), quality: new Uint16Array([Quality.badTimeout]) };
  assert.deepEqual(textOf(number, 1e6, 0, 'a/"b"'), [
    '{"site":"north","tag":"a/\\"b\\"","timeUs":1790000000000000,"value":1.5,"quality":"badTimeout"}\n',
  ]);
  const values = (textOf(WIDE)[0] ?? '').trimEnd().split('\n');
  assert.deepEqual(
    values.map((line) => JSON.parse(line).value),
    ['Ünrein "x"', '1152921504606846976', null],
  );
  assert.equal(JSON.parse(values[0] ?? '').number, 0);
});

test('a value that no message can carry is told as left out, and holds up nothing', () => {
  const large: Batch = { ...WIDE, wide: { row: new Uint32Array([1]), value: ['x'.repeat(2000)] } };
  const lines = textOf(large, 500).flatMap((text) => text.trimEnd().split('\n'));
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).omittedBytes),
    [undefined, 2002, undefined],
  );
});

test('however it is cut and wherever it begins, the lines are the same, and no piece is too large', () => {
  const values = fc.array(fc.double(), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(values, fc.integer({ min: 300, max: 2000 }), fc.nat(), (all, most, n) => {
      const batch = series(all);
      const whole = textOf(batch).join('');
      const cut = [...pieces('north', batch, 0, most, () => 'täg')];
      for (const { text } of cut) assert.ok(Buffer.byteLength(text) <= most);
      assert.equal(cut.at(-1)?.to, all.length);
      const from = n % all.length;
      const lines = whole.split('\n').slice(from).join('\n');
      assert.equal(textOf(batch, most, from).join(''), lines);
    }),
  );
});

test('what a stream has of rows is found by its last lines, however rows and messages are cut', () => {
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `{"value":${from + n}}\n`).join('');
  const bounded = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(bounded, bounded, bounded, bounded, fc.boolean(), (a, b, c, d, isKnown) => {
      const [begin = 0, end = 0] = [a, b].toSorted((x, y) => x - y);
      const [from = 0, to = 0] = [c, d + 1].toSorted((x, y) => x - y);
      if (from === to) return;
      const isInside = to > begin && to <= end;
      const expected = isKnown && isInside ? to - begin : 0;
      assert.equal(rowBehind(lines(begin, end), lines(from, to), expected), isInside ? to - begin : 0);
    }),
  );
});

test('a line that comes twice is taken for the first, and one that only looks like the last for another', () => {
  assert.equal(rowBehind('a\nb\na\nb\n', 'a\nb\n', 0), 2);
  assert.equal(rowBehind('c\nb\nd\n', 'a\nb\n', 0), 0);
  assert.equal(rowBehind('b\nd\n', 'a\nb\n', 0), 1);
  assert.equal(rowBehind('a\nb\na\nb\n', 'b\n', 4), 4);
});
