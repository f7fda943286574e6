import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { transaction, troubleOf } from '#platform/sqlite.ts';
import { Flushes } from './flushes.ts';
import type { Rows } from './format/rows.ts';
import { Losses } from './losses.ts';
import type { Totals, WriterConfig } from './message.ts';
import { Removal } from './removal.ts';
import { type HeadRow, readHead } from './schema.ts';
import { Space } from './space.ts';
import { TagIds } from './tag-ids.ts';

/** Bytes that rows take at most before they are packed: what room is made for. */
const ROW_BYTES = 18;
/** One part of so many of the time may go into counting. */
const COUNT_SHARE = 100;
const REMOVED_A_STEP = 256;

/** What is written in one transaction. */
export interface Flush {
  readonly rows: number;
  readonly byTag: Iterable<readonly [tag: number, rows: Rows]>;
  /** Holes in the journal among what is written. */
  readonly gaps?: readonly Gap[];
  /** Absent for an import. */
  readonly position?: number;
  readonly ageUs: number;
}

/** The open database of the one writer. */
export class Store {
  readonly #tags: TagIds;
  readonly #db: DatabaseSync;
  readonly #config: WriterConfig;
  readonly #space: Space;
  readonly #losses: Losses;
  readonly #flushes: Flushes;
  readonly #removal: Removal;
  #head: HeadRow;
  #isChanged = true;
  #counted: { readonly counted: Count; readonly againMs: number } | undefined;

  constructor(db: DatabaseSync, config: WriterConfig) {
    this.#db = db;
    this.#config = config;
    this.#space = new Space(db, config.dir, config.quotaBytes);
    this.#losses = new Losses(db);
    this.#flushes = new Flushes(db, this.#losses);
    this.#removal = new Removal(db, this.#losses);
    this.#tags = new TagIds(db);
    const head = readHead(db);
    if (!head) throw new Fault('historian.damaged', 'the historian has lost its head record');
    this.#head = head;
  }

  get head(): Readonly<HeadRow> {
    return this.#head;
  }

  get database(): DatabaseSync {
    return this.#db;
  }

  takeDamage(): readonly string[] {
    return this.#losses.takeTold();
  }

  /** Gives tags their numbers, durably; numbers in the order of the tags. @throws errors of SQLite */
  declare(infos: readonly TagInfo[]): readonly number[] {
    return this.#write(() => infos.map((info) => this.#tags.declare(info)));
  }

  /** @throws errors of SQLite and of the file system; nothing was written then */
  commit(flush: Flush): void {
    this.#write(() => {
      this.#makeRoom(flush.rows);
      for (const gap of flush.gaps ?? []) this.#losses.tell(gap);
      if (flush.rows > 0) this.#flushes.write(flush.byTag, flush.ageUs);
      const position = flush.position ?? this.#head.position;
      this.#head = { position, age_us: Math.max(this.#head.age_us, flush.ageUs) };
      this.#db.prepare('UPDATE head SET position = ?, age_us = ?').run(position, this.#head.age_us);
    });
  }

  /** One bounded step of what may wait: merging, and what the quota asks for. @returns whether there may be more */
  tidy(): boolean {
    if (!this.#space.fits(0) && this.#write(() => this.#removeSome())) return true;
    if (this.#flushes.isMerging) {
      this.#write(() => this.#flushes.step());
      return true;
    }
    const { maxAgeUs } = this.#config;
    if (this.#removal.isDue(this.#head.age_us, maxAgeUs)) {
      this.#write(() => this.#removal.expire(this.#head.age_us, maxAgeUs));
      return true;
    }
    return this.#space.shrink();
  }

  #removeSome(): boolean {
    let removed = 0;
    while (removed < REMOVED_A_STEP && !this.#space.fits(0) && this.#removal.removeOldest('quota')) removed++;
    return removed > 0;
  }

  /** Whether the totals may be counted anew, and would say something else. */
  get isUncounted(): boolean {
    return this.#isChanged && performance.now() > (this.#counted?.againMs ?? 0);
  }

  /** The next totals are counted anew, whatever that costs: somebody asked. */
  forgetTotals(): void {
    this.#counted = undefined;
  }

  /** Counting reads an index that may be large: what it costs says how often it is done. */
  get totals(): Totals {
    const { usedBytes, writtenBytes } = this.#space;
    const beganMs = performance.now();
    if (!this.#counted || this.isUncounted) {
      const counted = this.#count();
      const tookMs = performance.now() - beganMs;
      this.#counted = { counted, againMs: beganMs + COUNT_SHARE * tookMs };
      this.#isChanged = false;
    }
    return { ...this.#counted.counted, usedBytes, writtenBytes, damaged: this.#losses.damaged };
  }

  #count(): Count {
    const all = 'count(*) AS chunks, sum(rows) AS rows, min(from_us) AS oldest, max(to_us) AS newest';
    const [a, b] = ['small', 'chunks'].map(
      (table) => this.#db.prepare(`SELECT ${all} FROM ${table}`).get() as unknown as Counted,
    ) as [Counted, Counted];
    const times = [a.oldest, b.oldest, a.newest, b.newest].filter((time) => time !== null);
    return {
      chunks: a.chunks + b.chunks,
      rows: (a.rows ?? 0) + (b.rows ?? 0),
      oldestUs: times.length === 0 ? undefined : Math.min(...times),
      newestUs: times.length === 0 ? undefined : Math.max(...times),
    };
  }

  /** Moves the log into the database, so that the next opening has nothing to recover. */
  close(): void {
    try {
      this.#space.checkpoint('TRUNCATE');
    } finally {
      this.#db.close();
    }
  }

  #makeRoom(rows: number): void {
    const bytes = rows * ROW_BYTES;
    while (!this.#space.fits(bytes)) if (!this.#removal.removeOldest('quota')) return;
  }

  #write<T>(work: () => T): T {
    const result = this.#commit(work);
    this.#isChanged = true;
    try {
      this.#space.afterCommit();
    } catch (error) {
      // What was committed stays so, in the log; the log is moved when there is room again.
      if (troubleOf(error) !== 'full') throw error;
    }
    return result;
  }

  #commit<T>(work: () => T): T {
    const head = this.#head;
    try {
      return transaction(this.#db, work);
    } catch (error) {
      this.#head = head;
      this.#flushes.restart();
      this.#tags.forget();
      throw error;
    }
  }
}

type Count = Pick<Totals, 'rows' | 'chunks' | 'oldestUs' | 'newestUs'>;

interface Counted {
  readonly chunks: number;
  readonly rows: number | null;
  readonly oldest: number | null;
  readonly newest: number | null;
}
