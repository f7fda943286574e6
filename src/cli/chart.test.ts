import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chart, type Envelope, stretches } from '#cli/chart.ts';

const COLUMNS = 40;
const size = { columns: COLUMNS, rows: 6, fromUs: 0, toUs: 3600e6 };
const count = stretches(COLUMNS);
const envelope = (at: (i: number) => number, spread = 0): Envelope => {
  const mean = Array.from({ length: count }, (_, i) => at(i));
  return {
    startUs: mean.map((_, i) => i * 1e6),
    mean,
    min: mean.map((value) => value - spread),
    max: mean.map((value) => value + spread),
  };
};
const draw = (shown: Envelope) => chart(shown, { ...size, title: 'a/b', unit: 'bar' }).split('\n');

test('a rising line goes from the lower left to the upper right, between round numbers', () => {
  const [title, ...lines] = draw(envelope((i) => i));
  assert.equal(title, 'a/b  [bar]');
  assert.match(lines[0] ?? '', /^ +\d+ ┤ +[^ ]+$/);
  assert.match(lines[5] ?? '', /^ +0 ┤[^ ]+$/);
  assert.equal(lines.length, size.rows + 2);
});

test('the smallest and the largest value of a stretch are both seen', () => {
  const peak = draw(envelope((i) => (i === 30 ? 100 : 0)));
  assert.match(peak[1] ?? '', /100 ┤ +[^ ]$/);
  const wide = draw(envelope(() => 5, 2));
  assert.ok(
    wide.slice(2, 5).every((line) => line.includes('⣿')),
    wide.join('\n'),
  );
});

test('where nothing is known the axis is broken', () => {
  const holed = draw(envelope((i) => (i >= 20 && i < 30 ? Number.NaN : 1)));
  assert.match(holed.at(-2) ?? '', /└─{10}·{5}─+$/);
  assert.equal(
    chart(
      envelope(() => Number.NaN),
      { ...size, title: 'a/b', unit: '' },
    ),
    'a/b: nothing is known in this time',
  );
});

test('whatever the values, the picture keeps its size and says no nonsense', () => {
  const far = draw(envelope((i) => (i === 0 ? -8.4e201 : 0)));
  assert.ok(
    far.every((line) => line.length <= COLUMNS) && far.join().includes('-1.0e+202 ┤'),
    far.join('\n'),
  );
  const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constant(Number.NaN));
  fc.assert(
    fc.property(fc.array(value, { minLength: count, maxLength: count }), (values) => {
      const lines = draw(envelope((i) => values[i] ?? Number.NaN));
      if (values.every(Number.isNaN)) return;
      assert.equal(lines.length, size.rows + 3);
      assert.ok(
        lines.every((line) => line.length <= COLUMNS),
        lines.join('\n'),
      );
      assert.ok(!lines.some((line) => /NaN|Infinity/.test(line)), lines.join('\n'));
    }),
  );
});
