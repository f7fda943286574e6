import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { Fault, messageOf } from '#kernel/fault.ts';
import { openForReading, transaction, troubleOf } from '#platform/sqlite.ts';
import { GapTable } from './gaps.ts';
import { salvageRows } from './salvage.ts';
import {
  addLaterTables,
  createTables,
  FILES,
  FORMAT_VERSION,
  formatVersion,
  type HeadRow,
  hasTable,
  readHead,
} from './schema.ts';

export interface CopyOptions {
  /** Whether the blocks go along; without them a gap counts what they hold. */
  readonly samples: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Bytes copied so far, and those that are known to come. */
  readonly progress?: (bytes: number, of: number) => void;
}

/** What has been copied, as it is in the copy. */
export interface CopiedJournal {
  readonly head: Readonly<HeadRow>;
  readonly format: number;
  /** Small state, by key, as JSON. */
  readonly state: ReadonlyMap<string, string>;
  /** The ledger, as text; read after the database, so that no tag of the database is missing in it. */
  readonly ledger: string;
}

/** Copied in one transaction; long enough to be quick, short enough to hold up no writer. */
const AT_ONCE_BYTES = 4 << 20;
const EVENTS_AT_ONCE = 500;
/** Less than this in one round: the end is near, and the last transaction, which holds the writer's log, is short. */
const NEAR_END = 32;
/** Rounds beyond what was there at the beginning. A writer that outruns the copy for so long must wait for the last one. */
const MOST_ROUNDS = 1000;

/** Tables that are small, and copied as a whole in the last transaction. */
const SMALL = [
  'head',
  'gaps',
  'tags',
  'sources',
  'state',
  'cursors',
  'dead_letters',
  'holes',
  'hours',
  'hour_losses',
] as const;

/**
 * Copies a journal that may be written meanwhile, as it is at one moment. Events and blocks are only ever added at the
 * end and removed at the beginning: they are copied first, in short transactions; the last one takes what came, leaves
 * out what went, and takes everything else.
 * @param to file of the copy, which must not exist
 * @throws Fault `journal.none`, `journal.newer-format`, `journal.damaged`, `journal.salvaging`; errors of SQLite and of the
 *   file system
 */
export async function copyJournal(dir: string, to: string, options: CopyOptions): Promise<CopiedJournal> {
  const path = join(dir, FILES.database);
  if (!existsSync(path))
    throw new Fault('journal.none', `there is no journal in ${dir}`, {
      retry: 'never',
      hint: 'Give the data folder of a site that has run.',
    });
  const from = openForReading(path);
  try {
    const format = formatVersion(from);
    if (format !== FORMAT_VERSION)
      throw new Fault('journal.newer-format', `${path} has format ${format}, not ${FORMAT_VERSION}`, {
        retry: 'never',
        hint: 'Make the backup with the release that wrote it.',
      });
    if (salvageRows(from).length > 0)
      throw new Fault('journal.salvaging', `${path} is still taking over what a damaged one holds`, {
        hint: 'Try again in some minutes.',
      });
    const copy = openCopy(to);
    try {
      const head = await new Copying(from, copy, options).run();
      const state = new Map(
        (copy.prepare('SELECT key, value FROM state').all() as { key: string; value: string }[]).map(
          ({ key, value }) => [key, value] as const,
        ),
      );
      return { head, format, state, ledger: ledgerText(dir) };
    } finally {
      copy.close();
    }
  } catch (error) {
    throw troubleOf(error) === 'damaged' ? damaged(path, error) : error;
  } finally {
    from.close();
  }
}

/** Nobody needs what a crash leaves of it: no log, and one fsync at the end, by whoever takes the file. */
function openCopy(to: string): DatabaseSync {
  const copy = new DatabaseSync(to);
  copy.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048');
  createTables(copy, 0);
  addLaterTables(copy);
  return copy;
}

class Copying {
  readonly #from: DatabaseSync;
  readonly #to: DatabaseSync;
  readonly #options: CopyOptions;
  #bytes = 0;
  #event = -1;
  #block = -1;

