import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlarmState } from '#decide/api.ts';
import type { NoticeConfig, NoticePlan, NoticeStep, OpenNotice } from '#notices/api.ts';
import { Notices } from './notices.ts';

const MIN = 60e6;
const HOUR = 60 * MIN;
/** A Monday, 10:00 UTC. */
const MONDAY_10 = Date.UTC(2026, 2, 2, 10) * 1000;

const step = (afterMin: number, to: string, more: Partial<NoticeStep> = {}): NoticeStep => ({
  afterUs: afterMin * MIN,
  during: [],
  to,
  fields: {},
  tellEnd: false,
  ...more,
});
const plan = (steps: readonly NoticeStep[], more: Partial<NoticePlan> = {}): NoticePlan => ({
  id: 'pumps',
  alarms: [],
  priorities: [],
  steps,
  ...more,
});
const config = (...plans: NoticePlan[]): NoticeConfig => ({
  plans,
  shifts: new Map([
    ['day', { days: [1, 2, 3, 4, 5], fromMin: 6 * 60, toMin: 18 * 60 }],
    ['night', { days: [0, 1, 2, 3, 4, 5, 6], fromMin: 18 * 60, toMin: 6 * 60 }],
  ]),
  minuteOfWeek: (us) => {
    const at = new Date(us / 1000);
    return (at.getUTCDay() * 24 + at.getUTCHours()) * 60 + at.getUTCMinutes();
  },
});

class Played {
  readonly notices: Notices;
  atUs = 0;
  /** What the wall clock is ahead of the steady one. */
  wallUs = MONDAY_10;

  constructor(given: NoticeConfig, snapshot?: ReturnType<Notices['snapshot']>) {
    this.notices = new Notices(given, snapshot);
  }

  hear(alarm: string, state: AlarmState, by?: string): void {
    this.notices.hear({ alarm, priority: 'high', state, by }, this.atUs);
  }

  /** Lets time pass; everything is delivered at once. @returns what was told, in order */
  pass(us: number, answer: (one: OpenNotice) => string | undefined = () => undefined): string[] {
    const told: string[] = [];
    for (const until = this.atUs + us; ; this.atUs = Math.min(until, this.atUs + MIN / 4)) {
      for (const one of this.notices.due(this.atUs, this.wallUs + this.atUs)) {
        told.push(`${one.reason} ${one.to} ${one.alarm}`);
        this.notices.done(one.id, answer(one), this.atUs);
      }
      if (this.atUs >= until) return told;
    }
  }

  events(): string[] {
    return this.notices.takeEvents().map(({ what }) => what);
  }
}

test('the first is told at once, the next one when nobody has acknowledged in time', () => {
  const p = new Played(config(plan([step(0, 'mail'), step(10, 'pager')])));
  p.hear('hall/pump/hot', 'unacknowledged');
  assert.deepEqual(p.pass(9 * MIN), ['raised mail hall/pump/hot']);
  assert.deepEqual(p.pass(5 * MIN), ['escalated pager hall/pump/hot']);
  assert.deepEqual(p.pass(HOUR), []);
  p.hear('hall/pump/hot', 'acknowledged', 'anna');
  p.hear('hall/pump/hot', 'normal');
  p.hear('hall/pump/hot', 'unacknowledged');
  assert.deepEqual(p.pass(MIN), ['raised mail hall/pump/hot']);
  p.hear('hall/pump/hot', 'acknowledged', 'anna');
  assert.deepEqual(p.pass(HOUR), []);
});

test('says who is told next, when, and what holds it back', () => {
  const p = new Played(
    config(plan([step(0, 'mail'), step(10, 'pager', { during: ['night'] }), step(30, 'boss')])),
  );
  const coming = () =>
    p.notices.coming(p.atUs, p.wallUs + p.atUs).map(({ to, dueUs, held }) => [to, dueUs / MIN, held]);
  assert.deepEqual(coming(), [], 'no alarm asks');
  p.hear('hall/pump/hot', 'unacknowledged');
  p.pass(MIN);
  assert.deepEqual(coming(), [['pager', 10, undefined]]);
  p.pass(10 * MIN);
  assert.deepEqual(coming(), [['pager', 10, 'shift']], 'it waits for the night');
  p.notices.maintain({ asset: 'hall', untilUs: p.atUs + HOUR, by: 'eva', why: 'new bearings' }, p.atUs);
  assert.deepEqual(coming(), [['pager', 10, 'maintenance']]);
  p.hear('hall/pump/hot', 'acknowledged', 'anna');
  assert.deepEqual(coming(), []);
});

test('an alarm that comes and goes without an acknowledgement is told once', () => {
  const p = new Played(config(plan([step(0, 'mail'), step(10, 'pager')])));
  const told: string[] = [];
  for (let i = 0; i < 20; i++) {
    p.hear('a/hot', i % 2 === 0 ? 'unacknowledged' : 'returnedUnacknowledged');
    told.push(...p.pass(MIN));
  }
  assert.deepEqual(told, ['raised mail a/hot', 'escalated pager a/hot']);
});

test('a step of a shift waits for it, and the shift over midnight is one', () => {
  const p = new Played(config(plan([step(0, 'mail', { during: ['night'] })])));
  p.hear('a/hot', 'unacknowledged');
  assert.deepEqual(p.pass(7.9 * HOUR), []);
  assert.deepEqual(p.pass(0.2 * HOUR), ['raised mail a/hot']);
  p.hear('a/hot', 'normal');
  p.pass(9 * HOUR); // Tuesday 03:06
  p.hear('a/hot', 'unacknowledged');
  assert.deepEqual(p.pass(MIN), ['raised mail a/hot']);
});

