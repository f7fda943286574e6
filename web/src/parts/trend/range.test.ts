import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extremesOf, fitted, held } from './range.ts';

const lineOf = (values: readonly (number | null)[]) => ({
  times: values.map((_, i) => i),
  values,
  qualities: values.map(() => 0),
  holes: [],
  doubts: [],
});

test('what is seen reaches from the row before the picture to the one behind it', () => {
  const line = lineOf([9, 1, 2, null, 3, 8, 20]);
  assert.deepEqual(extremesOf([line], { from: 1.5, to: 4.5 }), { low: 1, high: 8 });
  assert.deepEqual(extremesOf([line, lineOf([-5, -5])], { from: 0, to: 1 }), { low: -5, high: 9 });
  assert.equal(extremesOf([lineOf([null, null])], { from: 0, to: 1 }), undefined);
});

test('an axis at rest fits what is seen, and a line that does not move lies in its middle', () => {
  const { low, high } = fitted({ low: 0, high: 10 });
  assert.deepEqual([low.toFixed(1), high.toFixed(1)], ['-0.5', '10.5']);
  const flat = fitted({ low: 50, high: 50 });
  assert.ok(flat.low < 50 && flat.high > 50 && flat.high - flat.low > 0.01);
});

test('an axis keeps still while the picture moves, until something would leave it or is too flat to be read', () => {
  const before = fitted({ low: 0, high: 10 });
  assert.equal(held(before, { low: 1, high: 9 }), before);
  const grown = held(before, { low: 0, high: 12 });
  assert.ok(grown.low < 0 && grown.high > 12);
  assert.equal(held(grown, { low: -1, high: 13 }), grown, 'with room for what may come');
  const flat = held(before, { low: 4, high: 5 });
  assert.ok(flat.low > 3 && flat.high < 6);
  assert.equal(held(before, undefined), before, 'nothing known changes nothing');
});