  constructor(from: DatabaseSync, to: DatabaseSync, options: CopyOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  async run(): Promise<HeadRow> {
    const begun = readHead(this.#from)?.seq ?? 0;
    for (let beyond = 0; beyond < MOST_ROUNDS && this.#copySome() > NEAR_END; ) {
      if (Math.min(this.#event, this.#options.samples ? this.#block : this.#event) >= begun) beyond++;
      await this.#pause();
    }
    return this.#last();
  }

  async #pause(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const { progress } = this.#options;
    if (progress) progress(this.#bytes, Math.max(this.#bytes, this.#size()));
    await turn();
  }

  #size(): number {
    if (!this.#options.samples) return this.#bytes;
    const { page_count: pages } = this.#from.prepare('PRAGMA page_count').get() as { page_count: number };
    const { page_size: size } = this.#from.prepare('PRAGMA page_size').get() as { page_size: number };
    return pages * size;
  }

  /** @returns rows copied: few once the end is near */
  #copySome(): number {
    return transaction(this.#to, () => {
      let rows = this.#copyEvents(EVENTS_AT_ONCE);
      if (this.#options.samples) rows += this.#copyBlocks(AT_ONCE_BYTES);
      return rows;
    });
  }

  #copyEvents(limit: number): number {
    const rows = this.#from
      .prepare('SELECT seq, at_us, body, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(this.#event, limit) as { seq: number; at_us: number; body: Uint8Array; hash: Uint8Array }[];
    const insert = this.#to.prepare('INSERT INTO events VALUES (?, ?, ?, ?)');
    for (const { seq, at_us, body, hash } of rows) {
      insert.run(seq, at_us, body, hash);
      this.#event = seq;
      this.#bytes += body.length + 100;
    }
    return rows.length;
  }

  /** @returns blocks copied, at most as many as make up the limit; weighed, since one of them is as long as many events */
  #copyBlocks(limitBytes: number): number {
    const insert = this.#to.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)');
    let bytes = 0;
    for (const row of this.#from
      .prepare('SELECT * FROM blocks WHERE seq > ? ORDER BY seq')
      .iterate(this.#block)) {
      const block = row as Record<'seq' | 'last' | 'rows' | 'from_us' | 'to_us' | 'age_us', number> & {
        body: Uint8Array;
      };
      const { seq, last, rows, from_us, to_us, age_us, body } = block;
      insert.run(seq, last, rows, from_us, to_us, age_us, body);
      this.#block = seq;
      bytes += body.length + 100;
      if (bytes >= limitBytes) break;
    }
    this.#bytes += bytes;
    return Math.ceil(bytes / 65_536);
  }

  #last(): HeadRow {
    return transaction(this.#to, () => {
      this.#from.exec('BEGIN');
      try {
        // The first read fixes the moment.
        const head = readHead(this.#from);
        if (!head) throw new Fault('journal.damaged', 'the journal has lost its head record');
        while (this.#copyEvents(EVENTS_AT_ONCE) > 0);
        if (this.#options.samples) while (this.#copyBlocks(AT_ONCE_BYTES) > 0);
        this.#leaveOutRemoved();
        for (const table of SMALL) this.#copyTable(table);
        return this.#options.samples ? head : this.#withoutSamples(head);
      } finally {
        this.#from.exec('COMMIT');
      }
    });
  }

  #leaveOutRemoved(): void {
    for (const table of ['events', 'blocks'] as const) {
      const { first } = this.#from.prepare(`SELECT min(seq) AS first FROM ${table}`).get() as {
        first: number | null;
      };
      if (first === null) this.#to.exec(`DELETE FROM ${table}`);
      else this.#to.prepare(`DELETE FROM ${table} WHERE seq < ?`).run(first);
    }
  }

  #copyTable(table: (typeof SMALL)[number]): void {
    this.#to.exec(`DELETE FROM ${table}`);
    if (!hasTable(this.#from, table)) return; // one that came later, and that this journal has not had yet
    const columns = this.#from.prepare(`SELECT * FROM ${table} LIMIT 0`).columns();
    const names = columns.map(({ name }) => `"${name}"`);
    const insert = this.#to.prepare(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    );
    for (const row of this.#from.prepare(`SELECT * FROM ${table}`).iterate())
      insert.run(
        ...columns.map(({ name }) => (row as { [name: string]: SQLInputValue })[name] as SQLInputValue),
      );
  }

  #withoutSamples(head: HeadRow): HeadRow {
    const span = this.#from
      .prepare('SELECT min(from_us) AS fromUs, max(to_us) AS toUs FROM blocks WHERE rows > 0')
      .get() as { fromUs: number | null; toUs: number | null };
    if (span.fromUs !== null && span.toUs !== null) {
      const { fromUs, toUs } = span;
      new GapTable(this.#to).add({ tags: 'all', fromUs, toUs, count: head.rows, reason: 'not-in-backup' });
    }
    this.#to.exec('UPDATE head SET rows = 0');
    return { ...head, rows: 0 };
  }
}

function ledgerText(dir: string): string {
  try {
    return readFileSync(join(dir, FILES.ledger), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

const damaged = (path: string, error: unknown): Fault =>
  new Fault('journal.damaged', `${path} is damaged: ${messageOf(error)}`, {
    retry: 'never',
    hint: 'Start the site once: it sets the damaged database aside and carries over what can be read.',
    cause: error,
  });
