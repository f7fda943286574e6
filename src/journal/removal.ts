import type { DatabaseSync } from 'node:sqlite';
import type { SiteEvent } from '#kernel/event.ts';
import type { Gap, GapReason } from '#kernel/gap.ts';
import { readBlockTags } from './block.ts';
import type { Deliveries } from './deliveries.ts';
import type { GapTable } from './gaps.ts';
import type { Hours } from './hours.ts';
import type { HeadRow } from './schema.ts';

/** Named as the source of gaps that count events instead of samples. */
export const EVENTS_SOURCE = 'journal/events';
const EVENTS_AT_ONCE = 256;

interface BlockRow {
  readonly seq: number;
  readonly last: number;
  readonly rows: number;
  readonly from_us: number;
  readonly to_us: number;
  readonly age_us: number;
  readonly body: Uint8Array;
}

/** Removes the oldest first, and leaves a gap record wherever something is lost by it. Runs inside a transaction. */
export class Removal {
  lostRows = 0;
  gaps = 0;
  readonly #db: DatabaseSync;
  readonly #table: GapTable;
  readonly #deliveries: Deliveries;
  readonly #hours: Hours;

  constructor(db: DatabaseSync, table: GapTable, deliveries: Deliveries, hours: Hours) {
    this.#db = db;
    this.#table = table;
    this.#deliveries = deliveries;
    this.#hours = hours;
  }

  /** Removes blocks past the age limit. */
  expire(head: HeadRow, maxAgeUs: number): void {
    while (this.keptUs(head) > maxAgeUs) this.#removeBlock(head, 'age');
  }

  /** Time recorded since the oldest block that is there. */
  keptUs(head: HeadRow): number {
    const oldest = this.#db.prepare('SELECT age_us FROM blocks ORDER BY seq LIMIT 1').get() as
      | Pick<BlockRow, 'age_us'>
      | undefined;
    return oldest ? head.age_us - oldest.age_us : 0;
  }

  /** Removes what is oldest: samples, then events. @returns false when there is nothing left to remove */
  removeOldest(head: HeadRow, reason: GapReason): boolean {
    return this.#removeBlock(head, reason) || this.#removeEvents(head, reason);
  }

  #removeBlock(head: HeadRow, reason: GapReason): boolean {
    const block = this.#db.prepare('SELECT * FROM blocks ORDER BY seq LIMIT 1').get() as BlockRow | undefined;
    if (!block) return false;
    this.#hours.removed(block, this.#deliveries.removed(block));
    this.#db.prepare('DELETE FROM blocks WHERE seq = ?').run(block.seq);
    head.rows -= block.rows;
    if (block.rows > 0 && (reason === 'age' || block.last > this.#delivered())) this.#lose(block, reason);
    return true;
  }

  #lose(block: BlockRow, reason: GapReason): void {
    this.lostRows += block.rows;
    const gap = { tags: tagsOf(block), fromUs: block.from_us, toUs: block.to_us, count: block.rows, reason };
    if (this.#table.addRemoval(gap, block.seq, block.last)) this.gaps++;
  }

  /** Position that every sink has passed; 0 without sinks. */
  #delivered(): number {
    return (this.#db.prepare('SELECT coalesce(min(seq), 0) AS seq FROM cursors').get() as { seq: number })
      .seq;
  }

  #removeEvents(head: HeadRow, reason: GapReason): boolean {
    const oldest = this.#db
      .prepare('SELECT seq, body, hash FROM events ORDER BY seq LIMIT ?')
      .all(EVENTS_AT_ONCE) as unknown as EventRow[];
    const first = oldest[0];
    const last = oldest.at(-1);
    if (!first || !last) return false;
    this.#db.prepare('DELETE FROM events WHERE seq <= ?').run(last.seq);
    head.anchor_seq = last.seq;
    head.anchor_hash = last.hash;
    head.event_count -= oldest.length;
    head.events_removed += oldest.length;
    const gap: Gap = {
      source: EVENTS_SOURCE,
      tags: [],
      fromUs: wallUsOf(first),
      toUs: wallUsOf(last),
      count: oldest.length,
      reason,
    };
    if (this.#table.addRemoval(gap, first.seq, last.seq)) this.gaps++;
    return true;
  }
}

interface EventRow {
  readonly seq: number;
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
}

/** Gaps tell wall time, as the events themselves do; 0 of an event that cannot be read any more. */
function wallUsOf({ body }: EventRow): number {
  try {
    return Number((JSON.parse(Buffer.from(body).toString()) as SiteEvent).timeUs) || 0;
  } catch {
    return 0;
  }
}

/** A block that cannot be read any more may have held any tag. */
function tagsOf(block: BlockRow): Gap['tags'] {
  try {
    return readBlockTags(block.seq, block.body);
  } catch {
    return 'all';
  }
}
