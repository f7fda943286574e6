import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ChunkWriter } from './format/chunk.ts';
import { mergeRows, type Rows } from './format/rows.ts';
import type { Losses } from './losses.ts';
import { LARGE_ROWS, Placing } from './placing.ts';
import { type ChunkRow, MOST_TAGS, smallId } from './schema.ts';

/** So many flushes of one level become one of the next. */
const FAN = 8;
/** One transaction of a merge ends with either: it must hold up neither the journal's rows nor an import for long. */
const TAGS_A_STEP = 512;
const ROWS_A_STEP = 64 * 1024;

interface Merge {
  readonly members: readonly number[];
  readonly level: number;
  readonly ageUs: number;
  /** Tags below are done. */
  tag: number;
}

/** Flushes and their merging into ever larger ones. Runs within the transactions of its caller. */
export class Flushes {
  readonly #db: DatabaseSync;
  readonly #losses: Losses;
  readonly #writer = new ChunkWriter();
  readonly #placing: Placing;
  readonly #insert: StatementSync;
  readonly #get: StatementSync;
  readonly #remove: StatementSync;
  #merge: Merge | undefined;

  constructor(db: DatabaseSync, losses: Losses) {
    this.#db = db;
    this.#losses = losses;
    this.#placing = new Placing(db, this.#writer, losses);
    this.#insert = db.prepare('INSERT INTO small VALUES (?, ?, ?, ?, ?)');
    this.#get = db.prepare('SELECT id, from_us, to_us, rows, body FROM small WHERE id = ?');
    this.#remove = db.prepare('DELETE FROM small WHERE id = ?');
  }

  /** Writes rows of many tags, numbers ascending, as one flush; a tag with many of them gets chunks of its own at once. */
  write(byTag: Iterable<readonly [tag: number, rows: Rows]>, ageUs: number): void {
    const { flush } = this.#db
      .prepare('INSERT INTO flushes (level, age_us) VALUES (0, ?) RETURNING flush')
      .get(ageUs) as { flush: number };
    for (const [tag, rows] of byTag) {
      if (rows.timeUs.length >= LARGE_ROWS) this.#placing.place(tag, rows, ageUs);
      else if (rows.timeUs.length > 0) this.#put(flush, tag, rows);
    }
    if (this.#isEmpty(flush)) this.#drop(flush);
  }

  /** Whether there is something to merge. */
  get isMerging(): boolean {
    this.#merge ??= this.#next();
    return this.#merge !== undefined;
  }

  /** Begins anew with the tags that are left, as after a failed transaction. */
  restart(): void {
    this.#merge = undefined;
  }

  /** One bounded step of merging; call it while {@link isMerging}. */
  step(): void {
    const merge = this.#merge ?? this.#next();
    if (!merge) return;
    this.#merge = merge;
    const tags = this.#db
      .prepare('SELECT id FROM tags WHERE id >= ? ORDER BY id LIMIT ?')
      .all(merge.tag, TAGS_A_STEP) as { id: number }[];
    let rows = 0;
    for (const { id } of tags) {
      rows += this.#mergeTag(merge, id);
      merge.tag = id + 1;
      if (rows >= ROWS_A_STEP) return;
    }
    if (tags.length < TAGS_A_STEP) this.#finish(merge);
  }

  /** Rows of one tag in a flush. */
  rowsOf(flush: number, tag: number): Rows | undefined {
    const row = this.#get.get(smallId(flush, tag)) as ChunkRow | undefined;
    return row && this.#losses.rowsOf(tag, row);
  }

  #next(): Merge | undefined {
    const full = this.#db
      .prepare('SELECT level FROM flushes GROUP BY level HAVING count(*) >= ? ORDER BY level LIMIT 1')
      .get(FAN) as { level: number } | undefined;
    if (!full) return undefined;
    const members = this.#db
      .prepare('SELECT flush, age_us FROM flushes WHERE level = ? ORDER BY flush LIMIT ?')
      .all(full.level, FAN) as { flush: number; age_us: number }[];
    return {
      members: members.map(({ flush }) => flush),
      level: full.level + 1,
      ageUs: Math.max(...members.map(({ age_us }) => age_us)),
      tag: 0,
    };
  }

  #mergeTag({ members, ageUs }: Merge, tag: number): number {
    const [first = 0] = members;
    const found = members.flatMap((flush) => {
      const row = this.#get.get(smallId(flush, tag)) as ChunkRow | undefined;
      return row ? [row] : [];
    });
    if (found.length === 0 || (found.length === 1 && found[0]?.id === smallId(first, tag))) return 0;
    const rows = mergeRows(found.map((row) => this.#losses.rowsOf(tag, row)));
    for (const { id } of found) this.#remove.run(id);
    if (rows.timeUs.length >= LARGE_ROWS) this.#placing.place(tag, rows, ageUs);
    else if (rows.timeUs.length > 0) this.#put(first, tag, rows);
    return rows.timeUs.length;
  }

  #finish({ members, level, ageUs }: Merge): void {
    const [first = 0, ...others] = members;
    for (const flush of others) this.#drop(flush);
    if (this.#isEmpty(first)) this.#drop(first);
    else
      this.#db.prepare('UPDATE flushes SET level = ?, age_us = ? WHERE flush = ?').run(level, ageUs, first);
    this.#merge = undefined;
  }

  #put(flush: number, tag: number, rows: Rows): void {
    const { timeUs } = rows;
    const body = this.#writer.write(tag, rows);
    const end = timeUs.length - 1;
    this.#insert.run(smallId(flush, tag), timeUs[0] ?? 0, timeUs[end] ?? 0, timeUs.length, body);
  }

  #isEmpty(flush: number): boolean {
    const any = this.#db.prepare('SELECT 1 FROM small WHERE id >= ? AND id < ? LIMIT 1');
    return any.get(flush * MOST_TAGS, (flush + 1) * MOST_TAGS) === undefined;
  }

  #drop(flush: number): void {
    this.#db.prepare('DELETE FROM flushes WHERE flush = ?').run(flush);
  }
}
