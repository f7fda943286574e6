import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentEvents } from '#edge/recent.ts';

function recent(count: number, most = 500): RecentEvents {
  const events = new RecentEvents(most);
  for (let i = 1; i <= count; i++)
    events.add({ kind: 'system', name: `e${i}`, subject: 's', timeUs: i }, 10 * i);
  return events;
}
const names = (numbered: ReturnType<RecentEvents['last']>) => numbered.map(({ event }) => event.name);

test('whoever goes on from the last id he saw misses none, however many came at once', () => {
  const events = recent(7);
  const seen: string[] = [];
  for (let id = 2, page = events.after(id, 2); page.length > 0; page = events.after(id, 2)) {
    seen.push(...names(page));
    id = page.at(-1)?.id ?? id;
  }
  assert.deepEqual(seen, ['e3', 'e4', 'e5', 'e6', 'e7']);
});

test('of more events than are kept the newest stay, under their own numbers', () => {
  const events = recent(10, 3);
  assert.deepEqual(names(events.last(2)), ['e9', 'e10']);
  assert.deepEqual(names(events.after(0, 100)), ['e8', 'e9', 'e10']);
  assert.deepEqual(names(events.after(9, 100)), ['e10']);
  assert.deepEqual(names(events.after(10, 100)), []);
});
