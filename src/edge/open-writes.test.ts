import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftOpen, OpenWrites } from '#edge/open-writes.ts';
import type { Json } from '#kernel/event.ts';

const write = (id: number) => ({
  id,
  tag: 1,
  path: 'a/setpoint',
  value: 5,
  by: { kind: 'operator', name: 'jo' } as const,
  why: 'test',
});

test('a write that a crash cut off ends as unknown at the next start, one that had its end does not', () => {
  let state: Json = null;
  const open = new OpenWrites((next) => {
    state = next;
  });
  open.begin(write(1));
  open.begin(write(2));
  open.end(1);
  const events = [...leftOpen(state, 9)];
  assert.deepEqual(
    events.map(({ name, subject, by, detail }) => [name, subject, by, detail?.id]),
    [['write.unknown', 'a/setpoint', 'operator:jo', 2]],
  );
});

test('nothing was open when nothing was kept', () => {
  assert.deepEqual([...leftOpen(undefined, 1), ...leftOpen([], 1)], []);
});
