import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConditionEvent, ConditionMemory, memoryOf, type Told } from './condition-memory.ts';

let ids = 0;
const event = (more: Partial<ConditionEvent> = {}): ConditionEvent => ({
  key: 'level',
  eventId: String(++ids),
  condition: 'Level',
  source: 'Boiler',
  severity: 500,
  message: 'high',
  retain: true,
  active: true,
  acknowledged: false,
  enabled: true,
  more: {},
  ...more,
});
const brief = (told: readonly Told[]) =>
  told.map(({ name, refreshed }) => (refreshed ? `${name} (found)` : name));

test('tells each change of state once, and a repeated event never', () => {
  const memory = new ConditionMemory();
  const raised = event();
  assert.deepEqual(brief(memory.take(raised)), ['active']);
  assert.deepEqual(brief(memory.take(raised)), []);
  assert.deepEqual(brief(memory.take(event({ severity: 900 }))), ['changed']);
  assert.deepEqual(brief(memory.take(event({ severity: 900, acknowledged: true }))), ['acknowledged']);
  assert.deepEqual(brief(memory.take(event({ active: false, acknowledged: true, retain: false }))), [
    'inactive',
  ]);
  assert.deepEqual(brief(memory.take(event({ active: false, acknowledged: true, retain: false }))), []);
});

test('a refresh tells only what is new in it, and what is missing from it has gone', () => {
  const memory = new ConditionMemory();
  memory.take(event({ key: 'stays' }));
  memory.take(event({ key: 'goes' }));
  memory.refreshBegins();
  assert.deepEqual(brief(memory.take(event({ key: 'stays' }))), []);
  assert.deepEqual(brief(memory.take(event({ key: 'new' }))), ['active (found)']);
  const gone = memory.refreshEnds();
  assert.deepEqual([gone.map((one) => one.event.key), brief(gone)], [['goes'], ['inactive (found)']]);
});

test('a refresh that breaks off lets nothing go', () => {
  const memory = new ConditionMemory();
  memory.take(event());
  memory.refreshBegins();
  memory.refreshBreaksOff();
  assert.deepEqual(memory.refreshEnds(), []);
  assert.deepEqual(brief(memory.take(event())), []);
});

test('what is no longer retained but still active is not gone because a refresh leaves it out', () => {
  const memory = new ConditionMemory();
  memory.take(event());
  memory.take(event({ acknowledged: true, retain: false }));
  memory.refreshBegins();
  assert.deepEqual(memory.refreshEnds(), []);
  assert.deepEqual(brief(memory.take(event({ active: false, acknowledged: true, retain: false }))), [
    'inactive',
  ]);
});

test('a condition that is no alarm is active while it is retained', () => {
  const memory = new ConditionMemory();
  const { active: _, acknowledged: __, ...dialog } = event();
  assert.deepEqual(brief(memory.take(dialog)), ['active']);
  assert.deepEqual(brief(memory.take({ ...dialog, eventId: 'other', retain: false })), ['inactive']);
});

test('a past state that still asks to be acknowledged is not raised again', () => {
  const memory = new ConditionMemory();
  memory.take(event());
  const past = { key: 'level 1', trunk: 'level' };
  assert.deepEqual(brief(memory.take(event(past))), []);
  assert.deepEqual(brief(memory.take(event({ active: false, acknowledged: true }))), [
    'inactive',
    'acknowledged',
  ]);
  assert.deepEqual(brief(memory.take(event({ ...past, acknowledged: true, retain: false }))), [
    'acknowledged',
  ]);
  memory.refreshBegins();
  const found = brief(memory.take(event({ key: 'other 7', trunk: 'other' })));
  assert.deepEqual(found, ['inactive (found)'], 'nobody has seen it, and it is over');
  memory.refreshEnds();
  memory.refreshBegins();
  const gone = memory.refreshEnds();
  assert.deepEqual(
    gone.filter(({ event: { trunk } }) => trunk !== undefined),
    [],
  );
});

test('the same owner has the same memory', () => {
  const owner = {};
  assert.equal(memoryOf(owner), memoryOf(owner));
  assert.notEqual(memoryOf(owner), memoryOf({}));
});
