import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '#kernel/event.ts';
import type { DeadLetter, StoredDeadLetter } from './api.ts';

export const MOST_DEAD_LETTERS = 2000;
const FEWEST = 64;
/** A value as JSON beyond this keeps only its beginning. */
const VALUE_CHARS = 1000;
/** What one takes at most, all told. */
export const LETTER_BYTES = 1536;

/** How many are kept: a sixty-fourth of the quota. */
const mostFor = (quotaBytes: number): number =>
  Math.max(FEWEST, Math.min(MOST_DEAD_LETTERS, Math.floor(quotaBytes / 64 / LETTER_BYTES)));

/** A letter whose value and reason have a bounded length. */
export function shortened(letter: DeadLetter): DeadLetter {
  const text = JSON.stringify(letter.value);
  const value: Json = text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS)}…` : letter.value;
  return { ...letter, value, reason: letter.reason.slice(0, 200) };
}

/** Rows that sinks could not deliver. The oldest go first; ids go on, so that what went is counted. */
export class DeadLetterTable {
  readonly #db: DatabaseSync;
  readonly #most: number;

  constructor(db: DatabaseSync, quotaBytes: number) {
    this.#db = db;
    this.#most = mostFor(quotaBytes);
  }

  /** @param dropped older ones that are counted, but not kept */
  add(letters: readonly DeadLetter[], dropped: number): void {
    if (letters.length === 0) return;
    let id = this.#lastId() + dropped;
    const insert = this.#db.prepare('INSERT INTO dead_letters VALUES (?, ?)');
    for (const letter of letters) insert.run(++id, JSON.stringify(letter));
    this.#db.prepare('DELETE FROM dead_letters WHERE id <= ?').run(id - this.#most);
  }

  #lastId(): number {
    const row = this.#db.prepare('SELECT coalesce(max(id), 0) AS id FROM dead_letters').get();
    return (row as { id: number }).id;
  }
}

export function readDeadLetters(db: DatabaseSync, limit: number): readonly StoredDeadLetter[] {
  const rows = db.prepare('SELECT id, body FROM dead_letters ORDER BY id DESC LIMIT ?').all(limit);
  return (rows as { id: number; body: string }[])
    .map(({ id, body }) => ({ id, ...(JSON.parse(body) as DeadLetter) }))
    .reverse();
}
