import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { messageOf } from '#kernel/fault.ts';
import { type Chunk, openChunk } from './format/chunk.ts';
import { type ChunkRow, MOST_TAGS } from './schema.ts';

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
  readonly #small: StatementSync;
  readonly #smallList: StatementSync;
  readonly #smallBody: StatementSync;
  readonly #list: StatementSync;
  readonly #before: StatementSync;
  readonly #body: StatementSync;
  readonly #onDamage: OnDamage;

  constructor(db: DatabaseSync, onDamage: OnDamage) {
    this.#onDamage = onDamage;
    // In this order of the tables: a look-up a flush, and none but those of the tag.
    const small = (columns: string) =>
      `SELECT ${columns} FROM flushes CROSS JOIN small ON small.id = flush * ${MOST_TAGS} + ?
       WHERE from_us <= ? AND to_us >= ? ORDER BY flush`;
    this.#small = db.prepare(small('small.id, from_us, to_us, rows, body'));
    this.#smallList = db.prepare(small('small.id, from_us, to_us, rows'));
    this.#smallBody = db.prepare('SELECT body FROM small WHERE id = ?');
    this.#list = db.prepare(
      'SELECT id, from_us, to_us, rows FROM chunks WHERE tag = ? AND from_us <= ? AND to_us >= ? ORDER BY from_us',
    );
    this.#before = db.prepare(
      'SELECT id, from_us, to_us, rows FROM chunks WHERE tag = ? AND from_us <= ? ORDER BY from_us DESC LIMIT 1',
    );
    this.#body = db.prepare('SELECT body FROM chunks WHERE id = ?');
  }

  /** Chunks of a tag in flushes with rows from..to (both inclusive), in the order of arrival. */
  small(tag: number, fromUs: number, toUs: number): readonly Chunk[] {
    const rows = this.#small.all(tag, toUs, fromUs) as unknown as ChunkRow[];
    return rows.flatMap((row) => this.#open(tag, row, () => row.body) ?? []);
  }

  /** The same without opening them. */
  smallList(tag: number, fromUs: number, toUs: number): readonly Listed[] {
    return this.#smallList.all(tag, toUs, fromUs) as unknown as Listed[];
  }

  /** @param listed of this moment @returns undefined when it is damaged */
  openSmall(tag: number, listed: Listed): Chunk | undefined {
    const row = this.#smallBody.get(listed.id) as { body: Uint8Array };
    return this.#open(tag, listed, () => row.body);
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
