// Long because all that one transaction of the writer may hold is here.
import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '#kernel/fault.ts';
import type { Gap, GapReason } from '#kernel/gap.ts';
import { PAGE_BYTES, transaction, troubleOf } from '#platform/sqlite.ts';
import type { Fill } from './api.ts';
import { BlockWriter } from './block.ts';
import { link } from './chain.ts';
import { DeadLetterTable, LETTER_BYTES } from './dead-letters.ts';
import { Deliveries } from './deliveries.ts';
import { type EventColumns, eachEvent } from './event-columns.ts';
import { GapTable } from './gaps.ts';
import type { Columns } from './gather.ts';
import { Hours } from './hours.ts';
import { appendLedger } from './ledger.ts';
import {
  type Extras,
  NO_TOTALS,
  type StoreTotals,
  type Tally,
  type UnitMessage,
  type WorkerConfig,
} from './message.ts';
import { Removal } from './removal.ts';
import { Salvage, salvageRows } from './salvage.ts';
import { type HeadRow, readHead } from './schema.ts';
import { Space } from './space.ts';
import { EVENT_VALUES, EVENTS_AT_ONCE, headValues, statements } from './statements.ts';

/** A unit with its block in bytes. */
interface Encoded {
  readonly message: UnitMessage;
  readonly body: Uint8Array | undefined;
  /** Room that it takes in the database, about. */
  readonly bytes: number;
}

/** What is removed beyond the estimate where that was too small, and how that grows from one attempt to the next. */
const MORE_BYTES = 64 * 1024;
const MORE_FACTOR = 4;
const MOST_ATTEMPTS = 6;
const SMALL_ROW_BYTES = 100;
/** Of counts by tag and hour that are written anew: those of many tags. */
const FOLD_BYTES = 64 * 1024;
/** Brought over of a damaged file in one transaction; a commit that comes meanwhile waits for it. */
const SALVAGE_BYTES = 2 ** 20;
/** Seven digits and a comma. */
const GAP_TAG_BYTES = 8;

