import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventView } from '#contract/api.ts';
import { sightOf } from './sight.ts';

const event: EventView = {
  id: 1,
  kind: 'alert',
  name: 'alert.began',
  subject: 'hall/line1/cleaning',
  timeUs: 0,
  detail: { text: 'cleaning', inputs: [{ tag: 'hall/line1/flow' }, { tag: 'yard/valve' }] },
};
const inputsFor = (areas: readonly string[] | undefined) =>
  sightOf({ name: 'mia', role: 'viewer', areas } as never).shown(event).detail?.inputs;

test('who is limited to areas sees no value from elsewhere in an event', () => {
  assert.deepEqual(inputsFor(['hall']), [{ tag: 'hall/line1/flow' }]);
  assert.deepEqual(inputsFor(undefined), event.detail?.inputs);
});
