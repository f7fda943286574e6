import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '#platform/sqlite.ts';

export const FORMAT_VERSION = 1;

export const FILES = {
  database: 'historian.db',
  lock: 'historian.lock',
  damaged: 'historian.db.damaged',
} as const;

/** Tags that there can be: the key of a small chunk is its flush and its tag in one number. */
export const MOST_TAGS = 2 ** 21;

export const smallId = (flush: number, tag: number): number => flush * MOST_TAGS + tag;
export const tagOfSmall = (id: number): number => id % MOST_TAGS;

export interface HeadRow {
  position: number;
  age_us: number;
}

/** A chunk as the tables `small` and `chunks` hold it. */
export interface ChunkRow {
  readonly id: number;
  readonly from_us: number;
  readonly to_us: number;
  readonly rows: number;
  readonly body: Uint8Array;
}

const TABLES = `
  CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, age_us REAL NOT NULL) STRICT;
  CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
  CREATE TABLE flushes (flush INTEGER PRIMARY KEY AUTOINCREMENT, level INTEGER NOT NULL, age_us REAL NOT NULL) STRICT;
  CREATE TABLE small (
    id INTEGER PRIMARY KEY, from_us REAL NOT NULL, to_us REAL NOT NULL, rows INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tag INTEGER NOT NULL, from_us REAL NOT NULL, to_us REAL NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, age_us REAL NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE INDEX chunks_tag ON chunks (tag, from_us, to_us, rows, bytes);
  CREATE INDEX chunks_end ON chunks (to_us);
  CREATE TABLE gaps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, tags TEXT NOT NULL, from_us REAL NOT NULL,
    to_us REAL NOT NULL, count INTEGER, reason TEXT NOT NULL, to_seq INTEGER) STRICT;
  CREATE INDEX gaps_kind ON gaps (reason, source, id);
  INSERT INTO head VALUES (1, 0, 0);
  PRAGMA user_version = ${FORMAT_VERSION};
`;

export const createTables = (db: DatabaseSync): void => transaction(db, () => db.exec(TABLES));

export const formatVersion = (db: DatabaseSync): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

export const HEAD_QUERY = 'SELECT position, age_us FROM head WHERE id = 1';

export const readHead = (db: DatabaseSync): HeadRow | undefined =>
  db.prepare(HEAD_QUERY).get() as HeadRow | undefined;
