import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Fault } from '#kernel/fault.ts';
import { openForReading } from '#platform/sqlite.ts';
import type { Chunk } from '../format/chunk.ts';
import { mergeRows, NO_ROWS, type Rows, sliceRows, spanOf, upperBound } from '../format/rows.ts';
import { FILES, FORMAT_VERSION, formatVersion, HEAD_QUERY, type HeadRow } from '../schema.ts';
import { type Listed, Stored } from '../stored.ts';
import { Catalogue } from './catalogue.ts';
import { ChunkCache } from './chunk-cache.ts';
import { type Stretch, stretchesOf, stretchOfRows } from './stretch.ts';
import { Tail } from './tail.ts';

/** A month of one tag at 1 Hz is 3 MB. */
const CACHE_BYTES = 8 * 2 ** 20;

export interface HistoryDirs {
  /** Folder of the historian. */
  readonly dir: string;
  /** Folder of the journal behind it. */
  readonly journalDir: string;
}

/** A chunk that a query met and could not read. */
export interface FoundDamage {
  readonly path: string;
  readonly chunk: Listed;
  readonly why: string;
}

interface Open {
  readonly db: DatabaseSync;
  readonly stored: Stored;
  readonly file: bigint;
  readonly head: StatementSync;
  readonly catalogue: Catalogue;
}

/** One transaction of the database, and the journal behind just its position, so that no row moves between two looks. */
interface Moment {
  readonly opened: Open | undefined;
  /** Rows of a tag that are in the journal only. */
  readonly behind: (path: string) => Rows;
}

/** What of a tag is not in large chunks, and the list of those: one moment of the database. */
interface Snapshot {
  readonly fresh: Rows;
  readonly chunks: readonly Listed[];
  readonly open: (listed: Listed) => ReturnType<Stored['open']>;
}

/** What is needed of a series to count and draw it. @param path of its tag */
export interface SeriesPast {
  /** from ≤ time < to, in the order of time. */
  stretches(path: string, fromUs: number, toUs: number): Iterable<Stretch>;
  /** How many rows there are about, and from when to when. */
  extent(path: string, fromUs: number, toUs: number): { rows: number; fromUs: number; toUs: number };
  /** The last row at or before the time. */
  lastUntil(path: string, timeUs: number): Rows | undefined;
}

/** All that is known of the past: chunks, and the journal behind them. Either may be missing. */
export class Past implements SeriesPast {
  readonly tail: Tail;
  readonly damage = new Map<string, FoundDamage>();
  readonly #dir: string;
  readonly #cache = new ChunkCache(CACHE_BYTES);
  #open: Open | undefined;
  #now: Moment | undefined;

  constructor({ dir, journalDir }: HistoryDirs) {
    if (!existsSync(dir) && !existsSync(journalDir)) {
      throw new Fault('historian.none', `there is no history in ${dir}`, {
        retry: 'never',
        hint: 'Give the data folder of a site that has run.',
      });
    }
    this.#dir = dir;
    this.tail = new Tail(journalDir);
  }

  /** Undefined where there is no historian yet. A damaged one may be replaced by a new file while we read. */
  get database(): DatabaseSync | undefined {
    return this.#opened()?.db;
  }

  get catalogue(): Catalogue | undefined {
    return this.#opened()?.catalogue;
  }

  position(): number {
    const opened = this.#opened();
    return opened ? positionOf(opened) : 0;
  }

  /** The series from ≤ time < to, in the order of time. @throws errors of SQLite */
  *stretches(path: string, fromUs: number, toUs: number): Iterable<Stretch> {
    const { fresh, chunks, open } = this.#snapshot(path, fromUs, toUs);
    let left = spanOf(fresh, fromUs, toUs);
    let doneUs: number | undefined;
    for (const listed of chunks) {
      const chunk = open(listed);
      if (chunk === 'gone') {
        // Merged or removed meanwhile: what is left is looked up again.
        yield* this.stretches(path, doneUs === undefined ? fromUs : doneUs + 1, toUs);
        return;
      }
      if (!chunk) continue;
      const end = upperBound(left.timeUs, chunk.toUs);
      yield* stretchesOf(chunk, sliceRows(left, 0, end), fromUs, toUs);
      left = sliceRows(left, end, left.timeUs.length);
      doneUs = chunk.toUs;
    }
    if (left.timeUs.length > 0) yield stretchOfRows(left);
  }

