import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '#platform/sqlite.ts';
import { GENESIS } from './chain.ts';

export const FORMAT_VERSION = 1;
/** A new database after damage numbers from here above the old one: more than one opening can ever use up. */
export const SEQ_LEAP = 2 ** 40;

/** Beyond every sequence: there is room for leaps above it in a double. */
export const MOST_SEQ = 2 ** 52;

export const FILES = {
  database: 'journal.db',
  ledger: 'journal.ledger',
  lock: 'journal.lock',
  pid: 'journal.pid',
  reserve: 'journal.reserve',
  damaged: 'journal.db.damaged-',
} as const;

export interface HeadRow {
  epoch: number;
  unit: number;
  seq: number;
  steady_us: number;
  wall_us: number;
  age_us: number;
  rows: number;
  event_seq: number;
  event_hash: Uint8Array;
  event_count: number;
  anchor_seq: number;
  anchor_hash: Uint8Array;
  events_removed: number;
  /** The delivery ledger: when it began, and samples since then; null before that. */
  since_us: number | null;
  acquired: number | null;
  stored: number | null;
  lost: number | null;
  unknown: number | null;
}

const TABLES = `
  CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, unit INTEGER NOT NULL, seq INTEGER NOT NULL,
    steady_us REAL NOT NULL, wall_us REAL NOT NULL, age_us REAL NOT NULL, rows INTEGER NOT NULL,
    event_seq INTEGER NOT NULL, event_hash BLOB NOT NULL, event_count INTEGER NOT NULL,
    anchor_seq INTEGER NOT NULL, anchor_hash BLOB NOT NULL, events_removed INTEGER NOT NULL) STRICT;
  CREATE TABLE blocks (
    seq INTEGER PRIMARY KEY, last INTEGER NOT NULL, rows INTEGER NOT NULL,
    from_us REAL NOT NULL, to_us REAL NOT NULL, age_us REAL NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE events (seq INTEGER PRIMARY KEY, at_us REAL NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
  CREATE TABLE gaps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, tags TEXT NOT NULL, from_us REAL NOT NULL,
    to_us REAL NOT NULL, count INTEGER, reason TEXT NOT NULL, to_seq INTEGER) STRICT;
  CREATE INDEX gaps_kind ON gaps (reason, source, id);
  CREATE TABLE tags (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
  CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${FORMAT_VERSION};
`;

/** Tables that came later: a journal without them gets them when it is opened for writing. */
const LATER = `
  CREATE TABLE IF NOT EXISTS dead_letters (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS salvage (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, start INTEGER NOT NULL, after INTEGER NOT NULL, upto INTEGER NOT NULL, next INTEGER NOT NULL,
    had_rows INTEGER, had_events INTEGER, rows INTEGER NOT NULL, events INTEGER NOT NULL, wall_us REAL NOT NULL,
    hole INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS holes (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, rows INTEGER,
    from_us REAL NOT NULL, to_us REAL NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS hours (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, hour_us REAL NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS hour_losses (
    sink TEXT NOT NULL, hour_us REAL NOT NULL, body BLOB NOT NULL, PRIMARY KEY (sink, hour_us)) STRICT, WITHOUT ROWID;
`;

/** Columns that came later. */
const LATER_COLUMNS: { readonly [table: string]: readonly string[] } = {
  head: ['since_us REAL', 'acquired INTEGER', 'stored INTEGER', 'lost INTEGER', 'unknown INTEGER'],
  cursors: [
    ...['at', 'base', 'base_lost', 'delivered', 'rejected', 'left_out', 'lost', 'removed', 'removed_to'].map(
      (name) => `"${name}" INTEGER NOT NULL DEFAULT 0`,
    ),
    'beyond INTEGER',
  ],
};

export function addLaterTables(db: DatabaseSync): void {
  db.exec(LATER);
  for (const [table, columns] of Object.entries(LATER_COLUMNS)) {
    const there = new Set(
      db
        .prepare(`SELECT * FROM ${table} LIMIT 0`)
        .columns()
        .map(({ name }) => `${name}`),
    );
    for (const column of columns)
      if (!there.has(column.split(' ')[0]?.replaceAll('"', '') ?? ''))
        db.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`);
  }
}

/** Makes the tables of a new journal. @param seq highest sequence that may have been given before */
export function createTables(db: DatabaseSync, seq: number): void {
  transaction(db, () => {
    db.exec(TABLES);
    db.prepare('INSERT INTO head VALUES (1, 0, 0, ?, 0, 0, 0, 0, 0, ?, 0, 0, ?, 0)').run(
      seq,
      GENESIS,
      GENESIS,
    );
    addLaterTables(db);
  });
}

export const formatVersion = (db: DatabaseSync): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

export const readHead = (db: DatabaseSync): HeadRow | undefined =>
  db.prepare('SELECT * FROM head WHERE id = 1').get() as HeadRow | undefined;

/** @throws SyntaxError where a spoilt page has left a head that SQLite reads, and that cannot be one */
export function checkHead(head: HeadRow): HeadRow {
  const { epoch, unit, seq, rows, event_seq, event_count, anchor_seq, events_removed } = head;
  const { acquired, stored, lost, unknown } = head;
  const ledger = [acquired, stored, lost, unknown].map((count) => count ?? 0);
  const counts = [epoch, unit, seq, rows, event_seq, event_count, anchor_seq, events_removed, ...ledger];
  const times = [head.steady_us, head.wall_us, head.age_us, head.since_us ?? 0];
  const isHash = (bytes: Uint8Array) => bytes instanceof Uint8Array && bytes.length === GENESIS.length;
  const isSound =
    counts.every((count) => Number.isSafeInteger(count) && count >= 0 && count < MOST_SEQ) &&
    times.every(Number.isFinite) &&
    isHash(head.event_hash) &&
    isHash(head.anchor_hash);
  if (isSound) return head;
  throw new SyntaxError('the head record of the journal says what it cannot say');
}

export const hasTable = (db: DatabaseSync, table: string): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;
