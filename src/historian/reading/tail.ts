import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalReader, RowItem } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import { FILES } from '#journal/schema.ts';
import type { Tag } from '#kernel/tag-table.ts';
import { mergeRows, NO_ROWS, type Rows } from '../format/rows.ts';
import { Gather } from '../gather.ts';

/** More rows than this are not kept between questions: a site without a historian has all of its past in the journal. */
const MOST_ROWS = 300_000;

/** What the journal holds behind the historian's position, so that answers reach to the last durable row. */
export class Tail {
  readonly #dir: string;
  #open: { readonly reader: JournalReader; readonly file: bigint } | undefined;
  /** Own number for each path that was met, and by number of the journal. */
  #numbers = new Map<string, number>();
  #kept = new Gather();
  /** The kept rows are those of the entries after `from` up to `upTo`. */
  #from = 0;
  #upTo = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Undefined where there is no journal. */
  get reader(): JournalReader | undefined {
    const file = statSync(join(this.#dir, FILES.database), { bigint: true, throwIfNoEntry: false })?.ino;
    if (file === undefined) return undefined;
    if (this.#open?.file === file) return this.#open.reader;
    this.close();
    this.#open = { reader: openReader(this.#dir), file };
    return this.#open.reader;
  }

  /**
   * What tells the rows of a tag after the position, in the order of time; all as of now. Equal rows that are in chunks
   * already may be among them.
   */
  behind(position: number): (path: string) => Rows {
    const reader = this.reader;
    if (!reader) return () => NO_ROWS;
    const rest = this.#follow(reader, position);
    const upTo = this.#upTo;
    return (path) => {
      const number = this.#numberOf(path, reader);
      if (number === undefined) return NO_ROWS;
      const kept = this.#kept.of(number);
      return rest ? mergeRows([kept, restOf(reader, upTo, number)]) : kept;
    };
  }

  /** Tags that have rows after the position among those that are kept. */
  *counted(position: number): Iterable<{ readonly tag: Tag; readonly rows: Rows }> {
    const reader = this.reader;
    if (!reader) return;
    this.#follow(reader, position);
    for (const tag of reader.tags()) {
      const rows = this.#kept.of(tag.number);
      if (rows.timeUs.length > 0) yield { tag, rows };
    }
  }

  /** Rows that are kept are read from the journal again when they are asked for. */
  forget(): void {
    this.#kept = new Gather();
    this.#from = this.#upTo = 0;
  }

  close(): void {
    this.#open?.reader[Symbol.dispose]();
    this.#open = undefined;
    this.#numbers.clear();
    this.forget();
  }

  /** Keeps up with journal and historian. @returns whether there is more than is kept */
  #follow(reader: JournalReader, position: number): boolean {
    // Rows that are in chunks by now go all at once, when they are many: together they are sorted out by being equal.
    const isFar = position > this.#upTo || (position > this.#from && this.#kept.rows > MOST_ROWS / 2);
    if (isFar || position < this.#from) {
      this.#kept.clear();
      this.#from = this.#upTo = position;
    }
    for (const item of reader.rows(this.#upTo)) {
      if (this.#kept.rows >= MOST_ROWS || this.#kept.isFull) return true;
      this.#upTo = item.seq;
      if (item.kind === 'batch') this.#kept.add(item.batch, (tag) => tag);
    }
    return false;
  }

  #numberOf(path: string, reader: JournalReader): number | undefined {
    if (!this.#numbers.has(path)) {
      this.#numbers = new Map(reader.tags().map(({ path: known, number }) => [known, number]));
    }
    return this.#numbers.get(path);
  }
}

/** Only the rows of one tag, from entries that are read for this and not kept. */
function restOf(reader: JournalReader, afterSeq: number, tag: number): Rows {
  const gather = new Gather();
  for (const item of reader.rows(afterSeq)) if (hasTag(item, tag)) gather.add(item.batch, (t) => t);
  return gather.of(tag);
}

const hasTag = (item: RowItem, tag: number): item is RowItem & { kind: 'batch' } =>
  item.kind === 'batch' && item.batch.tag.includes(tag);
