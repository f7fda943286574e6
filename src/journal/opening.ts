import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Tag } from '#kernel/tag-table.ts';
import { fileBytes } from '#platform/files.ts';
import {
  openForReading,
  openForReadingAlone,
  openForWriting,
  transaction,
  troubleOf,
} from '#platform/sqlite.ts';
import { GapTable } from './gaps.ts';
import { appendLedger, compactLedger, type LedgerContent, readLedger } from './ledger.ts';
import type { FaultMessage, OpenedMessage, SourceName, WorkerConfig } from './message.ts';
import {
  addLaterTables,
  createTables,
  FILES,
  FORMAT_VERSION,
  formatVersion,
  type HeadRow,
  readHead,
  SEQ_LEAP,
} from './schema.ts';
import { Store } from './store.ts';

/** Small things that start-up needs; blocks and events are never looked at. */
interface Kept {
  readonly head: HeadRow | undefined;
  readonly tags: readonly Tag[];
  readonly sources: readonly SourceName[];
  readonly state: ReadonlyMap<string, string>;
  readonly cursors: ReadonlyMap<string, number>;
}

/** A mark has 24 bits for its source; a site without its list of sources takes numbers far from those in use. */
const MAX_SOURCES = 2 ** 24;
const SOURCES_AN_EPOCH = 1024;

const NOTHING: Kept = { head: undefined, tags: [], sources: [], state: new Map(), cursors: new Map() };

/**
 * Opens the journal of a folder, or begins one. A database that cannot be read is set aside under a name that tells,
 * what can be read of it is carried over, and the loss is a gap record.
 * @param broken the error by which the database has been found damaged already
 * @throws Fault `journal.newer-format`; errors of SQLite and of the file system
 */
