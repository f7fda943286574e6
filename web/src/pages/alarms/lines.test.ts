import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlarmStatus, EventView } from '#contract/client.ts';
import { type FoldLine, foldedLines, heldLines, isFold, plain } from './lines.ts';
import { ratesOf } from './rates.ts';
import { recordOf } from './record-of.ts';

const NOW_US = 1_800_000_000e6;
const MINUTE_US = 60e6;

const alarm = (id: string, more: Partial<AlarmStatus> = {}): AlarmStatus => ({
  id,
  asset: 'hall/pump',
  priority: 'low',
  state: 'unacknowledged',
  condition: true,
  consequence: 'it stops',
  response: 'look',
  sinceUs: NOW_US,
  firstOut: 0,
  when: 'a > 1',
  deadband: 0,
  onDelayMs: 0,
  offDelayMs: 0,
  latched: false,
  shelveMaxMin: 60,
  ...more,
});

let seq = 0;
const raised = (subject: string, firstOut: number, timeUs = NOW_US, from = 'normal'): EventView => ({
  id: ++seq,
  kind: 'alarm',
  name: 'alarm.unacknowledged',
  subject,
  timeUs,
  detail: { from, to: 'unacknowledged', firstOut },
});

const flood = (count: number, more: (i: number) => Partial<AlarmStatus> = () => ({})) => ({
  alarms: Array.from({ length: count }, (_, i) => alarm(`hall/pump/a${i}`, { firstOut: i + 1, ...more(i) })),
  record: recordOf(
    Array.from({ length: count }, (_, i) => raised(`hall/pump/a${i}`, i + 1)),
    0,
  ),
});

const NONE: ReadonlySet<number> = new Set();
const keys = (lines: readonly { readonly key: string }[]) => lines.map(({ key }) => key.split('/').at(-1));

test('ten alarms of a burst are a list; eleven are a flood below what came first', () => {
  const few = flood(10);
  assert.equal(foldedLines(few.alarms, few.record, NONE).length, 10);
  const many = flood(11);
  const [first, fold, ...rest] = foldedLines(many.alarms, many.record, NONE);
  assert.deepEqual([first?.key, rest.length], ['hall/pump/a0', 0]);
  assert.equal((fold as FoldLine).followers.length, 10);
});

test('a critical alarm that nobody has acknowledged is never folded away', () => {
  const { alarms, record } = flood(20, (i) => (i === 7 || i === 9 ? { priority: 'critical' } : {}));
  const seen = alarms.map((one) =>
    one.id.endsWith('a9') ? { ...one, state: 'acknowledged' as const } : one,
  );
  assert.deepEqual(keys(foldedLines(seen, record, NONE)).slice(0, 2), ['a0', 'a7']);
});

test('what came first is named, though it does not stand any more', () => {
  const { alarms, record } = flood(20);
  const [fold] = foldedLines(alarms.slice(1), record, NONE);
  assert.ok(fold && isFold(fold) && fold.isFirstGone);
  assert.equal(fold.first.alarm, 'hall/pump/a0');
});

test('an unfolded flood shows its followers in the order in which they came', () => {
  const { alarms, record } = flood(12);
  const [, fold] = foldedLines(alarms, record, NONE);
  const lines = foldedLines(alarms.toReversed(), record, new Set([(fold as FoldLine).burst]));
  assert.deepEqual(keys(lines).slice(2, 5), ['a1', 'a2', 'a3']);
  assert.equal(lines.length, 13);
});

test('held lines stay where they are, with what is new of them; what comes is counted', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((id) => alarm(id)) as [AlarmStatus, AlarmStatus, AlarmStatus];
  const known = { ...b, state: 'acknowledged' as const };
  const { lines, fresh } = heldLines([a, b].map(plain), [c, known].map(plain), new Map([['b', known]]));
  assert.deepEqual(keys(lines), ['a', 'b']);
  assert.deepEqual(
    lines.map((line) => !isFold(line) && [line.alarm.state, line.isGone ?? false]),
    [
      ['normal', true],
      ['acknowledged', false],
    ],
  );
  assert.deepEqual(keys(fresh), ['c']);
});

test('counts as raised what was not beneath a shelf before', () => {
  const { times } = recordOf([raised('a', 1), raised('a', 1, NOW_US, 'shelved'), raised('a', 1)], 0);
  assert.equal(times.get('a'), 2);
});

test('tells chatter, floods and what stands too long', () => {
  const hourAgo = NOW_US - 60 * MINUTE_US;
  const events = [
    ...Array.from({ length: 12 }, (_, i) => raised(`f${i}`, i + 1, hourAgo + 1)),
    ...[40, 20, 1].map((s) => raised('chatters', 1, NOW_US - s * 1e6)),
    ...[20, 10, 1].map((min) => raised('slow', 1, NOW_US - min * MINUTE_US)),
  ];
  const old = alarm('old', { sinceUs: NOW_US - 25 * 60 * MINUTE_US, state: 'acknowledged' });
  const rates = ratesOf(recordOf(events, hourAgo), [old, alarm('chatters')], NOW_US);
  assert.deepEqual(rates.chattering, ['chatters']);
  assert.deepEqual(rates.stale, ['old']);
  assert.equal(rates.now, 4, 'what is exactly ten minutes old is over');
  assert.equal(rates.average, 3);
  assert.equal(rates.floods, 1 / 6);
});
