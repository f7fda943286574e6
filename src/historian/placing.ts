import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ChunkWriter } from './format/chunk.ts';
import { lowerBound, mergeRows, type Rows, sliceRows, upperBound } from './format/rows.ts';
import type { Losses } from './losses.ts';
import type { ChunkRow } from './schema.ts';

/** From so many rows on a tag has chunks of its own, of at most so many. */
export const LARGE_ROWS = 4096;
const CHUNK_ROWS = 8192;
/** Rows of one time are not parted below this, so that equal ones meet in one chunk. */
const MOST_ROWS = 4 * CHUNK_ROWS;

/**
 * Puts rows among the large chunks of their tag, which follow each other in time without overlapping. Late rows go into
 * the chunk that holds their time. Runs within the transactions of its caller.
 */
export class Placing {
  readonly #writer: ChunkWriter;
  readonly #losses: Losses;
  readonly #touching: StatementSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;

  constructor(db: DatabaseSync, writer: ChunkWriter, losses: Losses) {
    this.#writer = writer;
    this.#losses = losses;
    this.#touching = db.prepare(
      'SELECT id, from_us, to_us, rows, age_us, body FROM chunks WHERE tag = ? AND to_us >= ? ORDER BY from_us',
    );
    this.#insert = db.prepare(
      'INSERT INTO chunks (tag, from_us, to_us, rows, bytes, age_us, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#remove = db.prepare('DELETE FROM chunks WHERE id = ?');
  }

  /** @param rows in the order of time @param ageUs age at which the newest of them came */
  place(tag: number, rows: Rows, ageUs: number): void {
    let left = rows;
    const first = rows.timeUs[0] ?? 0;
    // Read one after the other: a late row from long ago must not bring a whole past into memory. What is written
    // meanwhile may be met again, and then nothing is left for it.
    for (const found of this.#touching.iterate(tag, first)) {
      const chunk = found as unknown as ChunkRow & { readonly age_us: number };
      const end = upperBound(left.timeUs, chunk.to_us);
      if (end > 0) {
        const before = lowerBound(left.timeUs, chunk.from_us);
        this.#join(tag, chunk, sliceRows(left, 0, end), { before, ageUs });
        left = sliceRows(left, end, left.timeUs.length);
      }
      if (left.timeUs.length === 0) return;
    }
    this.#write(tag, left, ageUs);
  }

  #join(
    tag: number,
    chunk: ChunkRow & { readonly age_us: number },
    rows: Rows,
    { before, ageUs }: { readonly before: number; readonly ageUs: number },
  ): void {
    // Enough before the chunk to be one by themselves: then nothing need be written anew for them.
    if (before >= LARGE_ROWS) {
      this.#write(tag, sliceRows(rows, 0, before), ageUs);
      const inside = sliceRows(rows, before, rows.timeUs.length);
      if (inside.timeUs.length > 0) this.#join(tag, chunk, inside, { before: 0, ageUs });
      return;
    }
    const merged = mergeRows([this.#losses.rowsOf(tag, chunk), rows]);
    this.#remove.run(chunk.id);
    this.#write(tag, merged, Math.max(chunk.age_us, ageUs));
  }

  #write(tag: number, rows: Rows, ageUs: number): void {
    for (const part of parts(rows)) {
      const { timeUs } = part;
      const count = timeUs.length;
      const body = this.#writer.write(tag, part);
      this.#insert.run(tag, timeUs[0] ?? 0, timeUs[count - 1] ?? 0, count, body.length, ageUs, body);
    }
  }
}

/** Parts of even size; a cut lies between two times wherever it can. */
function* parts(rows: Rows): Iterable<Rows> {
  const count = rows.timeUs.length;
  const size = Math.ceil(count / Math.ceil(count / CHUNK_ROWS));
  for (let from = 0; from < count; ) {
    let to = Math.min(count, from + size);
    while (to < count && to - from < MOST_ROWS && rows.timeUs[to] === rows.timeUs[to - 1]) to++;
    yield sliceRows(rows, from, to);
    from = to;
  }
}
