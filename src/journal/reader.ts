// Long because one connection answers all that can be asked of a journal.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { at, BatchCutter } from '#kernel/batch.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Tag } from '#kernel/tag-table.ts';
import { openForReading } from '#platform/sqlite.ts';
import type { Ledger, LedgerAsked, LedgerRow } from './accounts.ts';
import type {
  EventBodies,
  EventLane,
  Extent,
  Item,
  JournalReader,
  LostBlock,
  PagedTable,
  RowItem,
  StoredDeadLetter,
  StoredEvent,
  StoredGap,
  Verified,
} from './api.ts';
import { type Block, readBlock } from './block.ts';
import { link } from './chain.ts';
import { readDeadLetters } from './dead-letters.ts';
import { readAccounts } from './deliveries.ts';
import { type GapRow, gapOfRow } from './gaps.ts';
import { MARK_DERIVED, MARK_LATE, MARK_SOURCE_SHIFT, MarkKind } from './gather.ts';
import { holesWithin } from './holes.ts';
import { readLedgerRows } from './ledger-rows.ts';
import { type Place, Places, type Tell } from './places.ts';
import { salvagedUpTo, salvageRows } from './salvage.ts';
import { FILES, FORMAT_VERSION, formatVersion, type HeadRow, readHead } from './schema.ts';

const EVENTS_AT_ONCE = 1000;
const BLOCKS_COUNTED = 1000;

/**
 * Reads a journal, also while a site writes it. Holds no transaction between two entries, so that it never keeps the
 * writer's log from being used again.
 * @throws Fault `journal.none`, `journal.newer-format`; errors of SQLite
 */
export function openReader(dir: string): JournalReader {
  const path = join(dir, FILES.database);
  if (!existsSync(path)) {
    throw new Fault('journal.none', `there is no journal in ${dir}`, {
      retry: 'never',
      hint: 'Give the data folder of a site that has run.',
    });
  }
  const db = openForReading(path);
  const version = formatVersion(db);
  if (version !== FORMAT_VERSION) {
    db.close();
    throw new Fault('journal.newer-format', `${path} has format ${version}, not ${FORMAT_VERSION}`, {
      retry: 'never',
    });
  }
  return new Reader(db);
}

interface EventRow {
  readonly seq: number;
  readonly at_us: number;
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
}

