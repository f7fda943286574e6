import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Alarm } from '#decide/alarms/alarm.ts';
import { FirstOut } from '#decide/alarms/first-out.ts';
import type { AlarmAct, AlarmSpec, AlarmTransition } from '#decide/api.ts';
import { OutcomeBuilder } from '#decide/outcome.ts';
import { Timers } from '#decide/timers.ts';
import type { Fault } from '#kernel/fault.ts';

const SPEC: AlarmSpec = {
  id: 'line/pump/high',
  asset: 'line/pump',
  when: 'vibration > 7.1',
  priority: 'high',
  consequence: 'bearing wears out',
  response: 'slow the pump down',
  deadband: 0,
  onDelayMs: 0,
  offDelayMs: 0,
  latched: false,
  shelveMaxMin: 60,
};
const MIN_US = 60e6;

/** An alarm on its own bench: conditions and acts go in, transitions come out. */
function bench(change: Partial<AlarmSpec> = {}) {
  const timers = new Timers();
  const outcome = new OutcomeBuilder();
  const firstOut = new FirstOut();
  const make = (more: Partial<AlarmSpec> = {}) =>
    new Alarm({ ...SPEC, ...change, ...more }, { timers, outcome, firstOut, changed: new Set() });
  const alarm = make();
  const taken = () => [...outcome.take(0).alarms];
  return {
    alarm,
    make,
    timers,
    taken,
    when(truth: boolean | undefined, atUs = 0) {
      alarm.decide(truth, undefined, atUs);
      return path(taken());
    },
    act(act: AlarmAct['act'], atUs = 0, forMin = 10) {
      alarm.operate({ act, forMin } as AlarmAct, 'eva', atUs, undefined);
      return path(taken());
    },
    at(atUs: number) {
      timers.run(atUs);
      return path(taken());
    },
  };
}

const path = (transitions: readonly AlarmTransition[]) =>
  transitions.map(({ from, to, cause }) => `${from} > ${to} (${cause})`).join(', ');
const fault = (code: string) => (error: Fault) => error.code === code;

test('an alarm comes, is acknowledged, returns', () => {
  const it = bench();
  assert.equal(it.when(true), 'normal > unacknowledged (condition)');
  assert.equal(it.act('acknowledge'), 'unacknowledged > acknowledged (operator)');
  assert.equal(it.act('acknowledge'), '', 'twice is once');
  assert.equal(it.when(false), 'acknowledged > normal (condition)');
});

test('an alarm that returns before it is acknowledged waits for that', () => {
  const it = bench();
  it.when(true);
  assert.equal(it.when(false), 'unacknowledged > returnedUnacknowledged (condition)');
  assert.equal(it.when(true), 'returnedUnacknowledged > unacknowledged (condition)');
  it.when(false);
  assert.equal(it.act('acknowledge'), 'returnedUnacknowledged > normal (operator)');
});

test('a latched alarm stays until reset by hand', () => {
  const it = bench({ latched: true });
  it.when(true);
  assert.throws(() => it.act('reset'), fault('alarm.not-possible'), 'it is still there');
  assert.equal(it.when(false), 'unacknowledged > latchedUnacknowledged (condition)');
  assert.equal(it.act('acknowledge'), 'latchedUnacknowledged > latchedAcknowledged (operator)');
  assert.equal(it.act('reset'), 'latchedAcknowledged > normal (operator)');
  assert.equal(it.act('reset'), '', 'twice is once');
});

test('an alarm that is not latched cannot be reset', () => {
  assert.throws(() => bench().act('reset'), fault('alarm.not-possible'));
});

test('an act that is refused leaves no comment', () => {
  const { alarm } = bench();
  assert.throws(
    () => alarm.operate({ act: 'reset' }, 'eva', 0, 'it looked fine'),
    fault('alarm.not-possible'),
  );
  assert.equal(alarm.view().comment, undefined);
  alarm.operate({ act: 'comment' }, 'eva', 0, 'it looked fine');
  assert.equal(alarm.view().comment, 'it looked fine');
});

test('an unknown condition holds every state, and the view says so', () => {
  const it = bench();
  it.when(true);
  assert.equal(it.when(undefined), '');
  assert.equal(it.alarm.view().state, 'unacknowledged');
  assert.equal(it.alarm.view().condition, 'unknown');
  assert.equal(it.act('acknowledge'), 'unacknowledged > acknowledged (operator)');
});

test('delays run on the steady clock, and anew after unknown', () => {
  const it = bench({ onDelayMs: 2000, offDelayMs: 1000 });
  assert.equal(it.when(true, 0), '');
  assert.equal(it.when(true, 1e6), '', 'being told again does not start it anew');
  assert.equal(it.timers.nextUs, 2e6);
  it.when(undefined, 1.5e6);
  assert.equal(it.at(2e6), '');
  it.when(true, 3e6);
  assert.equal(it.at(5e6), 'normal > unacknowledged (condition)');
  it.when(false, 6e6);
  it.when(true, 6.5e6);
  assert.equal(it.at(10e6), '', 'it came back within the off-delay');
  it.when(false, 11e6);
  assert.equal(it.at(12e6), 'unacknowledged > returnedUnacknowledged (condition)');
});