  /** How many rows there are about, and from when to when. */
  extent(path: string, fromUs: number, toUs: number): { rows: number; fromUs: number; toUs: number } {
    const { fresh, chunks } = this.#snapshot(path, fromUs, toUs);
    const { timeUs } = spanOf(fresh, fromUs, toUs);
    const last = timeUs.length - 1;
    return {
      rows: chunks.reduce((sum, chunk) => sum + chunk.rows, timeUs.length),
      fromUs: Math.max(fromUs, Math.min(chunks[0]?.from_us ?? toUs, timeUs[0] ?? toUs)),
      toUs: Math.min(toUs, Math.max(chunks.at(-1)?.to_us ?? fromUs, timeUs[last] ?? fromUs)),
    };
  }

  /** The last row at or before the time. @throws errors of SQLite */
  lastUntil(path: string, timeUs: number): Rows | undefined {
    return this.#moment(({ opened, behind }) => {
      const newest = this.#lastFresh(opened, path, behind(path), timeUs);
      const stored = opened && this.#lastStored(opened, path, timeUs);
      if (!stored || !newest) return stored ?? newest;
      // Of one time, what came later counts.
      return (stored.timeUs[0] ?? 0) > (newest.timeUs[0] ?? 0) ? stored : newest;
    });
  }

  /** All that is looked up in `work` is of one moment, which is found once for it. `work` is short and waits for nobody. */
  together<T>(work: () => T): T {
    return this.#moment(work);
  }

  /** Gives back memory that only a next question would be quicker by. */
  forget(): void {
    this.#cache.clear();
    this.#open?.catalogue.forget();
    this.tail.forget();
  }

  close(): void {
    this.tail.close();
    this.#closeDatabase();
  }

  /** Of what is not in large chunks; opens none but the newest ones. */
  #lastFresh(opened: Open | undefined, path: string, behind: Rows, timeUs: number): Rows | undefined {
    const end = upperBound(behind.timeUs, timeUs);
    let last = end > 0 ? sliceRows(behind, end - 1, end) : undefined;
    const tag = opened?.catalogue.id(path);
    if (!opened || tag === undefined) return last;
    let isAlone = true;
    for (const listed of opened.stored.smallList(tag, Number.NEGATIVE_INFINITY, timeUs).toReversed()) {
      const lastUs = last?.timeUs[0] ?? Number.NEGATIVE_INFINITY;
      if (Math.min(listed.to_us, timeUs) < lastUs) continue;
      const chunk = opened.stored.openSmall(tag, listed);
      const found = chunk && lastIn(chunk, timeUs);
      if (!found || (found.timeUs[0] ?? 0) < lastUs) continue;
      isAlone = found.timeUs[0] !== lastUs;
      if (isAlone) last = found;
    }
    if (isAlone || !last) return last;
    // Which of several of one time is the last can be told only when all are there, equal ones once.
    const lastUs = last.timeUs[0] ?? 0;
    const { fresh } = this.#snapshot(path, lastUs, lastUs, false);
    const after = upperBound(fresh.timeUs, lastUs);
    return sliceRows(fresh, after - 1, after);
  }

  #lastStored(opened: Open, path: string, timeUs: number): Rows | undefined {
    const tag = opened.catalogue.id(path);
    for (let boundUs = timeUs; tag !== undefined; ) {
      const listed = opened.stored.before(tag, boundUs);
      if (!listed) return undefined;
      const chunk = this.#openChunk(opened, tag, listed);
      if (chunk && chunk !== 'gone') {
        return lastIn(chunk, timeUs);
      }
      boundUs = listed.from_us - 1;
    }
    return undefined;
  }

  #snapshot(path: string, fromUs: number, toUs: number, withChunks = true): Snapshot {
    return this.#moment(({ opened, behind }) => {
      const tag = opened?.catalogue.id(path);
      if (!opened || tag === undefined) return { fresh: behind(path), chunks: [], open: () => 'gone' };
      const { stored } = opened;
      const parts = stored.small(tag, fromUs, toUs).map((chunk) => chunk.read());
      const chunks = withChunks ? stored.list(tag, fromUs, toUs) : [];
      // Another question may find a new file in the meantime and close this one.
      const open = (listed: Listed) =>
        this.#open === opened ? this.#openChunk(opened, tag, listed) : 'gone';
      return { fresh: mergeRows([...parts, behind(path)]), chunks, open };
    });
  }

  #moment<T>(work: (moment: Moment) => T): T {
    if (this.#now) return work(this.#now);
    const opened = this.#opened();
    opened?.db.exec('BEGIN');
    try {
      const behind = this.tail.behind(opened ? positionOf(opened) : 0);
      this.#now = { opened, behind };
      return work(this.#now);
    } finally {
      this.#now = undefined;
      opened?.db.exec('COMMIT');
    }
  }

  #openChunk({ stored }: Open, tag: number, listed: Listed): ReturnType<Stored['open']> {
    const known = this.#cache.get(listed.id);
    if (known) return known;
    const chunk = stored.open(tag, listed);
    if (chunk && chunk !== 'gone') this.#cache.put(listed.id, chunk);
    return chunk;
  }

  #closeDatabase(): void {
    this.#open?.db.close();
    this.#open = undefined;
    // Another file may give the same ids to other chunks.
    this.#cache.clear();
  }

  #opened(): Open | undefined {
    const path = join(this.#dir, FILES.database);
    const file = statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
    if (file === undefined) return undefined;
    if (this.#open?.file === file) return this.#open;
    this.#closeDatabase();
    const db = openForReading(path);
    try {
      const version = formatVersion(db);
      // Being made at this moment.
      if (version === 0) return void db.close();
      if (version !== FORMAT_VERSION) throw newerFormat(path, version);
      const stored = new Stored(db, (tag, chunk, why) => this.#found(db, tag, chunk, why));
      this.#open = { db, stored, file, head: db.prepare(HEAD_QUERY), catalogue: new Catalogue(db) };
      return this.#open;
    } catch (error) {
      if (db.isOpen) db.close();
      throw error;
    }
  }

  #found(db: DatabaseSync, tag: number, chunk: Listed, why: string): void {
    const named = db.prepare('SELECT path FROM tags WHERE id = ?').get(tag) as { path: string } | undefined;
    this.damage.set(`${tag} ${chunk.from_us}`, { path: named?.path ?? `${tag}`, chunk, why });
  }
}

