import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { GapTable } from '#journal/gaps.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { fileBytes } from '#platform/files.ts';
import { openForWriting, troubleOf } from '#platform/sqlite.ts';
import { createTables, FILES, FORMAT_VERSION, formatVersion, readHead } from './schema.ts';

interface Found {
  readonly db: DatabaseSync;
  /** What was lost by opening. */
  readonly damage: readonly string[];
}

const SUFFIXES = ['-wal', '-shm', ''];

/**
 * Opens the database in `dir`, or begins one. One that cannot be read is set aside: the journal fills the new one as far
 * as it reaches, and a gap says that there was more.
 * @param broken the error by which it has been found damaged already
 * @throws Fault `historian.newer-format`; errors of SQLite and of the file system
 */
export function openDatabase(dir: string, quotaBytes: number, broken?: unknown): Found {
  const path = join(dir, FILES.database);
  if (fileBytes(path) === 0) return { db: begin(path), damage: [] };
  if (broken !== undefined) return replace(dir, quotaBytes, broken);
  let db: DatabaseSync | undefined;
  try {
    db = openForWriting(path);
    if (isUnfinished(db)) {
      db.close();
      return { db: begin(path), damage: [] };
    }
    checkFormat(db, path);
    if (!readHead(db)) throw new SyntaxError('the historian has lost its head record');
    return { db, damage: [] };
  } catch (error) {
    if (db?.isOpen) db.close();
    if (!isDamage(error)) throw error;
    return replace(dir, quotaBytes, error);
  }
}

export const isDamage = (error: unknown): boolean =>
  troubleOf(error) === 'damaged' ||
  error instanceof SyntaxError ||
  /no such (table|column)/.test(messageOf(error));

/** Killed, or out of room, before there were tables: nothing was ever in it. */
const isUnfinished = (db: DatabaseSync): boolean =>
  formatVersion(db) === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;

function checkFormat(db: DatabaseSync, path: string): void {
  const version = formatVersion(db);
  if (version === FORMAT_VERSION) return;
  if (version === 0) throw new SyntaxError(`${path} is no historian`);
  throw new Fault(
    'historian.newer-format',
    `${path} has format ${version}, this program knows ${FORMAT_VERSION}`,
    { retry: 'never', hint: 'Start the newer release again, or move the historian folder away.' },
  );
}

function begin(path: string): DatabaseSync {
  // What a power cut left of a database that had not been finished.
  for (const suffix of SUFFIXES) rmSync(path + suffix, { force: true });
  const db = openForWriting(path);
  try {
    createTables(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function replace(dir: string, quotaBytes: number, because: unknown): Found {
  const path = join(dir, FILES.database);
  const aside = join(dir, FILES.damaged);
  const damage = [`${FILES.database}: ${messageOf(because)}; set aside as ${aside}`];
  const isLarge = fileBytes(path) > quotaBytes / 2;
  for (const suffix of SUFFIXES) {
    rmSync(aside + suffix, { force: true });
    if (isLarge) rmSync(path + suffix, { force: true });
    else if (fileBytes(path + suffix) > 0) renameSync(path + suffix, aside + suffix);
  }
  if (isLarge) damage.push('the damaged file took more than half of the quota and was removed');
  const db = begin(path);
  // What was in it cannot be known; the journal gives back the end of it.
  const gap = { tags: 'all', fromUs: 0, toUs: Date.now() * 1000, count: undefined } as const;
  new GapTable(db).add({ ...gap, reason: 'historian-damaged' });
  return { db, damage };
}
