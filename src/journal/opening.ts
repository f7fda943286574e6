import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
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
import { type Kept, NOTHING, nothingOf, type Rest, type Row, readAll, readDamaged } from './kept.ts';
import { appendLedger, compactLedger, type LedgerContent, readLedger } from './ledger.ts';
import { mendBranches, mendFirstPage } from './mend.ts';
import type { FaultMessage, OpenedMessage, WorkerConfig } from './message.ts';
import type { SalvageRow } from './salvage.ts';
import { addLaterTables, createTables, FILES, FORMAT_VERSION, formatVersion, SEQ_LEAP } from './schema.ts';
import { Store } from './store.ts';

/** A mark has 24 bits for its source; a site without its list of sources takes numbers far from those in use. */
const MAX_SOURCES = 2 ** 24;
const SOURCES_AN_EPOCH = 1024;

/** How long an opening may take to bring over what a damaged database holds; the rest follows between commits. */
const SALVAGE_MS = 500;

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
    const id = ledger.id ?? randomUUID();
    const named = ledger.id === undefined ? [{ journal: id }] : [];
    appendLedger(ledgerPath, [...named, { epoch, seq: store.head.seq }]);
    store.setEpoch(epoch);
    store.salvage(SALVAGE_MS);
    return { store, opened: { ...openedMessage(kept, tags, store, damage), id } };
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
    id: ledger.id,
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
    id: ledger.id,
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
): Omit<OpenedMessage, 'id'> {
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

/**
 * A table that is gone is damage as well, since the format version says that it must be there; and a number that is
 * there already, since none is given twice.
 */
export const isDamage = (error: unknown): boolean =>
  troubleOf(error) === 'damaged' ||
  error instanceof SyntaxError ||
  /no such (table|column)|lost its head|^UNIQUE constraint failed/.test(messageOf(error));

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
  const aside = freeName(join(config.dir, `${FILES.damaged}${ledger.epoch + 1}`));
  for (const suffix of ['-wal', '-shm', '']) {
    if (fileBytes(path + suffix) > 0) renameSync(path + suffix, aside + suffix);
  }
  const mended = mendBranches(aside);
  const kept =
    readDamaged(aside) ??
    (mendFirstPage(config.dir, aside) ? readDamaged(aside) : undefined) ??
    nothingOf(aside);
  const wanted = [basename(aside), ...(kept.rest?.earlier ?? []).map(({ file }) => file)];
  for (const old of readdirSync(config.dir))
    if (old.startsWith(FILES.damaged) && !wanted.some((name) => old.startsWith(name)))
      rmSync(join(config.dir, old), { force: true });
  const damage = [`${FILES.database}: ${messageOf(because)}; set aside as ${aside}`];
  if (mended > 0) damage.push(`${mended} pages that others are found by were made anew`);
  if (!kept.head) damage.push('its head could not be read; sequences go on far above it');
  damage.push(
    `carried over: ${kept.tags.length} tags, ${kept.state.size} states, ${kept.cursors.size} cursors; ` +
      'samples and events follow as far as they can be read, and what is missing then becomes gaps',
  );
  return begin(config, ledger, kept, damage);
}

/** One that was set aside in the same epoch may not be done with yet. */
function freeName(path: string): string {
  for (let n = 0; ; n++) {
    const name = n === 0 ? path : `${path}.${n}`;
    if (!existsSync(name)) return name;
  }
}

/** A new database that carries over what is known of an old one. */
function begin(config: WorkerConfig, ledger: LedgerContent, kept: Kept, damage: readonly string[]): Found {
  const path = join(config.dir, FILES.database);
  // What a power cut left of a database that had not been finished.
  for (const suffix of ['-wal', '-shm', '']) rmSync(path + suffix, { force: true });
  const db = openForWriting(path);
  const lastSeq = Math.max(kept.head?.seq ?? 0, kept.rest?.lastSeq ?? 0, ledger.seq);
  // Within one run the main thread numbers the entries, and goes on where it was.
  const leap = damage.length > 0 && config.epoch === undefined ? SEQ_LEAP : 0;
  createTables(db, lastSeq + leap);
  if (damage.length > 0) carryOver(db, kept, { upto: lastSeq, next: lastSeq + leap });
  return { db, kept, damage };
}

