import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { fileBytes } from '#platform/files.ts';
import { FRAME_BYTES, PAGE_BYTES } from '#platform/sqlite.ts';
import { FILES } from './schema.ts';

const MAX_LOG_BYTES = 8 * 2 ** 20;
/** Lock and index of the log. */
const SMALL_FILES_BYTES = 128 * 1024;
/** Pages that a commit touches besides the chunks: heads, gaps, indexes, free list. */
const SLACK_PAGES = 48;
/** Pages given back to the file system in one go. */
const GIVEN_BACK_PAGES = 512;

/** Where the bytes of a historian are, and how many more there may be. */
export class Space {
  writtenBytes = 0;
  readonly #db: DatabaseSync;
  readonly #dir: string;
  readonly #logBytes: number;
  readonly #quotaBytes: number;
  #framesSeen = 0;

  constructor(db: DatabaseSync, dir: string, quotaBytes: number) {
    this.#db = db;
    this.#dir = dir;
    this.#quotaBytes = quotaBytes;
    this.#logBytes = Math.min(MAX_LOG_BYTES, Math.floor(quotaBytes / 8));
    db.exec(`PRAGMA journal_size_limit = ${this.#logBytes}`);
  }

  get usedBytes(): number {
    const names = [
      FILES.database,
      `${FILES.database}-wal`,
      `${FILES.database}-shm`,
      FILES.lock,
      FILES.damaged,
    ];
    return names.reduce((sum, name) => sum + fileBytes(join(this.#dir, name)), 0);
  }

  /** Whether chunks of that many bytes find room without removing anything. */
  fits(bytes: number): boolean {
    const used = this.#pragma('page_count') - this.#pragma('freelist_count');
    return this.#maxPages() - used >= Math.ceil((bytes / PAGE_BYTES) * 1.1) + SLACK_PAGES;
  }

  /** Gives free pages back while the file is larger than it may be, as after the quota was lowered. @returns whether any */
  shrink(): boolean {
    if (this.#pragma('page_count') <= this.#maxPages() || this.#pragma('freelist_count') === 0) return false;
    // As a query, because each step gives back one page.
    this.#db.prepare(`PRAGMA incremental_vacuum(${GIVEN_BACK_PAGES})`).all();
    return true;
  }

  /** Counts what a commit wrote, and moves the log into the database before it outgrows its share. */
  afterCommit(): void {
    const frames = this.#frames();
    this.writtenBytes += (frames >= this.#framesSeen ? frames - this.#framesSeen : frames) * FRAME_BYTES;
    this.#framesSeen = frames;
    if (frames * FRAME_BYTES > this.#logBytes / 2) this.checkpoint('PASSIVE');
  }

  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    const pending = this.#frames();
    this.#db.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
    this.writtenBytes += Math.min(pending, this.#pragma('page_count')) * PAGE_BYTES;
  }

  #maxPages(): number {
    const others = this.#logBytes + SMALL_FILES_BYTES + fileBytes(join(this.#dir, FILES.damaged));
    return Math.max(0, Math.floor((this.#quotaBytes - others) / PAGE_BYTES));
  }

  /** Frames in the log; NOOP asks without doing anything. */
  #frames(): number {
    const { log } = this.#db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number };
    return Math.max(0, log);
  }

  #pragma(name: 'page_count' | 'freelist_count'): number {
    return Object.values(this.#db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[0] ?? 0;
  }
}
