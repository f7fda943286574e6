import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, moment, span } from '#cli/moment.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z') * 1000;
const usage = { code: 'cli.usage' };

test('a time is a moment, a day of this zone, or how long ago', () => {
  assert.equal(moment('2026-11-28T10:00:00Z', '--from', NOW), Date.parse('2026-11-28T10:00:00Z') * 1000);
  assert.equal(moment('2026-11-28 10:00', '--from', NOW), new Date(2026, 10, 28, 10).getTime() * 1000);
  assert.equal(moment('2026-11-28', '--from', NOW), new Date(2026, 10, 28).getTime() * 1000);
  assert.equal(moment('2h', '--from', NOW), NOW - 7200e6);
  assert.equal(moment('now', '--to', NOW), NOW);
  for (const wrong of ['yesterday', '2026-13-45', '28.11.2026', ''])
    assert.throws(() => moment(wrong, '--from', NOW), usage, wrong);
  assert.throws(() => moment('yesterday', '--from', NOW), { hint: /2026-11-28/ });
});

test('a span has one beginning, and ends after it', () => {
  assert.deepEqual(span({ last: '1d' }, NOW), { fromUs: NOW - 86_400e6 });
  assert.deepEqual(span({ last: '1h', to: '1h' }, NOW), { fromUs: NOW - 7200e6, toUs: NOW - 3600e6 });
  assert.deepEqual(span({}, NOW), {});
  assert.throws(() => span({ from: '1h', last: '1h' }, NOW), usage);
  assert.throws(() => span({ from: '1h', to: '2h' }, NOW), usage);
});

test('a count is a whole number above 0', () => {
  assert.equal(countOf('12', '--limit'), 12);
  for (const wrong of ['0', '-1', '1.5', 'all', '']) assert.throws(() => countOf(wrong, '--limit'), usage);
});