function carryOver(db: DatabaseSync, kept: Kept, range: Pick<SalvageRow, 'upto' | 'next'>): void {
  const { head, rest } = kept;
  transaction(db, () => {
    for (const tag of kept.tags) {
      db.prepare('INSERT INTO tags VALUES (?, ?)').run(tag.number, JSON.stringify(tag));
    }
    for (const { id, name } of kept.sources) db.prepare('INSERT INTO sources VALUES (?, ?)').run(id, name);
    for (const [key, value] of kept.state) db.prepare('INSERT INTO state VALUES (?, ?)').run(key, value);
    if (head) {
      const names = ['epoch', 'unit', 'steady_us', 'wall_us', 'age_us'] as const;
      const ledger = ['since_us', 'acquired', 'stored', 'lost', 'unknown'] as const;
      const all = [...names, ...ledger];
      db.prepare(`UPDATE head SET ${all.map((name) => `${name} = ?`).join(', ')}`).run(
        ...all.map((name) => head[name] ?? null),
      );
    }
    if (rest) carryRest(db, kept, rest, range);
    else {
      // Which samples were in it cannot be known, nor when it began and ended.
      const gap = { tags: 'all', fromUs: 0, toUs: head?.wall_us ?? 0, count: head?.rows } as const;
      new GapTable(db).add({ ...gap, reason: 'journal-damaged' });
    }
    // Those whose accounts could be read are there by now.
    for (const [name, seq] of kept.cursors)
      db.prepare('INSERT OR IGNORE INTO cursors (name, seq, "at") VALUES (?, ?, ?)').run(name, seq, seq);
  });
}

/** The chain of events goes on from the last one, and what was told or set aside before is still known. */
function carryRest(
  db: DatabaseSync,
  { head }: Kept,
  { file, tables, earlier, lastEvent }: Rest,
  { upto, next }: Pick<SalvageRow, 'upto' | 'next'>,
): void {
  for (const [table, rows] of tables) for (const row of rows) insertRow(db, table, row);
  const last = head ?? lastEvent;
  if (last) db.prepare('UPDATE head SET event_seq = ?, event_hash = ?').run(last.event_seq, last.event_hash);
  if (head) {
    const anchor = 'UPDATE head SET anchor_seq = ?, anchor_hash = ?, events_removed = ?';
    db.prepare(anchor).run(head.anchor_seq, head.anchor_hash, head.events_removed);
  }
  // A file that was being brought over is read anew from its beginning: how far that had come is in a damaged one.
  for (const { id: _, ...row } of earlier)
    insertRow(db, 'salvage', { ...row, after: row.start, rows: 0, events: 0, hole: 0 });
  const start = earlier.at(-1)?.upto ?? 0;
  const isAll = earlier.length === 0;
  insertRow(db, 'salvage', {
    ...{ file, start, after: start, upto, next, rows: 0, events: 0, wall_us: head?.wall_us ?? 0 },
    had_rows: isAll ? (head?.rows ?? null) : null,
    had_events: isAll ? (head?.event_count ?? null) : null,
    hole: 0,
  });
  db.exec('UPDATE salvage SET hole = (SELECT coalesce(max(id), 0) FROM holes)');
}

function insertRow(db: DatabaseSync, table: string, row: Row): void {
  const names = Object.keys(row).map((name) => `"${name}"`);
  const places = names.map(() => '?').join(', ');
  db.prepare(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${places})`).run(
    ...Object.values(row),
  );
}

/** The ledger is written first and has checksums: what it says of a tag holds, and gets its place in the database. */
function withLedger(db: DatabaseSync, known: readonly Tag[], ledger: LedgerContent): Tag[] {
  const all = new Map(known.map((tag) => [tag.number, tag]));
  const others = [...ledger.tags.values()].filter(
    (tag) => JSON.stringify(all.get(tag.number)) !== JSON.stringify(tag),
  );
  if (others.length > 0) {
    transaction(db, () => {
      const put = db.prepare('INSERT OR REPLACE INTO tags VALUES (?, ?)');
      for (const tag of others) put.run(tag.number, JSON.stringify(tag));
    });
  }
  for (const tag of others) all.set(tag.number, tag);
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