/** The open database of the one writer: one transaction a commit, room made within the same transaction. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #config: WorkerConfig;
  readonly #ledgerPath: string;
  readonly #space: Space;
  readonly #gaps: GapTable;
  readonly #removal: Removal;
  readonly #deliveries: Deliveries;
  readonly #hours: Hours;
  readonly #deadLetters: DeadLetterTable;
  readonly #blocks = new BlockWriter();
  readonly #insert: ReturnType<typeof statements>;
  #head: HeadRow;
  /** A damaged file whose content is being brought over. */
  #salvage: Salvage | undefined;
  /** Steady time up to which the age is counted; none yet in this epoch. */
  #countedUs: number | undefined;
  #writtenBytes = 0;
  #gapsAdded = 0;
  #fill: Fill = NO_TOTALS.fill;
  #damagedRows = 0;
  /** Unit up to which the tags are in the ledger. */
  #inLedger = 0;

  constructor(db: DatabaseSync, config: WorkerConfig, ledgerPath: string) {
    this.#db = db;
    this.#config = config;
    this.#ledgerPath = ledgerPath;
    this.#space = new Space(db, config.dir, config.quotaBytes, (bytes) => {
      this.#writtenBytes += bytes;
    });
    this.#gaps = new GapTable(db);
    this.#deliveries = new Deliveries(db);
    this.#hours = new Hours(db, config.quotaBytes);
    this.#removal = new Removal(db, this.#gaps, this.#deliveries, this.#hours);
    this.#deadLetters = new DeadLetterTable(db, config.quotaBytes);
    this.#insert = statements(db);
    const head = readHead(db);
    if (!head) throw new Fault('journal.damaged', 'the journal has lost its head record');
    this.#head = head;
    this.#nextSalvage();
  }

  get totals(): StoreTotals {
    return {
      usedBytes: this.#space.usedBytes,
      writtenBytes: this.#writtenBytes,
      lostRows: this.#removal.lostRows + this.#damagedRows,
      gaps: this.#removal.gaps + this.#gapsAdded,
      fill: this.#fill,
    };
  }

  get head(): Readonly<HeadRow> {
    return this.#head;
  }

  /**
   * Writes and fsyncs; units that are there already are left out. A full disk is met by removing what is oldest.
   * @throws errors of SQLite and of the file system; nothing was written then
   */
  commit(units: readonly UnitMessage[]): void {
    const fresh = units.filter((unit) => unit.unit > this.#head.unit);
    const encoded = fresh.map((message) => this.#encode(message));
    this.#guardLog();
    const before = () => this.#ledgerTags(encoded);
    if (!this.#put(bytesOf(encoded), () => this.#writeUnits(encoded), before))
      this.#putSingly(encoded, before);
    this.#fill = this.#filled(encoded);
  }

  /** The log of a full disk may have no room for all of them at once, but for one after the other. */
  #putSingly(units: readonly Encoded[], before: () => void): void {
    for (const unit of units) {
      this.#space.withReserve(() => {
        before();
        this.#write(() => this.#writeUnits([unit]), 'disk-full', unit.bytes);
      });
      this.#space.afterCommit();
    }
  }

  /** Asked after a commit only: a disk that fails answers nothing, and what it said last stays. */
  #filled(units: readonly Encoded[]): Fill {
    let { blockRows, blockBytes } = this.#fill;
    for (const { body, message } of units) {
      if (!body) continue;
      blockRows += message.columns.rows;
      // Long ones take whole pages; short ones share theirs.
      const pages = body.length / PAGE_BYTES;
      blockBytes += (pages < 1 ? pages : Math.ceil(pages)) * PAGE_BYTES;
    }
    return {
      keptRows: this.#head.rows,
      keptUs: this.#removal.keptUs(this.#head),
      recordedUs: this.#head.age_us,
      freeBytes: this.#space.freeBytes,
      blockRows,
      blockBytes,
    };
  }

  #writeUnits(units: readonly Encoded[]): void {
    for (const unit of units) this.#writeUnit(unit);
  }

  /**
   * Writes in one transaction, making room where the quota has none.
   * @returns false when the disk is full: nothing was written then, and the database will not grow
   */
  #put(bytes: number, work: () => void, before = () => {}): boolean {
    this.#space.lookAround(bytes);
    const isWritten = this.#putWithinQuota(bytes, work, before);
    if (isWritten) this.#space.afterCommit();
    else this.#space.tighten();
    return isWritten;
  }

  /**
   * SQLite says the same of a reached quota and of a full disk: while the file system has room it was the quota, and
   * more has to go than was thought.
   * @returns false when the disk is full
   */
  #putWithinQuota(bytes: number, work: () => void, before: () => void): boolean {
    let more = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        before();
        this.#write(work, 'quota', bytes + more);
        return true;
      } catch (error) {
        if (troubleOf(error) !== 'full') throw error;
        if (this.#space.isTight || this.#space.isDiskShort(bytes) || attempt === MOST_ATTEMPTS) return false;
        more = more * MORE_FACTOR || MORE_BYTES;
      }
    }
  }

  /** Tags are in the ledger before the transaction that first uses them, and once however often that is tried. */
  #ledgerTags(units: readonly Encoded[]): void {
    const tags = units.flatMap(({ message: { unit, extras } }) => (unit > this.#inLedger ? extras.tags : []));
    if (tags.length === 0) return;
    this.#writtenBytes += appendLedger(
      this.#ledgerPath,
      tags.map((tag) => ({ tag })),
    );
    this.#inLedger = units.at(-1)?.message.unit ?? 0;
  }

  /**
   * A piece of the work that may wait until nothing else is to be done.
   * @returns whether there is more of it
   * @throws errors of SQLite and of the file system
   */
  idle(): boolean {
    if (this.#salvageSome()) return true;
    if (this.#foldSome()) return true;
    this.#space.relax();
    const freePages = this.#space.freePagesToShrink();
    if (freePages === 0) return false;
    // In pieces: with the quota lowered much has to go, and commits must not wait for it.
    this.#write(() => {}, 'quota', freePages * PAGE_BYTES);
    return this.#space.shrink();
  }

  /** What is being brought over belongs before what came since: until then nothing is counted by the hour. */
  #foldSome(): boolean {
    if (this.#salvage || !this.#hours.isDue) return false;
    let hasMore = false;
    this.#write(
      () => {
        hasMore = this.#hours.fold();
      },
      'quota',
      FOLD_BYTES,
    );
    this.#space.afterCommit();
    return hasMore;
  }

  /**
   * Brings over what a damaged file holds, for at most about so long; {@link Store.idle} goes on with it. A disk that
   * has no room now gets another chance then.
   */
  salvage(forMs: number): void {
    const untilMs = performance.now() + forMs;
    try {
      while (this.#salvageSome() && performance.now() < untilMs);
    } catch (error) {
      if (troubleOf(error) === 'damaged') throw error;
    }
  }

  /** @returns whether there was something to bring over */
  #salvageSome(): boolean {
    const salvage = this.#salvage;
    if (!salvage) return false;
    let lost: readonly Gap[] = [];
    let isLast = false;
    try {
      const piece = salvage.read(SALVAGE_BYTES);
      isLast = piece.isLast;
      const work = () => {
        lost = salvage.write(this.#db, this.#head, piece);
        for (const gap of lost) if (this.#gaps.add(gap)) this.#gapsAdded++;
        if (piece.isLast && salvageRows(this.#db).length === 0) this.#settleLedger();
      };
      if (!this.#put(piece.bytes, work)) {
        this.#space.withReserve(() => this.#write(work, 'disk-full', piece.bytes));
        this.#space.afterCommit();
      }
    } catch (error) {
      this.#nextSalvage();
      throw error;
    }
    salvage.settle();
    for (const { source, count } of lost) if (source === undefined) this.#damagedRows += count ?? 0;
    if (isLast) this.#nextSalvage();
    return true;
  }

  #settleLedger(): void {
    if (this.#head.since_us === null) this.#beginLedger();
    else this.#deliveries.settle(this.#head);
  }

  #beginLedger(): void {
    this.#hours.clear();
    this.#deliveries.begin(this.#head, Date.now() * 1000);
  }

  #nextSalvage(): void {
    const was = this.#salvage;
    was?.[Symbol.dispose]();
    this.#salvage = Salvage.pending(this.#db, this.#config.dir);
    this.#space.spareAside(this.#salvage !== undefined);
    if (was && !this.#salvage) this.#space.dropAside();
  }

  setEpoch(epoch: number): void {
    transaction(this.#db, () => {
      // Units are numbered within an epoch.
      this.#head = { ...this.#head, epoch, unit: this.#head.epoch === epoch ? this.#head.unit : 0 };
      if (this.#head.since_us === null && !this.#salvage) this.#beginLedger();
      this.#insert.head.run(...headValues(this.#head));
    });
  }

  /** Moves the log into the database, so that the next opening has nothing to recover. */
  close(): void {
    this.#salvage?.[Symbol.dispose]();
    try {
      this.#space.checkpoint('TRUNCATE');
    } finally {
      this.#db.close();
    }
  }

  #guardLog(): void {
    if (!this.#space.logIsHeld()) return;
    throw new Fault('journal.log-held', 'a reader of the journal keeps its log from being used again', {
      hint: 'End the program that has the journal open for reading.',
    });
  }

  #encode(message: UnitMessage): Encoded {
    const { rows, marks } = message.columns;
    // Events alone need no block: they carry their own sequence.
    const isBare = rows === 0 && marks === message.extras.events.seq.length;
    const body = isBare ? undefined : this.#blocks.write(message.seq, message.columns).slice();
    return { message, body, bytes: (body?.length ?? 0) + extraBytes(message.extras) };
  }

  #write(work: () => void, reason: GapReason, bytes: number): void {
    const before = this.#head;
    const counted = this.#countedUs;
    const lost = { rows: this.#removal.lostRows, gaps: this.#removal.gaps, added: this.#gapsAdded };
    try {
      this.#head = { ...before };
      transaction(this.#db, () => {
        this.#makeRoom(bytes, this.#space.isTight ? 'disk-full' : reason);
        work();
        this.#removal.expire(this.#head, this.#config.maxAgeUs);
        this.#insert.head.run(...headValues(this.#head));
      });
    } catch (error) {
      this.#head = before;
      this.#countedUs = counted;
      this.#removal.lostRows = lost.rows;
      this.#removal.gaps = lost.gaps;
      this.#gapsAdded = lost.added;
      throw error;
    }
  }

  #makeRoom(bytes: number, reason: GapReason): void {
    while (!this.#space.fits(bytes)) {
      if (!this.#removal.removeOldest(this.#head, reason)) return;
    }
  }

  #writeUnit({ message, body }: Encoded): void {
    this.#countAge(message.steadyUs);
    this.#writeExtras(message.extras);
    this.#writeEvents(message.extras.events);
    if (body) this.#writeBlock(message, body);
    const head = this.#head;
    head.unit = message.unit;
    head.seq = Math.max(head.seq, message.seq + message.columns.marks - 1);
    head.steady_us = Math.max(head.steady_us, message.steadyUs);
    head.wall_us = Math.max(head.wall_us, message.wallUs);
  }

  /** Only time that passed while recording counts, so that no clock can make anything old at once. */
  #countAge(steadyUs: number): void {
    if (steadyUs === 0) return;
    if (this.#countedUs !== undefined && steadyUs > this.#countedUs) {
      this.#head.age_us += steadyUs - this.#countedUs;
    }
    this.#countedUs = Math.max(this.#countedUs ?? 0, steadyUs);
  }

  #writeExtras(extras: Extras): void {
    for (const tag of extras.tags) this.#insert.tag.run(tag.number, JSON.stringify(tag));
    for (const source of extras.sources) this.#insert.source.run(source.id, source.name);
    if (extras.stateAnew) this.#db.exec('DELETE FROM state');
    for (const [key, value] of extras.state) {
      if (value === undefined) this.#insert.dropState.run(key);
      else this.#insert.state.run(key, value);
    }
    for (const [name, seq] of extras.cursors) {
      if (seq === undefined) this.#insert.dropCursor.run(name);
      else this.#deliveries.move(name, seq, this.#head);
    }
    this.#deadLetters.add(extras.deadLetters, extras.deadLettersDropped);
    for (const gap of extras.gaps) if (this.#gaps.add(gap)) this.#gapsAdded++;
    this.#count(extras.tally);
  }

  /** Many rows a statement: to run one costs as much as to put its row into the table. */
  #writeEvents(events: EventColumns): void {
    const head = this.#head;
    let rows: (number | Uint8Array)[] = [];
    for (const { seq, atUs, body } of eachEvent(events)) {
      const hash = link(head.event_hash, seq, atUs, body);
      rows.push(seq, atUs, body, hash);
      head.event_seq = seq;
      head.event_hash = hash;
      head.event_count++;
      if (rows.length < EVENTS_AT_ONCE * EVENT_VALUES) continue;
      this.#insert.events.run(...rows);
      rows = [];
    }
    for (let from = 0; from < rows.length; from += EVENT_VALUES)
      this.#insert.event.run(...rows.slice(from, from + EVENT_VALUES));
  }

  #writeBlock({ seq, columns }: UnitMessage, body: Uint8Array): void {
    const { fromUs, toUs } = timeRange(columns);
    const last = seq + columns.marks - 1;
    this.#insert.block.run(seq, last, columns.rows, fromUs, toUs, this.#head.age_us, body);
    this.#head.rows += columns.rows;
    if (this.#head.stored !== null) this.#head.stored += columns.rows;
    this.#hours.added(columns.rows);
  }

  /** Nothing is counted until the ledger has begun; then all that is there is. */
  #count({ acquired, lost, unknown, losses }: Tally): void {
    const head = this.#head;
    if (head.acquired === null || head.lost === null || head.unknown === null) return;
    head.acquired += acquired;
    head.lost += lost;
    head.unknown += unknown;
    for (const [hourUs, counts] of losses) this.#hours.lost('', hourUs, counts);
  }
}

