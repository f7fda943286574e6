import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { messageOf } from '#kernel/fault.ts';
import { fileBytes } from '#platform/files.ts';

export const PAGE_BYTES = 4096;
/** A frame of the write-ahead log is a page and its header. */
export const FRAME_BYTES = PAGE_BYTES + 24;

/** What went wrong, as far as the caller must tell it apart. */
export type StorageTrouble = 'full' | 'damaged' | 'busy' | 'read-only' | 'io' | 'other';

// Primary result codes, https://www.sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** The index of the log could not be given its size: the file system has no room for it. */
const IOERR_SHMSIZE = 10 | (19 << 8);
const TROUBLE = new Map<number, StorageTrouble>([
  [BUSY, 'busy'],
  [LOCKED, 'busy'],
  [READONLY, 'read-only'],
  [IOERR, 'io'],
  [CORRUPT, 'damaged'],
  [FULL, 'full'],
  [CANTOPEN, 'io'],
  [NOTADB, 'damaged'],
]);
const FULL_ERRNO = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Sorts an error of SQLite or of the file system. */
export function troubleOf(error: unknown): StorageTrouble {
  if (!(error instanceof Error)) return 'other';
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (errcode === IOERR_SHMSIZE) return 'full';
  if (errcode !== undefined) return TROUBLE.get(errcode & 0xff) ?? 'other';
  if (code !== undefined && FULL_ERRNO.has(code)) return 'full';
  // An integer that JavaScript cannot hold: nobody here writes one.
  if (code === 'ERR_OUT_OF_RANGE') return 'damaged';
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return 'read-only';
  return code?.startsWith('E') && !code.startsWith('ERR_') ? 'io' : 'other';
}

/** Opens for writing: write-ahead log, every commit fsynced, little memory. @throws errors of SQLite */
export function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 200 });
  try {
    // Of no effect on a file that has tables already. Incremental: the owner decides when the file gets smaller.
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
    const mode = db.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string };
    if (mode.journal_mode !== 'wal') throw new Error(`this file system allows no write-ahead log: ${path}`);
    // The log is checkpointed by the owner, who knows its budget; the cache is small because blocks are read once.
    db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -1024');
    db.exec('PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 2000 });
  db.exec('PRAGMA cache_size = -1024');
  return db;
}

/**
 * Reads where no file can be made or grown, not even the index of the log that {@link openForReading} needs. Takes no
 * locks: only for a database that nobody writes meanwhile.
 */
export function openForReadingAlone(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  // Immutable means that there is no log to look at; with one, its index lies in memory in exclusive mode, and a file
  // that was opened for reading could not be locked exclusively.
  const hasLog = fileBytes(`${path}-wal`) > 0;
  url.search = hasLog ? 'vfs=unix-none' : 'immutable=1';
  const db = new DatabaseSync(url, { readOnly: true });
  if (hasLog) db.exec('PRAGMA locking_mode = EXCLUSIVE');
  db.exec('PRAGMA cache_size = -1024');
  return db;
}

/**
 * Takes an exclusive lock that the kernel frees when the process dies, however it dies.
 * @returns what gives it back, or undefined when another process or thread holds it
 * @throws errors of SQLite and of the file system, other than busy
 */
export function takeLock(path: string): (() => void) | undefined {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return () => db.close();
  } catch (error) {
    db.close();
    if (troubleOf(error) === 'busy') return undefined;
    throw error;
  }
}

/** Runs in one transaction; rolls back and rethrows on failure. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself after some errors, such as a full disk.
    if (db.isTransaction) rollBack(db, error);
    throw error;
  }
}

function rollBack(db: DatabaseSync, because: unknown): void {
  try {
    db.exec('ROLLBACK');
  } catch (error) {
    throw new AggregateError([because, error], `${messageOf(because)}; rolling back failed too`);
  }
}
