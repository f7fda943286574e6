import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventView, Json } from '#contract/client.ts';
import { stepsWith } from './steps.ts';

const step = (id: number, name: string): EventView => ({
  id,
  kind: 'rule',
  name,
  subject: 'fill',
  timeUs: id,
});
const write = (
  id: number,
  name: string,
  by: string,
  detail: { readonly [name: string]: Json },
): EventView => ({
  id,
  kind: 'write',
  name,
  subject: 'valve',
  timeUs: id,
  by,
  detail,
});

test('a write stands beside the step that asked for it, with the newest that is known of it', () => {
  const steps = stepsWith(
    'fill',
    [step(1, 'rule.on'), step(10, 'rule.off'), step(20, 'rule.on')],
    [
      write(2, 'write.intent', 'rule:fill', { id: 7, value: 70 }),
      write(3, 'write.intent', 'operator:anna', { id: 8, value: 10 }),
      write(12, 'write.confirmed', 'rule:fill', { id: 7, value: 70, tookMs: 3781 }),
      write(21, 'write.intent', 'rule:fill', { id: 9, value: 70 }),
    ],
  );
  assert.deepEqual(
    steps.map(({ event, acts }) => [event.id, acts.map(({ id, state, tookMs }) => [id, state, tookMs])]),
    [
      [20, [['9', 'intent', undefined]]],
      [10, []],
      [1, [['7', 'confirmed', 3781]]],
    ],
  );
});
