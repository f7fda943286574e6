import { randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, rmSync, statfsSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { fileBytes } from '#platform/files.ts';
import { FRAME_BYTES, PAGE_BYTES, troubleOf } from '#platform/sqlite.ts';
import { FILES } from './schema.ts';

const MAX_LOG_BYTES = 8 * 2 ** 20;
/** Lock, pid, shared-memory index of the log, and what the ledger grows by before it is looked at again. */
const SMALL_FILES_BYTES = 192 * 1024;
const RESERVE_SLICE_BYTES = 64 * 1024;
/** Of the reserve, in one step. */
const GIVEN_BACK_BYTES = 512 * 1024;
const MIN_PAGES = 64;
/** Pages that a commit touches besides the blocks themselves: heads, gaps, inner nodes, free list. */
const SLACK_PAGES = 24;
/** Least pages given back in one step. */
const MIN_STEP_PAGES = 16;
/** Of `PRAGMA auto_vacuum`. */
const INCREMENTAL = 2;

/** Shares of the quota. */
export interface Budget {
  readonly logBytes: number;
  readonly reserveBytes: number;
}

export function budgetOf(quotaBytes: number): Budget {
  const logBytes = Math.min(MAX_LOG_BYTES, Math.floor(quotaBytes / 8));
  return { logBytes, reserveBytes: logBytes };
}

/** Raw bytes that one commit may hold, so that its log stays within its share. */
export const commitBytesFor = (quotaBytes: number): number => budgetOf(quotaBytes).logBytes / 2;

/** Where the bytes of a journal are, and how many more there may be. */
export class Space {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #reserve: string;
  readonly #budget: Budget;
  readonly #quotaBytes: number;
  #maxPages = MIN_PAGES;
  readonly #count: (bytes: number) => void;
  #framesSeen = 0;
  /** Nothing more can be given back in this run. */
  #cannotShrink = false;
  #freeSeen = -1;
  /** Set while the file system is full: the database then lives on the pages that it has. */
  #tightPages: number | undefined;

  /** @param count told of every byte written */
  constructor(db: DatabaseSync, dir: string, quotaBytes: number, count: (bytes: number) => void) {
    this.#db = db;
    this.#path = join(dir, FILES.database);
    this.#reserve = join(dir, FILES.reserve);
    this.#budget = budgetOf(quotaBytes);
    this.#count = count;
    this.#quotaBytes = quotaBytes;
    this.spareAside(false);
    db.exec(`PRAGMA journal_size_limit = ${this.#budget.logBytes}`);
  }

  get usedBytes(): number {
    const files = [this.#path, `${this.#path}-wal`, `${this.#path}-shm`, this.#reserve];
    const small = [FILES.ledger, FILES.lock, FILES.pid].map((name) => join(dirname(this.#path), name));
    const sum = [...files, ...small].reduce((bytes, path) => bytes + fileBytes(path), 0);
    return sum + damagedBytes(dirname(this.#path));
  }

  /** A damaged file takes its part of the quota, but not while its content is brought over: twice that, for a moment. */
  spareAside(isSpared: boolean): void {
    const { logBytes, reserveBytes } = this.#budget;
    const aside = isSpared ? 0 : damagedBytes(dirname(this.#path));
    const others = logBytes + reserveBytes + SMALL_FILES_BYTES + aside;
    this.#maxPages = Math.max(MIN_PAGES, Math.floor((this.#quotaBytes - others) / PAGE_BYTES));
    this.#db.exec(`PRAGMA max_page_count = ${this.#maxPages}`);
  }

  /** What is left of a damaged file is for those who want to know what happened, and costs no sample its place. */
  dropAside(): void {
    const dir = dirname(this.#path);
    const pages = this.#pragma('page_count') - this.#pragma('freelist_count');
    const isTooMuch = damagedBytes(dir) > this.#quotaBytes / 2 || pages > this.#quotaPages;
    if (!isTooMuch) return;
    for (const name of asideNames(dir)) rmSync(join(dir, name), { force: true });
    this.spareAside(false);
  }

  /** Whether rows of that many bytes find room without removing anything. */
  fits(bytes: number): boolean {
    return this.#freePages >= Math.ceil((bytes / PAGE_BYTES) * 1.02) + SLACK_PAGES;
  }

  /** Room in the database before something has to go. */
  get freeBytes(): number {
    return Math.max(0, this.#freePages - SLACK_PAGES) * PAGE_BYTES;
  }

  get #freePages(): number {
    const pages = this.#pragma('page_count');
    // A file above its quota gets smaller step by step; until then what it has free counts.
    const limit = Math.max(pages, Math.min(this.#tightPages ?? this.#quotaPages, this.#quotaPages));
    return limit - pages + this.#pragma('freelist_count');
  }

  get #quotaPages(): number {
    const ledgerPages = Math.ceil(fileBytes(join(dirname(this.#path), FILES.ledger)) / PAGE_BYTES);
    return Math.max(MIN_PAGES, this.#maxPages - ledgerPages);
  }

  /** Pages that should be free before the next {@link shrink}; 0 while the file is within its quota, or stays as it is. */
  freePagesToShrink(): number {
    const excess = this.#pragma('page_count') - this.#quotaPages;
    if (excess <= 0 || this.#cannotShrink) return 0;
    const step = Math.min(excess, Math.max(MIN_STEP_PAGES, this.#budget.logBytes / 4 / FRAME_BYTES));
    const isIncremental = this.#pragma('auto_vacuum') === INCREMENTAL;
    return Math.ceil(isIncremental ? step : Math.min(excess, this.#pragma('freelist_count') + step));
  }

  /**
   * Gives free pages back to the file system, some at a time.
   * @returns whether there is more to give back
   */
  shrink(): boolean {
    const pages = this.#pragma('page_count');
    const free = this.#pragma('freelist_count');
    const excess = pages - this.#quotaPages;
    if (this.#pragma('auto_vacuum') !== INCREMENTAL) {
      // Made by an earlier release: such a file gets smaller only as a whole, when enough of it is free.
      if (free < excess && free > this.#freeSeen) this.#freeSeen = free;
      else this.#rewrite(pages - free);
      return !this.#cannotShrink;
    }
    const step = Math.ceil(Math.max(MIN_STEP_PAGES, this.#budget.logBytes / 4 / FRAME_BYTES));
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(step, excess)})`);
    this.afterCommit();
    this.checkpoint('PASSIVE');
    this.#db.exec(`PRAGMA max_page_count = ${this.#maxPages}`);
    this.#cannotShrink = this.#pragma('page_count') >= pages;
    return !this.#cannotShrink;
  }

  /** Once, and for good: from then on it gets smaller in steps. Takes twice its content for a moment. */
  #rewrite(pages: number): void {
    this.#cannotShrink = true;
    if (this.isDiskShort(pages * PAGE_BYTES)) return;
    this.#db.exec(
      'PRAGMA temp_store = FILE; PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA temp_store = MEMORY',
    );
    this.checkpoint('TRUNCATE');
    this.#db.exec(`PRAGMA max_page_count = ${this.#maxPages}`);
    this.#cannotShrink = this.#pragma('auto_vacuum') !== INCREMENTAL;
  }

  get isTight(): boolean {
    return this.#tightPages !== undefined;
  }

  /**
   * The file system is full: moves the log into the database, which needs some of the reserve where that has grown, and
   * keeps the database from growing further. The log keeps the bytes that it has: what it gave up somebody else would
   * take. Whoever calls must make room before writing more.
   */
  tighten(): void {
    this.withReserve(() => this.checkpoint('RESTART'));
    this.#stopGrowing();
  }

  /**
   * Does what needs bytes of a full file system, giving it a little of the reserve at a time: what is not used at once
   * somebody else takes, and what one attempt has written keeps its place for the next.
   */
  withReserve<T>(work: () => T): T {
    for (;;) {
      try {
        return work();
      } catch (error) {
        const have = fileBytes(this.#reserve);
        if (troubleOf(error) !== 'full' || have === 0) throw error;
        if (have > GIVEN_BACK_BYTES) truncateSync(this.#reserve, have - GIVEN_BACK_BYTES);
        else rmSync(this.#reserve);
      }
    }
  }

  /**
   * Called before a commit of that many bytes, as others fill and free the file system too. Without its reserve the
   * journal must not grow into the last space itself: a log that cannot be moved into the database would stay for ever.
   */
  lookAround(bytes: number): void {
    const missing = this.#budget.reserveBytes - fileBytes(this.#reserve);
    if (missing <= 0) return;
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    const free = bavail * bsize - this.#budget.logBytes - 2 * bytes;
    // While it is small there is little to give up, and the events would have to go.
    const large = this.#pragma('page_count') * PAGE_BYTES > 2 * this.#budget.logBytes;
    if (free < 0 && large) this.#stopGrowing();
    else if (free >= missing && (this.isTight || large) && this.#extendReserve(missing, missing)) {
      this.#tightPages = undefined;
    }
  }

  /** Whether the file system has no room for a commit of that many bytes. */
  isDiskShort(bytes: number): boolean {
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    return bavail * bsize < this.#budget.logBytes + 2 * bytes;
  }

  #stopGrowing(): void {
    this.#tightPages ??= Math.min(this.#pragma('page_count'), this.#maxPages);
  }

  /**
   * Takes the reserve back, a slice at a time so that no commit waits for it, and leaves the tight mode with the last
   * one. Waits until the file system has plenty.
   */
  relax(): void {
    const have = fileBytes(this.#reserve);
    const missing = this.#budget.reserveBytes - have;
    if (missing > 0) {
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < missing + this.#budget.logBytes || !this.#extendReserve(missing)) return;
    }
    // Of a larger quota before.
    if (missing < 0) truncateSync(this.#reserve, this.#budget.reserveBytes);
    if (missing <= RESERVE_SLICE_BYTES) this.#tightPages = undefined;
  }

  /** Not fsynced: what a power cut takes of it is made again. */
  #extendReserve(missing: number, atOnce = RESERVE_SLICE_BYTES): boolean {
    // Random, so that a compressing file system cannot promise room that it does not have.
    const slice = randomBytes(Math.min(missing, atOnce));
    try {
      appendFileSync(this.#reserve, slice);
      this.#count(slice.length);
      return true;
    } catch {
      // Somebody else was quicker: half a reserve would only keep the file system full.
      rmSync(this.#reserve, { force: true });
      return false;
    }
  }

  /** Counts what a commit wrote, and moves the log into the database before it outgrows its share. */
  afterCommit(): void {
    const frames = this.#frames();
    this.#count((frames >= this.#framesSeen ? frames - this.#framesSeen : frames) * FRAME_BYTES);
    this.#framesSeen = frames;
    try {
      this.#trimLog(frames);
    } catch (error) {
      if (troubleOf(error) !== 'full') throw error;
      // What was committed is durable, and the reserve is there so that the log can be moved.
      this.tighten();
    }
  }

  #trimLog(frames: number): void {
    // One transaction may be larger than the share of the log: the file is cut at once then.
    // Where the disk is full each transaction must find the log empty: it may not get longer.
    if (this.isTight) this.checkpoint('RESTART');
    else if (frames * FRAME_BYTES > this.#budget.logBytes) this.checkpoint('TRUNCATE');
    else if (frames * FRAME_BYTES > this.#budget.logBytes / 2) this.checkpoint('PASSIVE');
  }

  /** Whether a reader keeps the log from being used again until it would break the quota. */
  logIsHeld(): boolean {
    return this.#frames() * FRAME_BYTES > this.#budget.logBytes * 2 && this.checkpoint('RESTART') > 0;
  }

  /** @returns frames of the log that are not yet in the database */
  checkpoint(mode: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): number {
    const pending = this.#frames();
    const done = this.#db.prepare(`PRAGMA wal_checkpoint(${mode})`).get() as {
      log: number;
      checkpointed: number;
    };
    this.#count(Math.min(pending, this.#pragma('page_count')) * PAGE_BYTES);
    if (mode === 'TRUNCATE' && done.log === 0) this.#framesSeen = 0;
    return done.log - done.checkpointed;
  }

  /** Frames in the log; NOOP asks without doing anything. */
  #frames(): number {
    const { log } = this.#db.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number };
    return Math.max(0, log);
  }

  #pragma(name: 'page_count' | 'freelist_count' | 'auto_vacuum'): number {
    return Object.values(this.#db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[0] ?? 0;
  }
}

const asideNames = (dir: string): string[] =>
  readdirSync(dir).filter((name) => name.startsWith(FILES.damaged));

const damagedBytes = (dir: string): number =>
  asideNames(dir).reduce((bytes, name) => bytes + fileBytes(join(dir, name)), 0);
