import { basename } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Tag } from '#kernel/tag-table.ts';
import { openForReading } from '#platform/sqlite.ts';
import { GENESIS } from './chain.ts';
import type { SourceName } from './message.ts';
import { lastReadable } from './places.ts';
import { type SalvageRow, salvageRows } from './salvage.ts';
import { checkHead, FORMAT_VERSION, formatVersion, type HeadRow, MOST_SEQ, readHead } from './schema.ts';

/** Small things that start-up needs; blocks and events are never looked at. */
export interface Kept {
  readonly head: HeadRow | undefined;
  readonly tags: readonly Tag[];
  readonly sources: readonly SourceName[];
  readonly state: ReadonlyMap<string, string>;
  readonly cursors: ReadonlyMap<string, number>;
  /** What is kept beside the small things, of a damaged database only. */
  readonly rest?: Rest;
}

/** Of a damaged database: what its successor begins with, and what is to be brought over later. */
export interface Rest {
  readonly file: string;
  readonly tables: ReadonlyMap<string, readonly Row[]>;
  /** Files that it had not brought over completely itself. */
  readonly earlier: readonly SalvageRow[];
  readonly lastEvent: Pick<HeadRow, 'event_seq' | 'event_hash'> | undefined;
  readonly lastSeq: number;
}

export type Row = { readonly [column: string]: SQLInputValue };

export const NOTHING: Kept = { head: undefined, tags: [], sources: [], state: new Map(), cursors: new Map() };

/** @throws SyntaxError where something cannot be what it says; errors of SQLite */
export function readAll(db: DatabaseSync): Kept {
  const head = readHead(db);
  if (!head) throw new SyntaxError('the journal has lost its head record');
  salvageRows(db);
  const event = db.prepare('SELECT max(seq) AS seq FROM events').get() as { seq: number | null };
  const last = Math.max(lastBlock(db), event.seq ?? 0);
  if (checkHead(head).seq < last)
    throw new SyntaxError(`the head of the journal knows nothing of entry ${last}`);
  return { ...readSmall(db, (read) => read()), head };
}

/** Last entry of the newest block; 0 where there is none. */
function lastBlock(db: DatabaseSync, upTo = Number.MAX_SAFE_INTEGER): number {
  const row = db.prepare('SELECT seq, last FROM blocks WHERE seq <= ? ORDER BY seq DESC LIMIT 1').get(upTo) as
    | { seq: number; last: number }
    | undefined;
  if (row && !(row.last >= row.seq && row.last < MOST_SEQ))
    throw new SyntaxError(`block ${row.seq} ends at ${row.last}`);
  return row?.last ?? 0;
}

export const nothingOf = (path: string): Kept & { readonly rest: Rest } => ({
  ...NOTHING,
  rest: { file: basename(path), tables: new Map(), earlier: [], lastEvent: undefined, lastSeq: 0 },
});

/** Whatever a broken database still gives; undefined where it cannot even be opened as one. */
export function readDamaged(path: string): Kept | undefined {
  try {
    using db = disposable(openForReading(path));
    if (formatVersion(db.database) !== FORMAT_VERSION) return undefined;
    const attempt = (read: () => void): void => {
      try {
        read();
      } catch {
        // The rest of that table is lost; the caller reports how much was carried over.
      }
    };
    let head: HeadRow | undefined;
    attempt(() => {
      const found = readHead(db.database);
      head = found && checkHead(found);
    });
    return {
      ...readSmall(db.database, attempt),
      head,
      rest: { ...nothingOf(path).rest, ...readRest(db.database, attempt) },
    };
  } catch {
    return undefined;
  }
}

function readRest(db: DatabaseSync, attempt: (read: () => void) => void): Partial<Rest> {
  const tables = new Map<string, Row[]>();
  for (const table of ['gaps', 'dead_letters', 'holes', 'cursors', 'hours', 'hour_losses']) {
    const rows: Row[] = [];
    tables.set(table, rows);
    attempt(() => {
      for (const row of db.prepare(`SELECT * FROM ${table}`).iterate()) {
        const { tags, body, kind } = row as Row;
        if (!(body instanceof Uint8Array)) JSON.parse(`${tags ?? body ?? null}`);
        if (table !== 'holes' || kind === 'blocks' || kind === 'events') rows.push(row as Row);
      }
    });
  }
  let rest: Partial<Rest> = { tables };
  attempt(() => {
    rest = { ...rest, earlier: salvageRows(db) };
  });
  attempt(() => {
    const row = db.prepare('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1').get() as
      | { seq: number; hash: Uint8Array }
      | undefined;
    if (row && row.seq < MOST_SEQ && row.hash.length === GENESIS.length)
      rest = { ...rest, lastEvent: { event_seq: row.seq, event_hash: row.hash }, lastSeq: row.seq };
  });
  const last = lastReadable(MOST_SEQ, (upTo) => lastBlock(db, upTo));
  return { ...rest, lastSeq: Math.max(last ?? 0, rest.lastSeq ?? 0) };
}

const disposable = (database: DatabaseSync) => ({ database, [Symbol.dispose]: () => database.close() });

/** @param attempt runs the reading of one table; rows read before it fails are kept */
function readSmall(db: DatabaseSync, attempt: (read: () => void) => void): Omit<Kept, 'head'> {
  const tags: Tag[] = [];
  const sources: SourceName[] = [];
  const state = new Map<string, string>();
  const cursors = new Map<string, number>();
  const rows = <Row>(sql: string, take: (row: Row) => void): void =>
    attempt(() => {
      for (const row of db.prepare(sql).iterate()) take(row as Row);
    });
  rows<{ number: number; body: string }>('SELECT number, body FROM tags ORDER BY number', (row) => {
    const tag = JSON.parse(row.body) as Tag | null;
    if (tag?.number !== row.number || typeof tag.path !== 'string')
      throw new SyntaxError(`tag ${row.number} is no tag: ${row.body}`);
    tags.push(tag);
  });
  rows<SourceName>('SELECT id, name FROM sources ORDER BY id', ({ id, name }) => sources.push({ id, name }));
  rows<{ key: string; value: string }>('SELECT key, value FROM state', ({ key, value }) => {
    JSON.parse(value);
    state.set(key, value);
  });
  rows<{ name: string; seq: number }>('SELECT name, seq FROM cursors', ({ name, seq }) =>
    cursors.set(name, seq),
  );
  return { tags, sources, state, cursors };
}
