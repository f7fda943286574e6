import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText, personOf } from './event-words.ts';

test('events are told by what happened', () => {
  assert.equal(eventText('alarm.unacknowledged'), 'alarm raised');
  assert.equal(eventText('alarm.outOfService'), 'alarm out of service');
  assert.equal(eventText('security.write-refused'), 'write refused');
  assert.equal(eventText('config.changed'), 'config changed');
});

test('who did something is told by name, however he reached the site', () => {
  assert.equal(personOf('operator:eva'), 'eva');
  assert.equal(personOf('api:eva'), 'eva');
  assert.equal(personOf('rule:hall/pump/stop'), 'rule hall/pump/stop');
  assert.equal(personOf(undefined), '');
});
