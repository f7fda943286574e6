import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { messageOf } from '#kernel/fault.ts';
import { type Chunk, openChunk } from './format/chunk.ts';
import { type ChunkRow, smallId } from './schema.ts';

/** A large chunk as the index tells it. */
export interface Listed {
  readonly id: number;
  readonly from_us: number;
  readonly to_us: number;
  readonly rows: number;
}

export type OnDamage = (tag: number, chunk: Listed, why: string) => void;

/** Finds the chunks of a tag, for whoever holds the connection. Damaged ones are left out and told. */
export class Stored {
  readonly #flushes: StatementSync;
  readonly #small: StatementSync;
  readonly #list: StatementSync;
  readonly #before: StatementSync;
  readonly #body: StatementSync;
  readonly #onDamage: OnDamage;

  constructor(db: DatabaseSync, onDamage: OnDamage) {
    this.#onDamage = onDamage;
    this.#flushes = db.prepare('SELECT flush FROM flushes ORDER BY flush');
    this.#small = db.prepare('SELECT id, from_us, to_us, rows, body FROM small WHERE id = ?');
    this.#list = db.prepare(
      'SELECT id, from_us, to_us, rows FROM chunks WHERE tag = ? AND from_us <= ? AND to_us >= ? ORDER BY from_us',
    );
    this.#before = db.prepare(
      'SELECT id, from_us, to_us, rows FROM chunks WHERE tag = ? AND from_us <= ? ORDER BY from_us DESC LIMIT 1',
    );
    this.#body = db.prepare('SELECT body FROM chunks WHERE id = ?');
  }

  /** In the order of arrival. */
  flushes(): readonly number[] {
    return (this.#flushes.all() as { flush: number }[]).map(({ flush }) => flush);
  }

  /** Chunks of a tag in these flushes with rows from..to (both inclusive), in the order of arrival. */
  *small(tag: number, flushes: readonly number[], fromUs: number, toUs: number): Iterable<Chunk> {
    for (const flush of flushes) {
      const row = this.#small.get(smallId(flush, tag)) as ChunkRow | undefined;
      if (!row || row.from_us > toUs || row.to_us < fromUs) continue;
      const chunk = this.#open(tag, row, () => row.body);
      if (chunk) yield chunk;
    }
  }

  /** Large chunks with rows from..to (both inclusive), in the order of time. */
  list(tag: number, fromUs: number, toUs: number): readonly Listed[] {
    return this.#list.all(tag, toUs, fromUs) as unknown as Listed[];
  }

  /** The last large chunk that begins at or before the time. */
  before(tag: number, timeUs: number): Listed | undefined {
    return this.#before.get(tag, timeUs) as Listed | undefined;
  }

  /** `gone` when it was replaced or removed meanwhile; undefined when it is damaged. */
  open(tag: number, listed: Listed): Chunk | 'gone' | undefined {
    try {
      const row = this.#body.get(listed.id) as { body: Uint8Array } | undefined;
      return row ? this.#open(tag, listed, () => row.body) : 'gone';
    } catch (error) {
      this.#onDamage(tag, listed, messageOf(error));
      return undefined;
    }
  }

  #open(tag: number, listed: Listed, body: () => Uint8Array): Chunk | undefined {
    try {
      return openChunk(tag, body());
    } catch (error) {
      this.#onDamage(tag, listed, messageOf(error));
      return undefined;
    }
  }
}