test('shelving ends by time or by hand, and what is still there shows again', () => {
  const it = bench();
  it.when(true);
  it.act('acknowledge');
  assert.equal(it.act('shelve', 0), 'acknowledged > shelved (operator)');
  assert.equal(it.alarm.view().shelvedUntilUs, 10 * MIN_US);
  assert.throws(() => it.act('acknowledge'), fault('alarm.not-possible'));
  assert.equal(it.at(10 * MIN_US), 'shelved > acknowledged (time)');
  it.act('shelve', 10 * MIN_US);
  assert.equal(it.when(false), '');
  assert.equal(it.act('unshelve'), 'shelved > normal (operator)');
  assert.equal(it.act('unshelve'), '');
  assert.equal(it.timers.nextUs, Number.POSITIVE_INFINITY);
});

test('what came and went while shelved does not show, unless it is latched', () => {
  const plain = bench();
  plain.act('shelve');
  plain.when(true);
  plain.when(false);
  assert.equal(plain.act('unshelve'), 'shelved > normal (operator)');
  const latched = bench({ latched: true });
  latched.act('shelve');
  latched.when(true);
  latched.when(false);
  assert.equal(latched.act('unshelve'), 'shelved > latchedUnacknowledged (operator)');
});

test('shelving is limited in time', () => {
  const it = bench();
  assert.throws(() => it.act('shelve', 0, 61), fault('alarm.shelved-too-long'));
  assert.throws(() => it.act('shelve', 0, 0), fault('alarm.not-possible'));
  assert.throws(() => it.act('shelve', 0, Number.NaN), fault('alarm.not-possible'));
  assert.equal(it.alarm.state, 'normal');
});

test('out of service covers everything and ends by hand only', () => {
  const it = bench();
  it.when(true);
  assert.equal(it.act('outOfService'), 'unacknowledged > outOfService (operator)');
  assert.throws(() => it.act('shelve'), fault('alarm.not-possible'));
  it.when(false);
  assert.equal(it.when(true), '');
  assert.equal(it.act('returnToService'), 'outOfService > unacknowledged (operator)');
});

test('suppression by design hides the alarm while its condition holds, and unknown holds it', () => {
  const it = bench();
  it.alarm.suppress(true, 0);
  assert.equal(path(it.taken()), 'normal > suppressed (suppression)');
  assert.equal(it.when(true), '');
  it.alarm.suppress(undefined, 0);
  assert.equal(it.alarm.state, 'suppressed');
  it.alarm.suppress(false, 0);
  assert.equal(path(it.taken()), 'suppressed > unacknowledged (suppression)');
});

test('a comment is recorded without a change of state', () => {
  const it = bench();
  it.alarm.operate({ act: 'comment' }, 'eva', 0, 'bearing ordered');
  const [entry] = it.taken();
  assert.deepEqual(
    [entry?.from, entry?.to, entry?.by, entry?.comment],
    ['normal', 'normal', 'eva', 'bearing ordered'],
  );
  assert.equal(it.alarm.view().comment, 'bearing ordered');
});

test('first-out numbers the alarms of a burst and begins anew after a quiet minute', () => {
  const it = bench();
  const second = it.make({ id: 'second' });
  const third = it.make({ id: 'third' });
  second.decide(true, undefined, 1e6);
  it.when(true, 2e6);
  assert.deepEqual([second.view().firstOut, it.alarm.view().firstOut, third.view().firstOut], [1, 2, 0]);
  third.decide(true, undefined, 2e6 + MIN_US + 1);
  assert.equal(third.view().firstOut, 1);
  it.act('acknowledge');
  it.when(false);
  assert.equal(it.alarm.view().firstOut, 0);
});

test('an alarm that comes out from under a cover keeps its rank', () => {
  const it = bench();
  const second = it.make({ id: 'second' });
  it.when(true, 1e6);
  second.decide(true, undefined, 2e6);
  it.act('shelve', 3e6);
  it.act('unshelve', 4e6);
  assert.equal(it.alarm.view().firstOut, 1);
});

test('state, shelving and comment survive a restart', () => {
  const it = bench();
  it.when(true, 1e6);
  it.act('acknowledge', 2e6);
  it.act('shelve', 3e6);
  const kept = it.alarm.snapshot() as never;
  const next = bench();
  next.alarm.restore(kept);
  assert.equal(next.alarm.state, 'shelved');
  assert.equal(next.timers.nextUs, 3e6 + 10 * MIN_US);
  assert.equal(next.at(3e6 + 10 * MIN_US), 'shelved > acknowledged (time)');
  assert.equal(next.when(true), '', 'acknowledged stays acknowledged while the condition holds');
  assert.equal(next.when(false), 'acknowledged > normal (condition)');
});

test('the state of an alarm whose condition was changed is not taken over', () => {
  const it = bench();
  it.when(true);
  const other = bench({ when: 'vibration > 9.0' });
  other.alarm.restore(it.alarm.snapshot() as never);
  assert.equal(other.alarm.state, 'normal');
});
