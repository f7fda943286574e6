import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Fault } from '#kernel/fault.ts';
import { type Arrivals, arrivalsIn } from './block.ts';
import type { StoredBlock } from './deliveries.ts';
import { MarkKind } from './gather.ts';
import {
  addCount,
  addCounts,
  hourOf,
  NO_TAG,
  readCounts,
  type TagCounts,
  total,
  writeCounts,
} from './tag-counts.ts';

/** Entries that arrived in one hour, one after the other. A clock that was set back makes further ones of the same hour. */
export interface Segment {
  readonly first: number;
  readonly last: number;
  readonly hour_us: number;
  readonly body: Uint8Array;
}

/** Blocks are counted in one go, when so many samples or blocks wait for it: each time the hour under way is written anew. */
const FOLD_ROWS = 2 ** 20;
const FOLD_BLOCKS = 600;
const BLOCKS_AT_ONCE = 64;
/** Share of the quota, and the least, that counts by tag and hour may take; the oldest hours become one beyond it. */
const SHARE = 64;
const LEAST_BYTES = 2 ** 20;

/**
 * Samples by tag and hour of arrival: what was stored, counted from the blocks once and before any of them goes, and what
 * was lost. What is not counted yet is counted by whoever asks, so that nothing rests on memory.
 */
export class Hours {
  readonly #db: DatabaseSync;
  readonly #limitBytes: number;
  readonly #put: StatementSync;
  readonly #putLoss: StatementSync;
  /** Blocks beyond what was counted; known once it was looked. */
  #waiting: { rows: number; blocks: number } | undefined;

  constructor(db: DatabaseSync, quotaBytes: number) {
    this.#db = db;
    this.#limitBytes = Math.max(LEAST_BYTES, quotaBytes / SHARE);
    this.#put = db.prepare('INSERT OR REPLACE INTO hours (first, last, hour_us, body) VALUES (?, ?, ?, ?)');
    this.#putLoss = db.prepare('INSERT OR REPLACE INTO hour_losses (sink, hour_us, body) VALUES (?, ?, ?)');
  }