const bytesOf = (units: readonly Encoded[]): number => units.reduce((sum, { bytes }) => sum + bytes, 0);

/** Pages are not quite full, and a state may stand beside the one that it replaces. */
function extraBytes({ events, deadLetters, state, tags, gaps, sources, cursors }: Extras): number {
  let bytes = deadLetters.length * LETTER_BYTES + (sources.length + cursors.size) * SMALL_ROW_BYTES;
  bytes += events.body.length * 2 + events.seq.length * SMALL_ROW_BYTES;
  for (const text of state.values()) bytes += Buffer.byteLength(text ?? '') + SMALL_ROW_BYTES;
  for (const tag of tags) bytes += JSON.stringify(tag).length * 2 + SMALL_ROW_BYTES;
  for (const gap of gaps) bytes += gap.tags.length * GAP_TAG_BYTES + SMALL_ROW_BYTES * 2;
  return bytes;
}

function timeRange({ rows, row }: Columns): { fromUs: number; toUs: number } {
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows; i++) {
    const timeUs = row.timeUs[i] as number;
    if (timeUs < fromUs) fromUs = timeUs;
    if (timeUs > toUs) toUs = timeUs;
  }
  return fromUs <= toUs ? { fromUs, toUs } : { fromUs: 0, toUs: 0 };
}