class Reader implements JournalReader {
  readonly #db: DatabaseSync;
  readonly #places: Places;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#places = new Places(db);
  }

  items(afterSeq: number, onDamage: Tell = () => {}): Iterable<Item> {
    return this.#walk(afterSeq, onDamage, (after, upTo) => this.#eventsBetween(after, upTo, onDamage));
  }

  rows(afterSeq: number, onDamage: Tell = () => {}): Iterable<RowItem> {
    return this.#walk(afterSeq, onDamage, () => []) as Iterable<RowItem>;
  }

  /** Ends with the last entry that was durable when it got there. */
  *#walk(
    afterSeq: number,
    tell: Tell,
    eventsBetween: (after: number, upTo: number) => Iterable<Item>,
  ): Iterable<Item> {
    let after = afterSeq;
    for (;;) {
      // Everything up to the head is there in one piece; what comes later waits for the next round.
      const head = Math.min(this.#head().seq, salvagedUpTo(this.#db));
      if (head <= after) return;
      for (;;) {
        const block = this.#places.next(after, head, tell);
        yield* eventsBetween(after, (block?.seq ?? head + 1) - 1);
        if (!block) break;
        yield* this.#blockItems(
          block,
          after,
          tell,
          eventsBetween(Math.max(after, block.seq - 1), block.last),
        );
        after = block.last;
      }
      after = head;
    }
  }

  events(afterSeq: number, limit: number): readonly StoredEvent[] {
    return storedOf(this.#eventRows(afterSeq, Number.MAX_SAFE_INTEGER, limit));
  }

  eventBodies(lane: EventLane, afterSeq: number, limit: number): EventBodies {
    const head = Math.min(this.#head().seq, salvagedUpTo(this.#db));
    const wanted = lane === 'security' ? 'AND instr(body, ?) > 0' : '';
    const mark = lane === 'security' ? [SECURITY] : [];
    const rows = this.#db
      .prepare(`SELECT seq, body FROM events WHERE seq > ? AND seq <= ? ${wanted} ORDER BY seq LIMIT ?`)
      .all(afterSeq, head, ...mark, limit) as unknown as Pick<EventRow, 'seq' | 'body'>[];
    const full = rows.length === limit;
    return {
      rows: rows.filter(({ body }) => laneOf(body) === lane),
      upTo: full ? (rows.at(-1)?.seq ?? afterSeq) : Math.max(afterSeq, head),
      full,
    };
  }

  *tableRows(table: PagedTable): Iterable<readonly [number: number, text: string]> {
    const query = table === 'tags' ? 'SELECT number, body FROM tags' : 'SELECT * FROM gaps';
    for (const row of this.#db.prepare(`${query} ORDER BY 1`).iterate()) {
      const { number, body } = row as { number?: number; body?: string };
      if (number !== undefined && body !== undefined) yield [number, body];
      else {
        const { seq, ...gap } = gapOfRow(row as unknown as GapRow);
        yield [seq, JSON.stringify({ id: seq, ...gap })];
      }
    }
  }

  eventsBefore(seq: number, limit: number): readonly StoredEvent[] {
    const rows = this.#db
      .prepare('SELECT * FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ?')
      .all(seq, limit);
    return storedOf(rows as unknown as EventRow[]);
  }

  /** The newest ones, oldest first. */
  gaps(limit: number): readonly StoredGap[] {
    const rows = this.#db.prepare('SELECT * FROM gaps ORDER BY id DESC LIMIT ?').all(limit);
    return (rows as unknown as GapRow[]).map(gapOfRow).reverse();
  }

  tags(): readonly Tag[] {
    const rows = this.#db.prepare('SELECT body FROM tags ORDER BY number').all() as { body: string }[];
    return rows.map(({ body }) => JSON.parse(body) as Tag);
  }

  extent(): Extent | undefined {
    const { fromUs, toUs, rows } = this.#db
      .prepare(
        'SELECT min(from_us) AS fromUs, max(to_us) AS toUs, sum(rows) AS rows FROM blocks WHERE rows > 0',
      )
      .get() as { fromUs: number | null; toUs: number | null; rows: number | null };
    return fromUs === null || toUs === null ? undefined : { fromUs, toUs, rows: rows ?? 0 };
  }

  seqBefore(timeUs: number): number {
    const first = this.#db
      .prepare('SELECT seq FROM blocks WHERE to_us >= ? AND rows > 0 ORDER BY seq LIMIT 1')
      .get(timeUs) as { seq: number } | undefined;
    const seq = first?.seq ?? this.#head().seq + 1;
    const before = this.#db.prepare('SELECT 1 FROM blocks WHERE seq < ? LIMIT 1').get(seq);
    return before ? seq - 1 : 0;
  }

  cursor(name: string): number {
    const row = this.#db.prepare('SELECT seq FROM cursors WHERE name = ?').get(name) as
      | { seq: number }
      | undefined;
    return row?.seq ?? 0;
  }

  states(prefix: string): ReadonlyMap<string, Json> {
    const rows = this.#db
      .prepare('SELECT key, value FROM state WHERE substr(key, 1, ?) = ? ORDER BY key')
      .all(prefix.length, prefix) as { key: string; value: string }[];
    return new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as Json]));
  }

  deadLetters(limit: number): readonly StoredDeadLetter[] {
    return readDeadLetters(this.#db, limit);
  }

  rowsAfter(seq: number): number {
    const blocks = this.#db
      .prepare('SELECT seq, last, rows FROM blocks WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(seq, BLOCKS_COUNTED) as { seq: number; last: number; rows: number }[];
    const begun = this.#db
      .prepare('SELECT seq, last, rows FROM blocks WHERE seq <= ? ORDER BY seq DESC LIMIT 1')
      .get(seq) as { seq: number; last: number; rows: number } | undefined;
    const part = begun && begun.last > seq ? (begun.last - seq) / (begun.last - begun.seq + 1) : 0;
    let rows = Math.round((begun?.rows ?? 0) * part);
    for (const block of blocks) rows += block.rows;
    const first = blocks[0];
    const last = blocks.at(-1);
    if (!first || !last || blocks.length < BLOCKS_COUNTED) return rows;
    const perEntry = rows / (last.last - first.seq + 1);
    return Math.round(rows + perEntry * Math.max(0, this.#head().seq - last.last));
  }

  ledger(position?: number): Ledger {
    return this.#atOnce(() => readAccounts(this.#db, this.#head(), position));
  }

  ledgerRows(asked: LedgerAsked): readonly LedgerRow[] {
    return this.#atOnce(() => {
      // Says why where nothing can be told.
      readAccounts(this.#db, this.#head());
      return readLedgerRows(this.#db, asked);
    });
  }

  verify(): Verified {
    return this.#atOnce(() => walkChain(this.#db, this.#head()));
  }

  /** One transaction: the head must be that of just these rows. */
  #atOnce<T>(read: () => T): T {
    this.#db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #head(): HeadRow {
    const head = readHead(this.#db);
    if (!head) throw new Fault('journal.damaged', 'the journal has lost its head record', { retry: 'never' });
    return head;
  }

  /** @param events those of the same span, which are in a table of their own: also when the block is damaged */
  *#blockItems(place: Place, after: number, tell: Tell, events: Iterable<Item>): Iterable<Item> {
    const block = this.#readBlock(place, after, tell);
    if (!block) {
      yield* events;
      return;
    }
    const waiting = events[Symbol.iterator]();
    let event = waiting.next();
    const sources = this.#sources();
    const cutter = new BatchCutter(block.rows);
    for (let m = 0; m < block.marks; m++) {
      const seq = block.seq + m;
      const kind = at(block.kind, m);
      const rows = at(block.markRows, m);
      if (seq <= after) {
        cutter.skip(rows);
        continue;
      }
      if ((kind & 3) === MarkKind.batch) {
        const source = sources.get(kind >>> MARK_SOURCE_SHIFT) ?? '';
        const derived = (kind & MARK_DERIVED) !== 0;
        const batch = cutter.take(rows, at(block.receivedUs, m), (kind & MARK_LATE) !== 0);
        yield { kind: 'batch', seq, batch, mark: { source, atUs: at(block.atUs, m), derived } };
      } else if ((kind & 3) === MarkKind.tick) yield { kind: 'tick', seq, atUs: at(block.atUs, m) };
      else {
        for (; !event.done && event.value.seq <= seq; event = waiting.next()) yield event.value;
      }
    }
    for (; !event.done; event = waiting.next()) yield event.value;
  }

  #readBlock({ seq, last }: Place, after: number, tell: Tell): Block | undefined {
    try {
      const row = this.#db.prepare('SELECT body FROM blocks WHERE seq = ?').get(seq) as
        | { body: Uint8Array }
        | undefined;
      return row && readBlock(seq, row.body);
    } catch (error) {
      // Of one that was begun before, nobody knows how many rows were left.
      tell(`block ${seq} is left out: ${messageOf(error)}`, this.#lost(seq, last, after >= seq));
      return undefined;
    }
  }

  /** What the index says of a block that cannot be read. */
  #lost(seq: number, last: number, begun: boolean): LostBlock {
    try {
      const row = this.#db.prepare('SELECT rows, from_us, to_us FROM blocks WHERE seq = ?').get(seq) as
        | { rows: number; from_us: number; to_us: number }
        | undefined;
      if (row)
        return { last, rows: begun ? undefined : row.rows, span: { fromUs: row.from_us, toUs: row.to_us } };
    } catch {
      // Its page is damaged as a whole.
    }
    return { last, rows: undefined, span: undefined };
  }

  #sources(): Map<number, string> {
    const rows = this.#db.prepare('SELECT id, name FROM sources').all() as { id: number; name: string }[];
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  *#eventsBetween(after: number, upTo: number, tell: Tell): Iterable<Item> {
    for (let from = after; from < upTo; ) {
      const rows = this.#readableEvents(from, upTo, tell);
      for (const row of rows) {
        const event = eventOf(row, tell);
        if (event) yield { kind: 'event', seq: row.seq, event, atUs: row.at_us };
      }
      from = rows.length < EVENTS_AT_ONCE ? upTo : (rows.at(-1)?.seq ?? upTo);
    }
  }

  #readableEvents(after: number, upTo: number, tell: Tell): EventRow[] {
    try {
      return this.#eventRows(after, upTo, EVENTS_AT_ONCE);
    } catch (error) {
      tell(`events after ${after} cannot be read: ${messageOf(error)}`);
      return [];
    }
  }

  #eventRows(after: number, upTo: number, limit: number): EventRow[] {
    return this.#db
      .prepare('SELECT * FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?')
      .all(after, upTo, limit) as unknown as EventRow[];
  }
}

