import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moment } from '#cli/moment.ts';

const NOW_US = Date.UTC(2026, 10, 28, 12) * 1000;
const at = (text: string) => new Date(moment(text, '--from', NOW_US) / 1000).toISOString();

test('a moment is a date, a time in UTC unless it says a zone, or so long ago', () => {
  assert.equal(at('2026-11-28'), '2026-11-28T00:00:00.000Z');
  assert.equal(at('2026-11-28T14:00'), '2026-11-28T14:00:00.000Z');
  assert.equal(at('2026-11-28T14:00+01:00'), '2026-11-28T13:00:00.000Z');
  assert.equal(at('2h'), '2026-11-28T10:00:00.000Z');
  assert.equal(at('1d'), '2026-11-27T12:00:00.000Z');
});

test('what is no moment is said with how to write one', () => {
  assert.throws(() => at('yesterday'), { code: 'cli.usage', hint: /2026-11-28T14:00/ });
});
