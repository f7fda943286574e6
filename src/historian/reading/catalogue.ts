import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { HistoryTag } from '../api.ts';
import { MOST_TAGS } from '../schema.ts';

interface Counted {
  readonly id: number;
  readonly rows: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly bytes: number;
}

const COUNTED = 'sum(rows) AS rows, min(from_us) AS fromUs, max(to_us) AS toUs';
const COUNT = `
  SELECT tag AS id, ${COUNTED}, sum(bytes) AS bytes FROM chunks GROUP BY tag
  UNION ALL SELECT id % ${MOST_TAGS} AS id, ${COUNTED}, sum(length(body)) AS bytes FROM small GROUP BY 1`;

/** Which tags a historian has, and how much of each. What was found is kept as long as nobody writes. */
export class Catalogue {
  readonly #id: StatementSync;
  readonly #bodies: StatementSync;
  readonly #count: StatementSync;
  readonly #version: StatementSync;
  /** Numbers of tags, which are given once. */
  readonly #ids = new Map<string, number>();
  /** By number, with the text that each was read from: unpacking ten thousand is most of the work of a list. */
  readonly #infos = new Map<number, { readonly body: string; readonly info: TagInfo }>();
  #counted: { readonly version: number; readonly tags: readonly HistoryTag[] } | undefined;

  constructor(db: DatabaseSync) {
    this.#id = db.prepare('SELECT id FROM tags WHERE path = ?');
    this.#bodies = db.prepare('SELECT id, body FROM tags');
    this.#count = db.prepare(COUNT);
    this.#version = db.prepare('PRAGMA data_version');
  }

  id(path: string): number | undefined {
    const known = this.#ids.get(path);
    if (known !== undefined) return known;
    const found = this.#id.get(path) as { id: number } | undefined;
    if (found) this.#ids.set(path, found.id);
    return found?.id;
  }

  /** All tags that ever were, by number. */
  infos(): ReadonlyMap<number, TagInfo> {
    const infos = new Map<number, TagInfo>();
    for (const { id, body } of this.#bodies.all() as { id: number; body: string }[]) {
      let known = this.#infos.get(id);
      if (known?.body !== body) {
        known = { body, info: JSON.parse(body) as TagInfo };
        this.#infos.set(id, known);
      }
      infos.set(id, known.info);
    }
    return infos;
  }

  /** Tags with rows, in no order. */
  tags(): readonly HistoryTag[] {
    const { data_version: version } = this.#version.get() as { data_version: number };
    if (this.#counted?.version !== version) this.#counted = { version, tags: this.#countTags() };
    return this.#counted.tags;
  }

  /** Gives back memory that only a next question would be quicker by. */
  forget(): void {
    this.#infos.clear();
    this.#counted = undefined;
  }

  #countTags(): HistoryTag[] {
    const infos = this.infos();
    const found = new Map<number, HistoryTag>();
    for (const { id, ...counted } of this.#count.all() as unknown as Counted[]) {
      const tag = infos.get(id);
      const before = found.get(id);
      if (before) found.set(id, joined(before, { ...before, ...counted }));
      else if (tag) found.set(id, { tag, ...counted });
    }
    return [...found.values()];
  }
}

/** Both of one tag. */
export const joined = (a: HistoryTag, b: HistoryTag): HistoryTag => ({
  tag: a.tag,
  rows: a.rows + b.rows,
  fromUs: Math.min(a.fromUs, b.fromUs),
  toUs: Math.max(a.toUs, b.toUs),
  bytes: a.bytes + b.bytes,
});
