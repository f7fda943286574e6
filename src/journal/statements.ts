import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HeadRow } from './schema.ts';

/* What the one writer of a journal says to its database, prepared once. */

/** Rows of the statement for many events, and the values of each. */
export const EVENTS_AT_ONCE = 32;
export const EVENT_VALUES = 4;
const EVENT = `(${Array(EVENT_VALUES).fill('?').join(', ')})`;

/** Of the statement `head`, in its order. */
export const headValues = (head: HeadRow): (number | Uint8Array | null)[] => [
  head.epoch,
  head.unit,
  head.seq,
  head.steady_us,
  head.wall_us,
  head.age_us,
  head.rows,
  head.event_seq,
  head.event_hash,
  head.event_count,
  head.anchor_seq,
  head.anchor_hash,
  head.events_removed,
  head.since_us,
  head.acquired,
  head.stored,
  head.lost,
  head.unknown,
];

export function statements(
  db: DatabaseSync,
): Record<
  'head' | 'block' | 'event' | 'events' | 'tag' | 'source' | 'state' | 'dropState' | 'dropCursor',
  StatementSync
> {
  return {
    head: db.prepare(
      'UPDATE head SET epoch = ?, unit = ?, seq = ?, steady_us = ?, wall_us = ?, age_us = ?, rows = ?, event_seq = ?, ' +
        'event_hash = ?, event_count = ?, anchor_seq = ?, anchor_hash = ?, events_removed = ?, ' +
        'since_us = ?, acquired = ?, stored = ?, lost = ?, unknown = ? WHERE id = 1',
    ),
    block: db.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)'),
    event: db.prepare(`INSERT INTO events VALUES ${EVENT}`),
    events: db.prepare(`INSERT INTO events VALUES ${Array(EVENTS_AT_ONCE).fill(EVENT).join(', ')}`),
    tag: db.prepare('INSERT OR REPLACE INTO tags VALUES (?, ?)'),
    source: db.prepare('INSERT OR REPLACE INTO sources VALUES (?, ?)'),
    state: db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?)'),
    dropState: db.prepare('DELETE FROM state WHERE key = ?'),
    dropCursor: db.prepare('DELETE FROM cursors WHERE name = ?'),
  };
}