/** As canonical JSON has it; it may stand elsewhere in an event too. */
const SECURITY = Buffer.from('"kind":"security"');

/** Undefined of an event that cannot be read. */
function laneOf(body: Uint8Array): EventLane | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  try {
    const { kind } = JSON.parse(bytes.toString()) as SiteEvent;
    return kind === 'security' ? 'security' : 'others';
  } catch {
    return undefined;
  }
}

const storedOf = (rows: readonly EventRow[]): readonly StoredEvent[] =>
  rows.flatMap((row) => {
    const event = eventOf(row, () => {});
    return event ? [{ seq: row.seq, event }] : [];
  });

function eventOf(row: EventRow, tell: Tell): SiteEvent | undefined {
  try {
    return JSON.parse(Buffer.from(row.body).toString()) as SiteEvent;
  } catch (error) {
    tell(`event ${row.seq} is left out: ${messageOf(error)}`);
    return undefined;
  }
}

/** All events; an error in their place where the database is damaged, and then no more. */
function* readableEvents(db: DatabaseSync): Iterable<EventRow | Error> {
  try {
    const rows = db.prepare('SELECT * FROM events ORDER BY seq').iterate();
    for (const row of rows) yield row as unknown as EventRow;
  } catch (error) {
    yield error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** Events between these two went with a damaged file, as it was told: the chain goes on behind the hole. */
const isTorn = (db: DatabaseSync, before: number, seq: number): boolean =>
  holesWithin(db, 'events', before, seq).length > 0 ||
  salvageRows(db).some(({ after, next }) => after < seq && next >= before);

function walkChain(db: DatabaseSync, head: HeadRow): Verified {
  let hash: Uint8Array = head.anchor_hash;
  let seq = head.anchor_seq;
  let events = 0;
  let fromSeq = 0;
  let torn = 0;
  const end = (broken?: Verified['broken']): Verified => ({
    events,
    fromSeq,
    head: Buffer.from(head.event_hash).toString('hex'),
    ...(torn > 0 && { torn }),
    ...(broken && { broken }),
  });
  for (const row of readableEvents(db)) {
    if (row instanceof Error) return end({ seq: seq + 1, reason: `it cannot be read: ${row.message}` });
    if (events === 0) fromSeq = row.seq;
    hash = link(hash, row.seq, row.at_us, row.body);
    if (Buffer.compare(hash, row.hash) !== 0 && isTorn(db, seq, row.seq)) {
      hash = row.hash;
      torn++;
    } else if (Buffer.compare(hash, row.hash) !== 0) {
      const reason =
        'its hash does not follow from the event before it: it, or what was before it, was changed';
      return end({ seq: row.seq, reason });
    }
    seq = row.seq;
    events++;
  }
  if (seq !== head.event_seq || Buffer.compare(hash, head.event_hash) !== 0 || events !== head.event_count) {
    const reason = `the head names event ${head.event_seq} of ${head.event_count}; found ${events} up to ${seq}`;
    return end({ seq: seq + 1, reason });
  }
  return end();
}