test('a clock that was never set keeps nobody from being told', () => {
  const p = new Played(config(plan([step(0, 'mail', { during: ['night'] })])));
  p.wallUs = 0;
  p.hear('a/hot', 'unacknowledged');
  assert.deepEqual(p.pass(MIN), ['raised mail a/hot']);
});

test('plans choose by alarm and by priority', () => {
  const given = config(
    plan([step(0, 'mail')], { id: 'a', alarms: ['hall/*'] }),
    plan([step(0, 'pager')], { id: 'b', priorities: ['critical'] }),
  );
  const p = new Played(given);
  p.hear('yard/gate', 'unacknowledged');
  p.hear('hall/pump/hot', 'unacknowledged');
  p.notices.hear({ alarm: 'yard/fire', priority: 'critical', state: 'unacknowledged' }, 0);
  assert.deepEqual(p.pass(MIN), ['raised mail hall/pump/hot', 'raised pager yard/fire']);
});

test('who was told of an alarm hears of its end, where the step says so', () => {
  const steps = [step(0, 'mail', { tellEnd: true }), step(10, 'pager', { tellEnd: true })];
  const p = new Played(config(plan(steps)));
  p.hear('a/hot', 'unacknowledged');
  p.pass(MIN);
  p.hear('a/hot', 'acknowledged', 'anna');
  assert.deepEqual(p.pass(HOUR), ['ended mail a/hot']);
});

test('what is not delivered is tried again at growing pauses, until it is', () => {
  const p = new Played(config(plan([step(0, 'mail')])));
  p.hear('a/hot', 'unacknowledged');
  const told = p.pass(HOUR, (one) => (one.attempts < 6 ? 'no route' : undefined));
  assert.equal(told.length, 6);
  assert.deepEqual(p.events(), [...Array(5).fill('failed'), 'delivered']);
  assert.deepEqual(p.notices.waiting, []);
});

test('what cannot be delivered stays visible, and after a day it is given up, not forgotten', () => {
  const p = new Played(config(plan([step(0, 'mail')])));
  p.hear('a/hot', 'unacknowledged');
  p.pass(HOUR, () => 'no route');
  const [waiting] = p.notices.waiting;
  assert.equal(waiting?.problem, 'no route');
  assert.ok(waiting.attempts > 5 && waiting.attempts < 20, `${waiting.attempts} attempts`);
  p.pass(24 * HOUR, () => 'no route');
  assert.deepEqual(p.notices.waiting, []);
  assert.deepEqual(
    p.notices.failed.map(({ alarm, problem }) => [alarm, problem]),
    [['a/hot', 'no route']],
  );
});

test('what was not sent before the alarm ended is not sent any more, and is recorded', () => {
  const p = new Played(config(plan([step(0, 'mail', { tellEnd: true })])));
  p.hear('a/hot', 'unacknowledged');
  p.pass(MIN, () => 'no route');
  p.hear('a/hot', 'acknowledged', 'anna');
  assert.deepEqual(p.pass(HOUR), []);
  assert.equal(p.events().at(-1), 'obsolete');
});

test('maintenance holds the notices of what lies below it, says so once, and ends by itself', () => {
  const p = new Played(config(plan([step(0, 'mail')])));
  p.notices.maintain({ asset: 'hall/line1', untilUs: 2 * HOUR, by: 'anna', why: 'bearings' }, 0);
  p.hear('hall/line1/pump/hot', 'unacknowledged');
  p.hear('hall/line10/pump/hot', 'unacknowledged');
  assert.deepEqual(p.pass(1.9 * HOUR), ['raised mail hall/line10/pump/hot']);
  assert.deepEqual(p.events(), ['silenced', 'delivered']);
  assert.deepEqual(p.pass(HOUR), ['raised mail hall/line1/pump/hot']);
  assert.deepEqual(p.events(), ['maintenance-ended', 'delivered']);
});

test('over a restart nobody is told twice, and nobody is forgotten', () => {
  const given = config(plan([step(0, 'mail'), step(10, 'pager')]));
  const p = new Played(given);
  p.notices.maintain({ asset: 'b', untilUs: 5 * HOUR, by: 'anna', why: 'x' }, 0);
  p.hear('a/hot', 'unacknowledged');
  p.hear('b/hot', 'unacknowledged');
  p.pass(MIN);
  const again = new Played(given, JSON.parse(JSON.stringify(p.notices.snapshot())));
  again.atUs = 20 * MIN;
  again.notices.align(
    [
      { alarm: 'a/hot', priority: 'high', state: 'unacknowledged' },
      { alarm: 'b/hot', priority: 'high', state: 'unacknowledged' },
      { alarm: 'c/hot', priority: 'high', state: 'unacknowledged' },
    ],
    again.atUs,
  );
  assert.deepEqual(again.pass(MIN), ['escalated pager a/hot', 'raised mail c/hot']);
  assert.equal(again.notices.maintained.length, 1);
});

test('an attempt that a crash cut off is made again under the same number', () => {
  const given = config(plan([step(0, 'mail')]));
  const p = new Played(given);
  p.hear('a/hot', 'unacknowledged');
  const [sent] = p.notices.due(0, MONDAY_10);
  const again = new Played(given, JSON.parse(JSON.stringify(p.notices.snapshot())));
  const [repeated] = again.notices.due(MIN, MONDAY_10 + MIN);
  assert.equal(repeated?.id, sent?.id);
});

test('an alarm that the site file takes away asks for nobody any more', () => {
  const given = config(plan([step(0, 'mail'), step(10, 'pager')]));
  const p = new Played(given);
  p.hear('a/hot', 'unacknowledged');
  p.pass(MIN);
  p.notices.align([], p.atUs);
  assert.deepEqual(p.pass(HOUR), []);
});
