import type { DatabaseSync } from 'node:sqlite';
import type { LedgerAsked, LedgerRow } from './accounts.ts';
import type { CursorRow } from './deliveries.ts';
import { blocksAfter, countedUpTo, countsOf, type Segment } from './hours.ts';
import { NO_TAG, readCounts } from './tag-counts.ts';

const BLOCKS_AT_ONCE = 16;

const addStored = (row: Row, count: number): void => {
  row.stored += count;
};

/**
 * The ledger by hour of arrival, by tag, or by both. What is counted already is read, the rest is counted from the blocks;
 * so is all that waits for a sink.
 */
export function readLedgerRows(db: DatabaseSync, asked: LedgerAsked): LedgerRow[] {
  const rows = new Rows(asked);
  for (const { hour_us, body } of db
    .prepare('SELECT hour_us, body FROM hours')
    .iterate() as unknown as Iterable<Pick<Segment, 'hour_us' | 'body'>>)
    if (rows.isWanted(hour_us)) rows.add(hour_us, readCounts(body), addStored);
  const counted = countedUpTo(db);
  for (const { hourUs, counts } of countedAfter(db, counted))
    if (rows.isWanted(hourUs)) rows.add(hourUs, counts, addStored);
  for (const { sink, hour_us, body } of db
    .prepare('SELECT sink, hour_us, body FROM hour_losses')
    .iterate() as unknown as Iterable<{ sink: string; hour_us: number; body: Uint8Array }>) {
    if (!rows.isWanted(hour_us)) continue;
    rows.add(hour_us, readCounts(body), (row, count) => {
      if (sink === '') row.lost += count;
      else sinkOf(row, sink).lost += count;
    });
  }
  const cursors = db.prepare('SELECT name, "at" FROM cursors ORDER BY name').all() as unknown as CursorRow[];
  for (const { name, at } of cursors)
    for (const { hourUs, counts } of countedAfter(db, at))
      if (rows.isWanted(hourUs))
        rows.add(hourUs, counts, (row, count) => {
          sinkOf(row, name).waiting += count;
        });
  return rows.list(cursors.map(({ name }) => name));
}

function* countedAfter(
  db: DatabaseSync,
  seq: number,
): Iterable<ReturnType<typeof countsOf> extends Iterable<infer P> ? P : never> {
  for (let after = seq; ; ) {
    const blocks = blocksAfter(db, after, BLOCKS_AT_ONCE);
    for (const block of blocks) yield* countsOf(block, seq);
    const last = blocks.at(-1);
    if (!last || blocks.length < BLOCKS_AT_ONCE) return;
    after = last.last;
  }
}

interface Row {
  readonly hourUs: number;
  readonly tag: number | undefined;
  stored: number;
  lost: number;
  readonly sinks: Map<string, { waiting: number; lost: number }>;
}

function sinkOf({ sinks }: Row, name: string): { waiting: number; lost: number } {
  const known = sinks.get(name);
  if (known) return known;
  const fresh = { waiting: 0, lost: 0 };
  sinks.set(name, fresh);
  return fresh;
}

class Rows {
  readonly #asked: LedgerAsked;
  readonly #rows = new Map<string, Row>();

  constructor(asked: LedgerAsked) {
    this.#asked = asked;
  }

  isWanted(hourUs: number): boolean {
    return hourUs >= this.#asked.fromUs && hourUs < this.#asked.toUs;
  }

  add(hourUs: number, counts: ReadonlyMap<number, number>, put: (row: Row, count: number) => void): void {
    const { tags, each } = this.#asked;
    for (const [tag, count] of counts) {
      if (tags && !tags.has(tag)) continue;
      const hour = each === 'tag' ? 0 : hourUs;
      const of = each === 'hour' || tag === NO_TAG ? undefined : tag;
      const key = `${hour}/${of}`;
      let row = this.#rows.get(key);
      if (!row) {
        row = { hourUs: hour, tag: of, stored: 0, lost: 0, sinks: new Map() };
        this.#rows.set(key, row);
      }
      put(row, count);
    }
  }

  list(sinks: readonly string[]): LedgerRow[] {
    return [...this.#rows.values()]
      .sort((a, b) => a.hourUs - b.hourUs || (a.tag ?? -1) - (b.tag ?? -1))
      .map((row) => ({
        hourUs: row.hourUs,
        tag: row.tag,
        stored: row.stored,
        lost: row.lost,
        sinks: sinks.map((id) => {
          const { waiting, lost } = sinkOf(row, id);
          return { id, passed: row.stored - waiting - lost, waiting, lost };
        }),
      }));
  }
}
