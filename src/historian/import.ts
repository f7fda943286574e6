import type { Batch } from '#kernel/batch.ts';
import { Fault } from '#kernel/fault.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { type Rows, rowsNotIn } from './format/rows.ts';
import { Gather } from './gather.ts';
import type { Store } from './store.ts';
import { Stored } from './stored.ts';

/** Rows of a past that are new, written as one flush. @returns how many @throws Fault, errors of SQLite */
export function importRows(
  store: Store,
  { tags, batch }: { readonly tags: readonly TagInfo[]; readonly batch: Batch },
): number {
  const ids = store.declare(tags);
  const gather = new Gather();
  gather.add(batch, (tag) => {
    const id = ids[tag];
    if (id !== undefined) return id;
    throw new Fault('historian.unknown-tag', `a row names tag ${tag} of ${ids.length}`, { retry: 'never' });
  });
  // A damaged chunk is met, and its loss recorded, when it is written anew.
  const stored = new Stored(store.database, () => {});
  const fresh: [number, Rows][] = [];
  let rows = 0;
  for (const [tag, given] of gather.byTag()) {
    const left = withoutKnown(stored, tag, given);
    rows += left.timeUs.length;
    if (left.timeUs.length > 0) fresh.push([tag, left]);
  }
  if (rows > 0) store.commit({ rows, byTag: fresh, ageUs: store.head.age_us });
  return rows;
}

/** Chunk by chunk, because rows far apart may span a whole past. */
function withoutKnown(stored: Stored, tag: number, given: Rows): Rows {
  const count = given.timeUs.length;
  const [fromUs = 0, toUs = 0] = [given.timeUs[0], given.timeUs[count - 1]];
  let left = given;
  for (const chunk of stored.small(tag, fromUs, toUs)) left = rowsNotIn(left, chunk.read());
  for (const listed of stored.list(tag, fromUs, toUs)) {
    const chunk = stored.open(tag, listed);
    if (chunk && chunk !== 'gone') left = rowsNotIn(left, chunk.read());
  }
  return left;
}
