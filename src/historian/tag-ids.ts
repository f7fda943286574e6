import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { Fault } from '#kernel/fault.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { MOST_TAGS } from './schema.ts';

/** Paths and the historian's own numbers for them. Runs within the transactions of its caller, {@link forget} after one failed. */
export class TagIds {
  readonly #byPath = new Map<string, { readonly id: number; readonly check: number }>();
  readonly #insert: StatementSync;
  readonly #db: DatabaseSync;
  #isStale = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insert = db.prepare(
      'INSERT INTO tags (path, body) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET body = excluded.body RETURNING id',
    );
    this.#read();
  }

  /** The number of a tag, given now where it has none; what else is known of it is kept up to date. */
  declare(info: TagInfo): number {
    if (this.#isStale) this.#read();
    const body = JSON.stringify(info);
    const check = crc32(body);
    const known = this.#byPath.get(info.path);
    if (known && known.check === check) return known.id;
    const { id } = this.#insert.get(info.path, body) as { id: number };
    if (id >= MOST_TAGS) {
      throw new Fault('historian.too-many-tags', `the historian can name ${MOST_TAGS} tags`, {
        retry: 'never',
      });
    }
    this.#byPath.set(info.path, { id, check });
    return id;
  }

  /** They are read anew when they are next asked for. */
  forget(): void {
    this.#isStale = true;
  }

  #read(): void {
    this.#isStale = false;
    this.#byPath.clear();
    const rows = this.#db.prepare('SELECT id, path, body FROM tags').all() as {
      id: number;
      path: string;
      body: string;
    }[];
    for (const { id, path, body } of rows) this.#byPath.set(path, { id, check: crc32(body) });
  }
}
