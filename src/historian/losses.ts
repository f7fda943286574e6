import type { DatabaseSync } from 'node:sqlite';
import { GapTable } from '#journal/gaps.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Gap, GapReason } from '#kernel/gap.ts';
import { type Chunk, openChunk } from './format/chunk.ts';
import { NO_ROWS, type Rows } from './format/rows.ts';
import type { ChunkRow } from './schema.ts';

/** Chunks that go or cannot be read: each is a gap. Runs within the transactions of its caller. */
export class Losses {
  damaged = 0;
  readonly #gaps: GapTable;
  readonly #told: string[] = [];

  constructor(db: DatabaseSync) {
    this.#gaps = new GapTable(db);
  }

  /** Adjacent losses of one reason become one gap, up to a day: the place that the table compares is always met. */
  add(tag: number, chunk: Omit<ChunkRow, 'body' | 'id'>, reason: GapReason): void {
    const gap = { tags: [tag], fromUs: chunk.from_us, toUs: chunk.to_us, count: chunk.rows, reason };
    this.#gaps.addRemoval(gap, 0, 0);
  }

  /** A hole in what there was to take. */
  tell(gap: Gap): void {
    this.#gaps.add(gap);
  }

  /** Rows of a chunk; none, and a gap, where it is damaged. The caller removes the chunk all the same. */
  rowsOf(tag: number, row: ChunkRow): Rows {
    try {
      const chunk: Chunk = openChunk(tag, row.body);
      return chunk.read();
    } catch (error) {
      this.damaged++;
      this.#told.push(`tag ${tag}, chunk ${row.id}: ${messageOf(error)}`);
      this.add(tag, row, 'historian-damaged');
      return NO_ROWS;
    }
  }

  /** What was found since the last call. */
  takeTold(): readonly string[] {
    return this.#told.splice(0);
  }
}