const positionOf = ({ head }: Open): number => (head.get() as HeadRow | undefined)?.position ?? 0;

/** @param timeUs not before the chunk */
function lastIn(chunk: Chunk, timeUs: number): Rows {
  let block = chunk.blocks - 1;
  while (block > 0 && chunk.firstUs(block) > timeUs) block--;
  const rows = chunk.read(block, block + 1);
  const end = upperBound(rows.timeUs, timeUs);
  return sliceRows(rows, end - 1, end);
}

const newerFormat = (path: string, version: number): Fault =>
  new Fault('historian.newer-format', `${path} has format ${version}, not ${FORMAT_VERSION}`, {
    retry: 'never',
  });

/** Rows of a series in parts of about so many, whatever the chunks are like. */
export function* rowsInParts(stretches: Iterable<Stretch>, size: number): Iterable<Rows> {
  let waiting: Rows[] = [];
  let count = 0;
  for (const stretch of stretches) {
    const rows = stretch.rows();
    waiting.push(rows);
    count += rows.timeUs.length;
    if (count < size) continue;
    yield* cut(joined(waiting), size);
    waiting = [];
    count = 0;
  }
  if (count > 0) yield* cut(joined(waiting), size);
}

/** What waited in flushes and in the journal may be many. */
function* cut(rows: Rows, size: number): Iterable<Rows> {
  for (let from = 0; from < rows.timeUs.length; from += 2 * size) {
    yield sliceRows(rows, from, Math.min(rows.timeUs.length, from + 2 * size));
  }
}

const joined = (parts: readonly Rows[]): Rows =>
  parts.length === 1 ? (parts[0] ?? NO_ROWS) : mergeRows(parts);
