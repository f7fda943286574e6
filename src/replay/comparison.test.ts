import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Comparison, type Side } from '#replay/comparison.ts';
import type { What } from '#replay/finding.ts';

const S = 1_000_000;
const rule = (from: 'on' | 'off', to: 'on' | 'off'): What => ({ kind: 'rule', id: 'r', from, to });
const ON = rule('off', 'on');
const OFF = rule('on', 'off');
const wrote = (value: number, more: object = {}): What => ({
  kind: 'write',
  rule: 'r',
  tag: 'p/speed',
  value,
  renewal: false,
  ...more,
});

/** Findings by second. */
function compared(
  found: readonly (readonly [side: Side, second: number, what: What])[],
  fromS = 0,
  toS = 100,
) {
  const comparison = new Comparison(fromS * S);
  for (const [side, second, what] of found) {
    comparison.pass(second * S);
    comparison.add(side, { seq: 0, atUs: second * S, timeUs: second * S, what });
  }
  const subjects = comparison.subjects(toS * S);
  const told = comparison.differences.map(({ timeUs, in: side, what }) => `${timeUs / S} ${side} ${what}`);
  return { subjects, told, count: comparison.differenceCount };
}

test('what both find within a second is the same, what only one has is a difference in its time', () => {
  const { told, count } = compared([
    ['file', 1, ON],
    ['past', 1.4, ON],
    ['file', 5, OFF],
    ['past', 9, OFF],
  ]);
  assert.deepEqual(told, ['5 file on → off', '9 past on → off']);
  assert.equal(count, 2);
});

test('a rule is counted, with its time on, also where it was on before and stays on', () => {
  const { subjects } = compared(
    [
      ['file', 1, ON],
      ['file', 20, OFF],
      ['file', 30, ON],
    ],
    10,
    40,
  );
  const [{ file }] = subjects as [(typeof subjects)[0]];
  assert.deepEqual([file?.count, file?.activeUs, file?.firstUs], [1, 20 * S, 30 * S]);
  assert.deepEqual(file?.spans, [10 * S, 20 * S, 30 * S, 40 * S]);
});

test('what came before the time asked for is no difference', () => {
  assert.deepEqual(compared([['file', 1, ON]], 10).told, []);
});

test('writes are told with their value and the limit that refuses them; a value that is held is not told again', () => {
  const refused = { limit: 'range', reason: 'too much' };
  const { told, subjects } = compared([
    ['file', 1, wrote(12, { refused })],
    ['file', 3, wrote(12, { renewal: true })],
  ]);
  assert.deepEqual(told, ['1 file p/speed = 12']);
  const [{ file, to }] = subjects as [(typeof subjects)[0]];
  assert.deepEqual([to, file?.count, file?.refused], ['p/speed', 1, 1]);
});

test('the write of a shadow is another one than that of a rule that acts', () => {
  const { count } = compared([
    ['file', 1, wrote(12, { shadow: true })],
    ['past', 1, wrote(12)],
  ]);
  assert.equal(count, 2);
});