  /** A block was written. */
  added(rows: number): void {
    if (!this.#waiting || rows === 0) return;
    this.#waiting.rows += rows;
    this.#waiting.blocks++;
  }

  /** Whether so much waits that it should be counted. */
  get isDue(): boolean {
    this.#waiting ??= this.#db
      .prepare(
        'SELECT coalesce(sum(rows), 0) AS rows, count(*) AS blocks FROM blocks WHERE seq > ? AND rows > 0',
      )
      .get(countedUpTo(this.#db)) as { rows: number; blocks: number };
    return this.#waiting.rows >= FOLD_ROWS || this.#waiting.blocks >= FOLD_BLOCKS;
  }

  /** Counts the next blocks, within a transaction. @returns whether there are more */
  fold(): boolean {
    const blocks = blocksAfter(this.#db, countedUpTo(this.#db), BLOCKS_AT_ONCE);
    this.#count(blocks);
    this.#waiting = undefined;
    this.#bound();
    return blocks.length === BLOCKS_AT_ONCE;
  }

  /** A block is about to go, and is lost to these sinks from behind where they stand. */
  removed(block: StoredBlock, behind: readonly { readonly name: string; readonly at: number }[]): void {
    if (block.rows === 0) return;
    if (block.last > countedUpTo(this.#db)) {
      this.#count([block]);
      this.#waiting = undefined;
    }
    for (const { name, at } of behind)
      for (const { hourUs, counts } of countsOf(block, at)) this.lost(name, hourUs, counts);
  }

  /** @param sink empty: lost before they were stored */
  lost(sink: string, hourUs: number, counts: ReadonlyMap<number, number>): void {
    const known = this.#db
      .prepare('SELECT body FROM hour_losses WHERE sink = ? AND hour_us = ?')
      .get(sink, hourUs) as { body: Uint8Array } | undefined;
    const all = known ? readCounts(known.body) : new Map<number, number>();
    addCounts(all, counts);
    this.#putLoss.run(sink, hourUs, writeCounts(all));
  }

  /** Begins anew with the blocks that are there. */
  clear(): void {
    this.#db.exec('DELETE FROM hours; DELETE FROM hour_losses');
    this.#waiting = undefined;
  }

  #count(blocks: readonly StoredBlock[]): void {
    let last = this.#db.prepare('SELECT * FROM hours WHERE first > 0 ORDER BY first DESC LIMIT 1').get() as
      | Segment
      | undefined;
    for (const block of blocks)
      for (const part of countsOf(block, 0)) {
        if (last?.hour_us === part.hourUs) addCounts(part.counts, readCounts(last.body));
        const first: number = last?.hour_us === part.hourUs ? last.first : part.first;
        last = { first, last: part.last, hour_us: part.hourUs, body: writeCounts(part.counts) };
        this.#put.run(last.first, last.last, last.hour_us, last.body);
      }
  }

  /** The oldest hours become one, of which only the sum by tag is known. */
  #bound(): void {
    for (;;) {
      const { bytes } = this.#db
        .prepare('SELECT coalesce(sum(length(body)), 0) AS bytes FROM hours')
        .get() as { bytes: number };
      if (bytes <= this.#limitBytes) return;
      const [oldest, next] = this.#db
        .prepare('SELECT * FROM hours WHERE first > 0 ORDER BY first LIMIT 2')
        .all() as unknown as Segment[];
      if (!oldest || !next) return; // the one under way stays
      const sum = this.#db.prepare('SELECT body FROM hours WHERE first = 0').get() as
        | { body: Uint8Array }
        | undefined;
      const counts = sum ? readCounts(sum.body) : new Map<number, number>();
      addCounts(counts, readCounts(oldest.body));
      this.#put.run(0, 0, 0, writeCounts(counts));
      this.#db.prepare('DELETE FROM hours WHERE first = ?').run(oldest.first);
    }
  }
}

/** Last entry whose samples are counted. */
export const countedUpTo = (db: DatabaseSync): number =>
  (db.prepare('SELECT coalesce(max(last), 0) AS last FROM hours').get() as { last: number }).last;

export const blocksAfter = (db: DatabaseSync, seq: number, limit: number): StoredBlock[] =>
  db
    .prepare('SELECT seq, last, rows, body FROM blocks WHERE last > ? AND rows > 0 ORDER BY seq LIMIT ?')
    .all(seq, limit) as unknown as StoredBlock[];

interface Part {
  readonly hourUs: number;
  readonly first: number;
  readonly last: number;
  readonly counts: TagCounts;
}

/** Samples of the entries of a block after a sequence, by hour and tag, in their order. */
export function* countsOf({ seq, last, rows, body }: StoredBlock, after: number): Iterable<Part> {
  let found: Arrivals;
  try {
    found = arrivalsIn(seq, body);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // Damaged: all that is known is how many they were.
    yield { hourUs: 0, first: seq, last, counts: new Map([[NO_TAG, rows]]) };
    return;
  }
  const { marks, kind, markRows, receivedUs, tag } = found;
  let part: { hourUs: number; first: number; last: number; counts: TagCounts } | undefined;
  for (let m = 0, row = 0; m < marks; m++) {
    const end = row + (markRows[m] as number);
    if (((kind[m] as number) & 3) === MarkKind.batch && seq + m > after && end > row) {
      const hourUs = hourOf(receivedUs[m] as number);
      if (part && part.hourUs !== hourUs) yield part;
      if (part?.hourUs !== hourUs) part = { hourUs, first: seq + m, last: seq + m, counts: new Map() };
      part.last = seq + m;
      for (; row < end; row++) addCount(part.counts, tag[row] as number, 1);
    }
    row = end;
  }
  if (part && total(part.counts) > 0) yield part;
}
