import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TagTable } from '#kernel/tag-table.ts';
import { pointsOf } from '#test/opcua/rig.ts';
import { Items } from './items.ts';

const points = (count: number) =>
  pointsOf(
    new TagTable(),
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, { at: { node: `i=${i + 1}` } }])),
  );

test('a thousand reloads take no more room than one, and no handle comes back in them', () => {
  const items = new Items();
  const all = points(40);
  const handles = new Set<number>();
  for (let n = 0; n < 1000; n++) {
    for (const item of items.all) items.remove(item);
    for (const point of all) handles.add(items.add(point).handle);
  }
  assert.deepEqual([items.size, items.room, handles.size], [40, 64, 40_000]);
  assert.ok(Math.max(...handles) < 2 ** 32, 'they fit on the wire');
});

test('what is under way for a point that is gone ends on no other one, and nothing of it is left', () => {
  const items = new Items();
  const [one, other] = points(2);
  assert.ok(one && other);
  const gone = items.add(one);
  items.lastTimeUs[gone.slot] = 5;
  items.firstTimeUs[gone.slot] = 5;
  items.remove(gone);
  items.remove(gone);
  const next = items.add(other);
  assert.equal(next.slot, gone.slot);
  assert.equal(items.get(gone.handle), undefined);
  assert.equal(items.get(next.handle), next);
  assert.deepEqual([items.firstTimeUs[next.slot], items.lastTimeUs[next.slot]], [0, 0]);
});
