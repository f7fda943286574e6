import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalReader, LostBlock, RowItem } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import { FILES as JOURNAL, readHead } from '#journal/schema.ts';
import type { Gap } from '#kernel/gap.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import { openForReading } from '#platform/sqlite.ts';
import type { Gather } from './gather.ts';

/** Rows that are taken in one turn, so that others get theirs. */
const ROWS_A_TURN = 32 * 1024;
const ITEMS_A_TURN = 64 * 1024;
/** More than this between two entries is a pause of the site, not its age. */
const LONGEST_STEP_US = 3_600e6;

/** Follows a journal that somebody writes: rows after a position, under numbers of our own. */
export class Follower {
  /** All entries up to here were taken. */
  position: number;
  ageUs: number;
  /** Holes that damaged blocks left among the entries taken; whoever writes these writes them with the position. */
  readonly gaps: Gap[] = [];
  readonly #dir: string;
  readonly #onDamage: (what: string) => void;
  #open: { readonly reader: JournalReader; readonly file: bigint } | undefined;
  #items: Iterator<RowItem> | undefined;
  #steadyUs: number | undefined;
  /** Arrival of the last batch: a block that does not even say when it was comes behind it. */
  #newestUs = 0;
  /** Own number by number of the journal. */
  #ids: number[] = [];

  constructor(dir: string, from: { position: number; ageUs: number }, onDamage: (what: string) => void) {
    this.#dir = dir;
    this.position = from.position;
    this.ageUs = from.ageUs;
    this.#onDamage = onDamage;
  }

  /**
   * Takes a bounded number of entries.
   * @param declare own numbers for tags that were not met before, in the same order
   * @returns whether there may be more now
   * @throws errors of SQLite; what was taken stays taken
   */
  pull(into: Gather, mostRows: number, declare: (infos: readonly TagInfo[]) => readonly number[]): boolean {
    const reader = this.#reader();
    if (!reader) return false;
    this.#items ??= reader.rows(this.position, (what, lost) => this.#lost(what, lost))[Symbol.iterator]();
    const until = Math.min(mostRows, into.rows + ROWS_A_TURN);
    for (let i = 0; i < ITEMS_A_TURN && into.rows < until && !into.isFull; i++) {
      const { value: item, done } = this.#items.next();
      if (done) {
        this.#items = undefined;
        return false;
      }
      if (item.kind === 'batch') {
        this.#newestUs = item.batch.receivedUs;
        into.add(item.batch, (tag) => this.#ids[tag] ?? this.#learn(tag, reader, declare));
        this.#grow(item.mark.atUs);
      } else this.#grow(item.atUs);
      this.position = Math.max(this.position, item.seq);
    }
    return true;
  }

  /** What is known of the tags of the journal may have changed. */
  refresh(declare: (infos: readonly TagInfo[]) => readonly number[]): void {
    const reader = this.#reader();
    if (reader) this.#declareAll(reader, declare);
  }

  close(): void {
    this.#items = undefined;
    this.#open?.reader[Symbol.dispose]();
    this.#open = undefined;
  }

  /** A database that was found damaged is replaced by a new file under the same name. */
  #reader(): JournalReader | undefined {
    const path = join(this.#dir, JOURNAL.database);
    const file = statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
    if (file === undefined) return undefined;
    if (this.#open?.file === file) return this.#open.reader;
    this.close();
    this.#ids = [];
    this.#steadyUs = undefined;
    // One that began anew, below what we know: all of it is new.
    if (highestSeq(path) < this.position) this.position = 0;
    this.#open = { reader: openReader(this.#dir), file };
    return this.#open.reader;
  }

  /** Passed, or it would be met again each time; its tags are only in what cannot be read. */
  #lost(what: string, lost: LostBlock | undefined): void {
    this.#onDamage(what);
    if (!lost) return;
    this.position = Math.max(this.position, lost.last);
    if (lost.rows === 0) return;
    const { fromUs, toUs } = lost.span ?? { fromUs: this.#newestUs, toUs: Date.now() * 1000 };
    this.gaps.push({ tags: 'all', fromUs, toUs, count: lost.rows, reason: 'journal-damaged' });
  }

  #grow(steadyUs: number): void {
    const step = steadyUs - (this.#steadyUs ?? steadyUs);
    if (step > 0) this.ageUs += Math.min(step, LONGEST_STEP_US);
    this.#steadyUs = Math.max(steadyUs, this.#steadyUs ?? 0);
  }

  #learn(
    tag: number,
    reader: JournalReader,
    declare: (infos: readonly TagInfo[]) => readonly number[],
  ): number {
    this.#declareAll(reader, declare);
    const known = this.#ids[tag];
    if (known !== undefined) return known;
    // A journal that lost its names: the rows are worth keeping under their number.
    const [id = 0] = declare([{ path: `unnamed/${tag}`, type: 'number', access: 'read' }]);
    this.#ids[tag] = id;
    return id;
  }

  #declareAll(reader: JournalReader, declare: (infos: readonly TagInfo[]) => readonly number[]): void {
    const tags = reader.tags();
    const ids = declare(tags.map(({ number: _, ...info }) => info));
    tags.forEach(({ number }, i) => {
      this.#ids[number] = ids[i] ?? 0;
    });
  }
}

function highestSeq(path: string): number {
  if (!existsSync(path)) return 0;
  const db = openForReading(path);
  try {
    return readHead(db)?.seq ?? 0;
  } finally {
    db.close();
  }
}