export function openStore(
  config: WorkerConfig,
  broken?: unknown,
): { readonly store: Store; readonly opened: OpenedMessage } {
  const ledgerPath = join(config.dir, FILES.ledger);
  const ledger = readLedger(ledgerPath);
  compactLedger(ledgerPath, ledger);
  const { db, kept, damage } =
    broken === undefined ? openOrReplace(config, ledger) : replace(config, ledger, broken);
  try {
    const tags = withLedger(db, kept.tags, ledger);
    const store = new Store(db, config, ledgerPath);
    fence(config.epoch, Math.max(store.head.epoch, ledger.epoch));
    const epoch = config.epoch ?? Math.max(store.head.epoch, ledger.epoch) + 1;
    appendLedger(ledgerPath, [{ epoch, seq: store.head.seq }]);
    store.setEpoch(epoch);
    return { store, opened: openedMessage(kept, tags, store, damage) };
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * What a site can start with while the disk is full, read-only or broken: what can be read, and otherwise the tags of
 * the ledger and numbers that the database cannot have used. Everything given waits until it can be opened.
 * @throws Fault `journal.newer-format`, `journal.fenced`; errors of the file system
 */
export function openWithoutStore(config: WorkerConfig, fault: FaultMessage): OpenedMessage {
  const ledger = readLedger(join(config.dir, FILES.ledger));
  const kept = readWithoutStore(config, ledger);
  if (typeof kept === 'string') return unreadMessage(config, ledger, fault, kept);
  const head = kept.head;
  const highest = Math.max(head?.epoch ?? 0, ledger.epoch);
  fence(config.epoch, highest);
  const epoch = config.epoch ?? highest + 1;
  const tags = new Map(ledger.tags);
  for (const tag of kept.tags) tags.set(tag.number, tag);
  return {
    ...smallMessage(kept),
    tags: [...tags.values()].sort(byNumber),
    lastSteadyUs: head?.steady_us ?? 0,
    lastWallUs: head?.wall_us ?? 0,
    epoch,
    seq: Math.max(head?.seq ?? 0, ledger.seq),
    // Units are numbered within an epoch.
    unit: head?.epoch === epoch ? head.unit : 0,
    damage: [],
    fault,
  };
}

/** @returns why, where there is something that cannot be read */
function readWithoutStore(config: WorkerConfig, ledger: LedgerContent): Kept | string {
  const path = join(config.dir, FILES.database);
  if (fileBytes(path) === 0) return ledger.epoch > 0 ? `${FILES.database} is missing` : NOTHING;
  let reason = '';
  for (const open of [openForReading, openForReadingAlone]) {
    let db: DatabaseSync | undefined;
    try {
      db = open(path);
      checkFormat(db, path);
      return readAll(db);
    } catch (error) {
      if (error instanceof Fault) throw error;
      reason = messageOf(error);
    } finally {
      db?.close();
    }
  }
  return reason;
}

function unreadMessage(
  config: WorkerConfig,
  ledger: LedgerContent,
  fault: FaultMessage,
  reason: string,
): OpenedMessage {
  const epoch = config.epoch ?? ledger.epoch + 1;
  return {
    tags: [...ledger.tags.values()].sort(byNumber),
    sources: [],
    state: new Map(),
    cursors: new Map(),
    lastSteadyUs: 0,
    lastWallUs: 0,
    epoch,
    seq: ledger.seq + SEQ_LEAP,
    unit: 0,
    damage: [],
    nextSource: Math.min(SOURCES_AN_EPOCH * epoch, MAX_SOURCES / 2),
    fault,
    unread: reason,
  };
}

const byNumber = (a: Tag, b: Tag): number => a.number - b.number;

function openedMessage(
  kept: Kept,
  tags: readonly Tag[],
  store: Store,
  damage: readonly string[],
): OpenedMessage {
  const { epoch, seq, unit, steady_us, wall_us } = store.head;
  return {
    ...smallMessage(kept),
    tags,
    lastSteadyUs: steady_us,
    lastWallUs: wall_us,
    epoch,
    seq,
    unit,
    damage,
  };
}

function smallMessage(kept: Kept): Pick<OpenedMessage, 'sources' | 'state' | 'cursors' | 'nextSource'> {
  const state = new Map<string, Json>();
  for (const [key, value] of kept.state) state.set(key, JSON.parse(value) as Json);
  const { sources, cursors } = kept;
  return { sources, state, cursors, nextSource: sources.reduce((next, { id }) => Math.max(next, id + 1), 0) };
}

interface Found {
  readonly db: DatabaseSync;
  readonly kept: Kept;
  readonly damage: readonly string[];
}

function openOrReplace(config: WorkerConfig, ledger: LedgerContent): Found {
  const path = join(config.dir, FILES.database);
  const isNew = fileBytes(path) === 0;
  if (isNew) return begin(config, ledger, NOTHING, ledger.epoch > 0 ? [`${FILES.database} was missing`] : []);
  let db: DatabaseSync | undefined;
  try {
    db = openForWriting(path);
    checkFormat(db, path);
    addLaterTables(db);
    return { db, kept: readAll(db), damage: [] };
  } catch (error) {
    db?.close();
    if (!isDamage(error)) throw error;
    return replace(config, ledger, error);
  }
}

/** A table that is gone is damage as well, since the format version says that it must be there. */
const isDamage = (error: unknown): boolean =>
  troubleOf(error) === 'damaged' ||
  error instanceof SyntaxError ||
  /no such (table|column)|lost its head/.test(messageOf(error));

function checkFormat(db: DatabaseSync, path: string): void {
  const version = formatVersion(db);
  if (version === FORMAT_VERSION) return;
  if (version === 0) throw new SyntaxError(`${path} is no journal`);
  throw new Fault(
    'journal.newer-format',
    `${path} has format ${version}, this program knows ${FORMAT_VERSION}`,
    {
      retry: 'never',
      hint: 'Start the newer release again, or move the journal folder away.',
    },
  );
}

function replace(config: WorkerConfig, ledger: LedgerContent, because: unknown): Found {
  const path = join(config.dir, FILES.database);
  for (const old of readdirSync(config.dir)) {
    if (old.startsWith(FILES.damaged)) rmSync(join(config.dir, old), { force: true });
  }
  const aside = join(config.dir, `${FILES.damaged}${ledger.epoch + 1}`);
  for (const suffix of ['-wal', '-shm', '']) {
    if (fileBytes(path + suffix) > 0) renameSync(path + suffix, aside + suffix);
  }
  const kept = salvage(aside);
  const damage = [`${FILES.database}: ${messageOf(because)}; set aside as ${aside}`];
  if (fileBytes(aside) > config.quotaBytes / 2) {
    for (const suffix of ['-wal', '-shm', '']) rmSync(aside + suffix, { force: true });
    damage.push('the damaged file took more than half of the quota and was removed');
  }
  if (!kept.head) damage.push('its head could not be read; sequences go on far above it');
  damage.push(
    `carried over: ${kept.tags.length} tags, ${kept.state.size} states, ${kept.cursors.size} cursors`,
  );
  return begin(config, ledger, kept, damage);
}

/** A new database that carries over what is known of an old one. */
function begin(config: WorkerConfig, ledger: LedgerContent, kept: Kept, damage: readonly string[]): Found {
  const path = join(config.dir, FILES.database);
  // What a power cut left of a database that had not been finished.
  for (const suffix of ['-wal', '-shm', '']) rmSync(path + suffix, { force: true });
  const db = openForWriting(path);
  const lastSeq = Math.max(kept.head?.seq ?? 0, ledger.seq);
  // Within one run the main thread numbers the entries, and goes on where it was.
  const leap = damage.length > 0 && config.epoch === undefined ? SEQ_LEAP : 0;
  createTables(db, lastSeq + leap);
  if (damage.length > 0) carryOver(db, kept);
  return { db, kept, damage };
}

function carryOver(db: DatabaseSync, kept: Kept): void {
  const { head } = kept;
  transaction(db, () => {
    for (const tag of kept.tags) {
      db.prepare('INSERT INTO tags VALUES (?, ?)').run(tag.number, JSON.stringify(tag));
    }
    for (const { id, name } of kept.sources) db.prepare('INSERT INTO sources VALUES (?, ?)').run(id, name);
    for (const [key, value] of kept.state) db.prepare('INSERT INTO state VALUES (?, ?)').run(key, value);
    for (const [name, seq] of kept.cursors) db.prepare('INSERT INTO cursors VALUES (?, ?)').run(name, seq);
    if (head) {
      db.prepare('UPDATE head SET epoch = ?, unit = ?, steady_us = ?, wall_us = ?, age_us = ?').run(
        head.epoch,
        head.unit,
        head.steady_us,
        head.wall_us,
        head.age_us,
      );
    }
    // Which samples were in it cannot be known; it began at some time unknown and ended with the last that we know of.
    const toUs = head?.wall_us ?? 0;
    new GapTable(db).add({ tags: 'all', fromUs: 0, toUs, count: head?.rows, reason: 'journal-damaged' });
  });
}

function readAll(db: DatabaseSync): Kept {
  const head = readHead(db);
  if (!head) throw new SyntaxError('the journal has lost its head record');
  return { ...readSmall(db, (read) => read()), head };
}

/** Whatever a broken database still gives. */
function salvage(path: string): Kept {
  try {
    using db = disposable(openForReading(path));
    const attempt = (read: () => void): void => {
      try {
        read();
      } catch {
        // The rest of that table is lost; the caller reports how much was carried over.
      }
    };
    let head: HeadRow | undefined;
    attempt(() => {
      head = readHead(db.database);
    });
    return { ...readSmall(db.database, attempt), head };
  } catch {
    return NOTHING;
  }
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
  rows<{ body: string }>('SELECT body FROM tags ORDER BY number', ({ body }) => tags.push(JSON.parse(body)));
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

/** Tags of the ledger that the database does not know get their place back. */
function withLedger(db: DatabaseSync, known: readonly Tag[], ledger: LedgerContent): Tag[] {
  const all = new Map(known.map((tag) => [tag.number, tag]));
  const missing = [...ledger.tags.values()].filter((tag) => !all.has(tag.number));
  if (missing.length > 0) {
    transaction(db, () => {
      for (const tag of missing) {
        db.prepare('INSERT INTO tags VALUES (?, ?)').run(tag.number, JSON.stringify(tag));
      }
    });
  }
  for (const tag of missing) all.set(tag.number, tag);
  return [...all.values()].sort(byNumber);
}

/** Another process took the site over while our worker was down: it decides and writes now, and we must not. */
function fence(ours: number | undefined, highest: number): void {
  if (ours === undefined || highest <= ours) return;
  throw new Fault('journal.fenced', `epoch ${highest} took this journal over; ours is ${ours}`, {
    retry: 'never',
    hint: 'Another process runs this site. End this one.',
  });
}
