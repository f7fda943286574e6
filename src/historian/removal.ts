import type { DatabaseSync } from 'node:sqlite';
import type { GapReason } from '#kernel/gap.ts';
import type { Losses } from './losses.ts';
import { type ChunkRow, MOST_TAGS, tagOfSmall } from './schema.ts';

/** Chunks looked at in one go for their age: they are not in its order, but nearly. */
const AGED_AT_ONCE = 64;

type Removed = Omit<ChunkRow, 'body'> & { readonly tag: number };

/** Removes the oldest first; each loss is a gap. Runs within the transactions of its caller. */
export class Removal {
  readonly #db: DatabaseSync;
  readonly #losses: Losses;

  constructor(db: DatabaseSync, losses: Losses) {
    this.#db = db;
    this.#losses = losses;
  }

  /** Whether something came longer ago than the limit. */
  isDue(ageUs: number, maxAgeUs: number): boolean {
    const limit = ageUs - maxAgeUs;
    return limit > 0 && (this.#aged(limit).length > 0 || this.#agedFlush(limit) !== undefined);
  }

  /** Removes some of what came longer ago than the limit. */
  expire(ageUs: number, maxAgeUs: number): void {
    const limit = ageUs - maxAgeUs;
    for (const chunk of this.#aged(limit)) this.#removeChunk(chunk, 'age');
    const flush = this.#agedFlush(limit);
    if (flush !== undefined) this.#removeFlush(flush, 'age');
  }

  #aged(limit: number): readonly Removed[] {
    const oldest = this.#db
      .prepare('SELECT id, tag, from_us, to_us, rows, age_us FROM chunks ORDER BY to_us LIMIT ?')
      .all(AGED_AT_ONCE) as unknown as (Removed & { readonly age_us: number })[];
    return oldest.filter(({ age_us }) => age_us < limit);
  }

  #agedFlush(limit: number): number | undefined {
    const found = this.#db
      .prepare('SELECT flush FROM flushes WHERE age_us < ? ORDER BY flush LIMIT 1')
      .get(limit) as { flush: number } | undefined;
    return found?.flush;
  }

  /** @returns false when there is nothing left to remove */
  removeOldest(reason: GapReason): boolean {
    const chunk = this.#db
      .prepare('SELECT id, tag, from_us, to_us, rows FROM chunks ORDER BY to_us LIMIT 1')
      .get() as Removed | undefined;
    if (chunk) {
      this.#removeChunk(chunk, reason);
      return true;
    }
    const flush = this.#db.prepare('SELECT flush FROM flushes ORDER BY flush LIMIT 1').get() as
      | { flush: number }
      | undefined;
    if (flush) this.#removeFlush(flush.flush, reason);
    return flush !== undefined;
  }

  #removeChunk(chunk: Removed, reason: GapReason): void {
    this.#db.prepare('DELETE FROM chunks WHERE id = ?').run(chunk.id);
    this.#losses.add(chunk.tag, chunk, reason);
  }

  #removeFlush(flush: number, reason: GapReason): void {
    const range = [flush * MOST_TAGS, (flush + 1) * MOST_TAGS] as const;
    const rows = this.#db
      .prepare('SELECT id, from_us, to_us, rows FROM small WHERE id >= ? AND id < ?')
      .all(...range) as unknown as Removed[];
    for (const row of rows) this.#losses.add(tagOfSmall(row.id), row, reason);
    this.#db.prepare('DELETE FROM small WHERE id >= ? AND id < ?').run(...range);
    this.#db.prepare('DELETE FROM flushes WHERE flush = ?').run(flush);
  }
}
