import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#kernel/fault.ts';

test('a fault passes unchanged, anything else is wrapped with its cause and place', () => {
  const fault = new Fault('a.b', 'text');
  assert.equal(Fault.from(fault, 'x.y', 'there'), fault);
  const cause = new Error('broken pipe');
  const wrapped = Fault.from(cause, 'x.y', 'there');
  assert.equal(wrapped.message, 'there: broken pipe');
  assert.equal(wrapped.cause, cause);
  assert.equal(wrapped.retry, 'backoff');
});
