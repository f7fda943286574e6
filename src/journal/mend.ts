import { closeSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileBytes } from '#platform/files.ts';
import { openForWriting, PAGE_BYTES } from '#platform/sqlite.ts';
import { createTables, FILES } from './schema.ts';

/* Pages of a damaged database that others are found by, made anew: https://www.sqlite.org/fileformat.html */

/** Where the head of a database has its pages. */
const PAGE_COUNT_AT = 28;
const BRANCH = 0x05;
const LEAF = 0x0d;
const BRANCH_HEAD_BYTES = 12;
const LEAF_HEAD_BYTES = 8;
/** The map of pages: five bytes for each of so many pages, which follow it. */
const ENTRY_BYTES = 5;
const MAPPED = Math.floor(PAGE_BYTES / ENTRY_BYTES);
/** Kept free by SQLite, for its locks. */
const LOCK_PAGE = 2 ** 30 / PAGE_BYTES + 1;
/** Of the map: a page of a tree that is not its root; its parent is told. */
const CHILD = 5;
const MOST_DEPTH = 20;

/**
 * The first page names the tables and is the same in all journals but for the length of the file: a spoilt one need not
 * take all the others along. What it held is kept beside the file.
 * @returns whether there is one again
 */
export function mendFirstPage(dir: string, path: string): boolean {
  const model = join(dir, `${FILES.damaged}model`);
  try {
    const db = openForWriting(model);
    createTables(db, 0);
    db.close();
    const page = readFileSync(model).subarray(0, PAGE_BYTES);
    page.writeUInt32BE(fileBytes(path) / PAGE_BYTES, PAGE_COUNT_AT);
    using pages = new Pages(path);
    pages.replace(1, page);
    return true;
  } catch {
    return false;
  } finally {
    for (const suffix of ['-wal', '-shm', '']) rmSync(model + suffix, { force: true });
  }
}

/**
 * A spoilt page in the branches of a tree need not take along what lies below it: the map of pages tells which these are,
 * and their own keys tell their order. What the page held is kept beside the file.
 * @returns pages made anew
 */
export function mendBranches(path: string): number {
  try {
    // What is in the log counts; a file without one is left as it is.
    if (fileBytes(`${path}-wal`) > 0) openForWriting(path).close();
    using pages = new Pages(path);
    let mended = 0;
    for (const [parent, children] of pages.families()) {
      const sound = children.flatMap((page) => pages.highest(page) ?? []);
      if (sound.length <= pages.soundChildren(parent)) continue;
      const page = branchOf(sound.sort((a, b) => a.key - b.key));
      if (!page) continue;
      pages.replace(parent, page);
      mended++;
    }
    return mended;
  } catch {
    return 0;
  }
}

interface Child {
  readonly page: number;
  /** Highest key below it. */
  readonly key: number;
}

class Pages implements Disposable {
  readonly #path: string;
  readonly #file: number;
  readonly #count: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'r+');
    this.#count = Math.floor(fileBytes(path) / PAGE_BYTES);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  replace(number: number, page: Uint8Array): void {
    writeFileSync(`${this.#path}.page${number}`, this.#read(number));
    writeSync(this.#file, page, 0, PAGE_BYTES, (number - 1) * PAGE_BYTES);
  }

  /** Pages of trees by their parent, as the map has them. */
  families(): Map<number, number[]> {
    const families = new Map<number, number[]>();
    for (let map = 2; map <= this.#count; map += MAPPED + 1) {
      const at = map === LOCK_PAGE ? map + 1 : map;
      const entries = this.#read(at);
      for (let i = 0; i < MAPPED && at + 1 + i <= this.#count; i++) {
        if (entries[i * ENTRY_BYTES] !== CHILD) continue;
        const parent = entries.readUInt32BE(i * ENTRY_BYTES + 1);
        if (parent < 3 || parent > this.#count) continue;
        const known = families.get(parent);
        if (known) known.push(at + 1 + i);
        else families.set(parent, [at + 1 + i]);
      }
    }
    return families;
  }

  /** Undefined where that is no sound page of a table. */
  highest(page: number, depth = 0): Child | undefined {
    if (page < 3 || page > this.#count || depth > MOST_DEPTH) return undefined;
    const bytes = this.#read(page);
    if (bytes[0] === BRANCH) {
      const below = this.highest(bytes.readUInt32BE(8), depth + 1);
      return below && { page, key: below.key };
    }
    const cells = bytes.readUInt16BE(3);
    if (bytes[0] !== LEAF || cells === 0 || LEAF_HEAD_BYTES + 2 * cells > PAGE_BYTES) return undefined;
    const at = bytes.readUInt16BE(LEAF_HEAD_BYTES + 2 * (cells - 1));
    const size = varintAt(bytes, at);
    const key = size && varintAt(bytes, size.end);
    return key && { page, key: key.value };
  }

  /** How many children a page leads to in their order, as it is. */
  soundChildren(page: number): number {
    const bytes = this.#read(page);
    const cells = bytes.readUInt16BE(3);
    if (bytes[0] !== BRANCH || BRANCH_HEAD_BYTES + 2 * cells > PAGE_BYTES) return 0;
    let sound = this.highest(bytes.readUInt32BE(8)) ? 1 : 0;
    let before = -1;
    for (let i = 0; i < cells; i++) {
      const at = bytes.readUInt16BE(BRANCH_HEAD_BYTES + 2 * i);
      const key = varintAt(bytes, at + 4);
      const child = key && this.highest(bytes.readUInt32BE(at));
      if (!child || key.value < child.key || key.value <= before) continue;
      before = key.value;
      sound++;
    }
    return sound;
  }

  #read(number: number): Buffer {
    const page = Buffer.alloc(PAGE_BYTES);
    readSync(this.#file, page, 0, PAGE_BYTES, (number - 1) * PAGE_BYTES);
    return page;
  }
}

/** @returns undefined where they find no room in one page */
function branchOf(children: readonly Child[]): Buffer | undefined {
  const last = children.at(-1);
  if (!last) return undefined;
  const page = Buffer.alloc(PAGE_BYTES);
  const cells = children.slice(0, -1);
  let at = PAGE_BYTES;
  for (const [i, { page: child, key }] of cells.entries()) {
    const bytes = varintOf(key);
    at -= 4 + bytes.length;
    if (at < BRANCH_HEAD_BYTES + 2 * cells.length) return undefined;
    page.writeUInt32BE(child, at);
    page.set(bytes, at + 4);
    page.writeUInt16BE(at, BRANCH_HEAD_BYTES + 2 * i);
  }
  page[0] = BRANCH;
  page.writeUInt16BE(cells.length, 3);
  page.writeUInt16BE(at, 5);
  page.writeUInt32BE(last.page, 8);
  return page;
}

/** Seven bits a byte, high ones first; a ninth byte, which has eight, is beyond what a key can be. */
function varintAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = at; i < at + 8 && i < bytes.length; i++) {
    const byte = bytes[i] as number;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return Number.isSafeInteger(value) ? { value, end: i + 1 } : undefined;
  }
  return undefined;
}

function varintOf(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    bytes.unshift((rest % 128) | 0x80);
  return bytes;
}
