// Long because one state machine holds what waits, what is under way, and what is tried again.
import type { Batch } from '#kernel/batch.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { Handled } from './accounts.ts';
import type { DeadLetter, Journal, JournalConfig, JournalHealth, Mark, Opened } from './api.ts';
import { ByteSink } from './bytes.ts';
import { canonicalEvent } from './chain.ts';
import { shortened } from './dead-letters.ts';
import { DurablePosition } from './durable.ts';
import { Gather, MARK_DERIVED, MARK_SOURCE_SHIFT, MarkKind } from './gather.ts';
import { Loss } from './loss.ts';
import type { FaultMessage, OpenedMessage, StoreTotals } from './message.ts';
import { EVENTS_SOURCE } from './removal.ts';
import { commitBytesFor } from './space.ts';
import { States } from './states.ts';
import { Thread, type ThreadDeps } from './thread.ts';
import { type Settled, Unit } from './unit.ts';

const WINDOW_BYTES = 32 * 2 ** 20;
/** Raw bytes of a full block. Larger ones pack no better and make the worker's memory grow. */
const BLOCK_BYTES = 3 * 2 ** 19;
/** Ticks alone wait this long: they only help a replay, and an idle site must not wear out its flash. */
const TICKS_MS = 5000;
/** A disk that has not answered for this long counts as failing, so that nobody waits for it any more. */
const STALLED_MS = 5000;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 2000;
/** Confirmations that wait until they are worth an fsync; below the 20 messages that brokers commonly leave open. */
const MANY_WAITERS = 16;
/** How long closing goes on trying against a failing disk. */
const CLOSE_MS = 5000;
/** Blocks kept for use again while nothing waits; under load all that the window holds are. */
const POOL = 2;

export interface JournalDeps extends ThreadDeps {
  /** Told when the database was found broken while running and has been replaced. */
  readonly onDamage?: (what: readonly string[]) => void;
  /** Told when the state that could not be read at opening lies open: the next opening has it. */
  readonly onStateFound?: () => void;
}

/**
 * Opens the journal in `config.dir`, or begins one.
 * @throws Fault `journal.locked` (names the process that writes it), `journal.newer-format`, `journal.full`,
 *   `journal.read-only`, `journal.io`
 */
export async function openJournal(config: JournalConfig, deps: JournalDeps = {}): Promise<Journal> {
  const thread = new Thread(config, deps);
  const opened = await thread.open();
  return new Writer(config, deps, thread, opened.opened, opened.totals);
}

class Writer implements Journal {
  readonly opened: Opened;
  readonly #config: JournalConfig;
  readonly #deps: JournalDeps;
  readonly #thread: Thread;
  readonly #windowBytes: number;
  readonly #blockBytes: number;
  readonly #commitBytes: number;
  readonly #sources = new Map<string, number>();
  readonly #states: States;
  readonly #cursors = new Map<string, number>();
  readonly #pool: Gather[] = [];
  /** Of the open unit. */
  readonly #wide = new ByteSink(64);
  readonly #loss = new Loss();
  readonly #durable: DurablePosition;
  #open: Unit;
  /** Full units that wait for the worker, oldest first. */
  #queue: Unit[] = [];
  #flight: Unit[] = [];
  #queuedBytes = 0;
  #queuedRows = 0;
  #unit: number;
  #nextSource: number;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #stall: NodeJS.Timeout | undefined;
  #retryMs = 0;
  #fault: Fault | undefined;
  /** Something given since the last good commit was not taken: nobody may be told that it is durable. */
  #refused = false;
  #rooms: (() => void)[] = [];
  #closing: (() => void) | undefined;
  #closed = false;
  #totals: StoreTotals;
  #durableRows = 0;
  #commits = 0;
  #lastCommitMs = 0;
  #droppedRows = 0;
  #droppedGaps = 0;

  constructor(
    config: JournalConfig,
    deps: JournalDeps,
    thread: Thread,
    opened: OpenedMessage,
    totals: StoreTotals,
  ) {
    this.#config = config;
    this.#deps = deps;
    this.#thread = thread;
    this.#windowBytes = config.windowBytes ?? WINDOW_BYTES;
    this.#commitBytes = commitBytesFor(config.quotaBytes);
    this.#blockBytes = Math.min(BLOCK_BYTES, this.#commitBytes / 2);
    this.opened = opened;
    this.#totals = totals;
    this.#unit = opened.unit;
    this.#nextSource = opened.nextSource;
    if (opened.fault) this.#fault = faultOf(opened.fault);
    for (const { id, name } of opened.sources) this.#sources.set(name, id);
    this.#durable = new DurablePosition(opened.seq);
    for (const [name, seq] of opened.cursors) this.#cursors.set(name, seq);
    this.#states = new States(opened.state, opened.unread);
    this.#open = new Unit(new Gather(this.#wide), opened.seq + 1);
    thread.listen({
      done: (now, tookMs) => this.#done(now, tookMs),
      failed: (fault, now) => this.#failed(faultOf(fault), now),
      damage: (what) => this.#restate(what),
      stateFound: () => this.#stateFound(),
      lost: (fault) => this.#failed(fault, undefined),
      restarted: (again) => this.#restarted(again),
    });
  }

  append(batch: Batch, mark: Mark): void {
    if (batch.rows === 0) return;
    if (this.#isFull()) {
      this.#drop(batch);
      return;
    }
    const flags = (this.#source(mark.source) << MARK_SOURCE_SHIFT) | (mark.derived ? MARK_DERIVED : 0);
    this.#open.gather.append(batch, flags, mark.atUs);
    this.#open.given(batch.rows);
    this.#open.seen(mark.atUs, batch.receivedUs);
    this.#added();
  }

  tick(atUs: number): void {
    if (this.#isFull()) return;
    this.#open.gather.point(MarkKind.tick, atUs);
    this.#open.ticks++;
    this.#open.seen(atUs);
    this.#added();
  }

  event(event: SiteEvent, atUs: number): number {
    const seq = this.#open.nextSeq;
    // Events have half a window more than rows, and are the last to be refused.
    if (this.#pendingBytes > this.#windowBytes * 2) {
      this.#dropEvent(event);
      return seq;
    }
    this.#open.addEvent(canonicalEvent(event), atUs, event.timeUs);
    this.#added();
    return seq;
  }

  gap(gap: Gap): void {
    this.#open.addGap(gap);
    this.#added();
  }

  tag(tag: Tag): void {
    this.#open.tags.set(tag.number, tag);
    this.#added();
  }

  state(key: string, value: Json | undefined): void {
    const text = value === undefined ? undefined : JSON.stringify(value);
    if (!this.#states.set(key, text)) return;
    this.#open.state.set(key, text);
    this.#added();
  }

  get unread(): string | undefined {
    return this.#states.unread;
  }

  giveUpState(): void {
    if (this.#states.unread === undefined) return;
    this.#states.giveUp();
    // What nobody has given again would be found by the next start, and is what was given up.
    this.#open.stateAnew = true;
    for (const [key, text] of this.#states) this.#open.state.set(key, text);
    this.#added();
  }

  setCursor(name: string, seq: number, handled?: Handled): void {
    const known = this.#cursors.get(name) ?? -1;
    if (seq <= known && !handled) return;
    this.#cursors.set(name, Math.max(seq, known));
    this.#open.moveCursor(name, seq, handled);
    this.#added();
  }

  dropCursor(name: string): void {
    if (!this.#cursors.delete(name)) return;
    this.#open.cursors.set(name, undefined);
    this.#added();
  }

  deadLetter(letter: DeadLetter): void {
    this.#open.addDeadLetter(shortened(letter));
    this.#added();
  }

  get seq(): number {
    return this.#open.nextSeq - 1;
  }

  get durableSeq(): number {
    return this.#durable.seq;
  }

  beyond(seq: number, signal: AbortSignal): Promise<void> {
    return this.#durable.beyond(seq, signal);
  }

  whenSettled(done: Settled, wish: 'now' | 'soon' = 'now'): void {
    const fault = this.#closed ? closedFault() : this.#refused ? (this.#fault ?? refusedFault()) : undefined;
    const last = this.#open.isEmpty ? (this.#queue.at(-1) ?? this.#flight.at(-1)) : this.#open;
    if (fault || !last) {
      queueMicrotask(() => done(fault ?? 'durable'));
      return;
    }
    last.waiters.push(done);
    if (wish === 'now') last.isWanted = true;
    this.#arm(this.#dueMs());
  }

  room(): Promise<void> | undefined {
    if (this.#fault || this.#pendingBytes <= this.#windowBytes) return undefined;
    return new Promise((resolve) => this.#rooms.push(resolve));
  }

  get hasAuthority(): boolean {
    return this.#thread.ready && this.#states.unread === undefined;
  }

  get health(): JournalHealth {
    return {
      durableRows: this.#durableRows,
      pendingRows: this.#queuedRows + this.#open.gather.rows,
      pendingBytes: this.#pendingBytes,
      usedBytes: this.#totals.usedBytes,
      quotaBytes: this.#config.quotaBytes,
      writtenBytes: this.#totals.writtenBytes,
      commits: this.#commits,
      lastCommitMs: this.#lastCommitMs,
      lostRows: this.#droppedRows + this.#totals.lostRows,
      gaps: this.#droppedGaps + this.#totals.gaps + this.#loss.size,
      fill: this.#totals.fill,
      fault: this.#fault,
    };
  }

  /** Writes what is pending and closes; against a failing disk it gives up after some seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#tellLoss();
    if (!this.#open.isEmpty || this.#queue.length > 0 || this.#flight.length > 0) await this.#drain();
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#stall);
    const fault = this.#fault ?? closedFault();
    for (const unit of [...this.#flight, ...this.#queue, this.#open]) settle(unit, fault);
    this.#freeRooms();
    await this.#thread.close();
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const limit = setTimeout(resolve, CLOSE_MS);
      this.#closing = () => {
        clearTimeout(limit);
        resolve();
      };
      this.#arm(0);
    });
  }

  get #pendingBytes(): number {
    return this.#queuedBytes + this.#open.bytes;
  }

  /** Sources are asked to wait at the window; half as much again is for those that cannot, then rows are refused. */
  #isFull(): boolean {
    return this.#closed || this.#pendingBytes > this.#windowBytes * 1.5;
  }

  #source(name: string): number {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const id = this.#nextSource++;
    this.#sources.set(name, id);
    this.#open.sources.push({ id, name });
    return id;
  }

  #drop(batch: Batch): void {
    this.#loss.add(batch, this.#loss.reason(this.#fault));
    this.#droppedRows += batch.rows;
    this.#refused = true;
  }

  #dropEvent(event: SiteEvent): void {
    this.#refused = true;
    const { timeUs } = event;
    this.#open.addGap({
      source: EVENTS_SOURCE,
      tags: [],
      fromUs: timeUs,
      toUs: timeUs,
      count: 1,
      reason: this.#loss.reason(this.#fault),
    });
  }

  #tellLoss(): void {
    for (const { gap, counts } of this.#loss.take()) {
      this.#open.addGap(gap, counts);
      this.#droppedGaps++;
    }
  }

  #added(): void {
    if (this.#open.bytes >= this.#blockBytes) {
      this.#seal();
      this.#arm(0);
    } else this.#arm(this.#dueMs());
  }

  /** How long what is pending may wait for its commit. */
  #dueMs(): number {
    const { isWanted, isUrgent, waiters } = this.#open;
    const isPressing = isWanted || waiters.length >= MANY_WAITERS || this.#queue.length > 0;
    if (isPressing || this.#pendingBytes > this.#windowBytes / 2) return 0;
    return isUrgent || waiters.length > 0 ? this.#config.commitMs : TICKS_MS;
  }

  #seal(): void {
    const unit = this.#open;
    unit.number = ++this.#unit;
    unit.gather.seal();
    this.#queue.push(unit);
    this.#queuedBytes += unit.bytes;
    this.#queuedRows += unit.gather.rows;
    const gather = this.#pool.pop() ?? new Gather(this.#wide);
    // What comes next is likely as much as what came: growing step by step would copy it over and over.
    gather.reserve(unit.gather.rows, unit.gather.marks);
    this.#open = new Unit(gather, unit.nextSeq);
  }

  /** Sees to it that a commit starts within that time; while one is under way or failing, its end decides. */
  #arm(inMs: number): void {
    if (this.#flight.length > 0 || this.#closed || this.#retryMs > 0 || !this.#thread.ready) return;
    if (inMs === 0) {
      this.#send();
      return;
    }
    const atMs = performance.now() + inMs;
    if (atMs >= this.#timerAtMs - 1) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => this.#send(), inMs);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    if (this.#flight.length > 0 || !this.#thread.ready) return;
    if (!this.#open.isEmpty || this.#open.waiters.length > 0) this.#seal();
    if (this.#queue.length === 0) return;
    let bytes = 0;
    let count = 0;
    for (const unit of this.#queue) {
      bytes += unit.bytes;
      if (count > 0 && bytes > this.#commitBytes) break;
      count++;
    }
    this.#flight = this.#queue.splice(0, count);
    this.#stall = setTimeout(() => this.#stalled(), STALLED_MS);
    this.#thread.commit(this.#flight.map((unit) => unit.message()));
  }

  #done(totals: StoreTotals, tookMs: number): void {
    clearTimeout(this.#stall);
    this.#totals = totals;
    this.#commits++;
    this.#lastCommitMs = tookMs;
    this.#retryMs = 0;
    this.#fault = undefined;
    this.#refused = false;
    const flight = this.#flight;
    this.#flight = [];
    for (const unit of flight) this.#release(unit);
    this.#tellLoss();
    if (this.#pendingBytes <= this.#windowBytes / 2) {
      this.#loss.drained();
      this.#freeRooms();
    }
    // After the state above is right again: a waiter may append at once.
    for (const unit of flight) settle(unit, 'durable');
    this.#next();
  }

  #release(unit: Unit): void {
    this.#queuedBytes -= unit.bytes;
    this.#queuedRows -= unit.gather.rows;
    this.#durableRows += unit.gather.rows;
    this.#durable.raise(unit.nextSeq - 1);
    unit.gather.clear();
    this.#pool.push(unit.gather);
  }

  #next(): void {
    const waiting = this.#queue.length > 0 || (!this.#open.isEmpty && this.#dueMs() === 0);
    // One at a time: between two gusts of a storm nothing waits either, and what is dropped at once lies about for long.
    if (!waiting && this.#pool.length > POOL) this.#pool.pop();
    if (waiting || this.#closing) this.#send();
    else if (!this.#open.isEmpty) this.#arm(this.#dueMs());
    if (this.#flight.length === 0) this.#closing?.();
  }

  /** Keeps what could not be written, tells those who wait, and tries again a little later. */
  #failed(fault: Fault, totals: StoreTotals | undefined): void {
    clearTimeout(this.#stall);
    if (totals) this.#totals = totals;
    this.#fault = fault;
    const flight = this.#flight;
    this.#flight = [];
    this.#queue.unshift(...flight);
    this.#freeRooms();
    for (const unit of [...this.#queue, this.#open]) settle(unit, fault);
    if (this.#closing) {
      this.#closing();
      return;
    }
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2 || RETRY_MIN_MS);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), this.#retryMs);
  }

  #stalled(): void {
    this.#fault = new Fault(
      'journal.stalled',
      `the disk has not finished a commit for ${STALLED_MS / 1000} s`,
      {
        hint: 'Look for a failing or overloaded disk; rows are kept in memory and lost beyond the window.',
      },
    );
    this.#freeRooms();
  }

  /** A new worker has opened the journal: what the old one had finished unseen is not written again. */
  #restarted(again: OpenedMessage): void {
    while (this.#queue[0] && this.#queue[0].number <= again.unit) {
      const unit = this.#queue.shift() as Unit;
      this.#release(unit);
    }
    if (again.damage.length > 0) this.#restate(again.damage);
    if (again.unread === undefined) this.#stateFound();
    this.#retryMs = 0;
    this.#send();
  }

  #stateFound(): void {
    if (this.#states.unread !== undefined) this.#deps.onStateFound?.();
  }

  #restate(what: readonly string[]): void {
    for (const [name, id] of this.#sources) this.#open.sources.push({ id, name });
    for (const [key, text] of this.#states) if (!this.#open.state.has(key)) this.#open.state.set(key, text);
    for (const [name, seq] of this.#cursors)
      if (!this.#open.cursors.has(name)) this.#open.moveCursor(name, seq, undefined);
    this.#deps.onDamage?.(what);
  }

  #freeRooms(): void {
    for (const resolve of this.#rooms.splice(0)) resolve();
  }
}

function settle(unit: Unit, result: 'durable' | Fault): void {
  const waiters = unit.waiters;
  unit.waiters = [];
  for (const done of waiters) done(result);
}

const closedFault = (): Fault => new Fault('journal.closed', 'the journal is closed', { retry: 'never' });

const refusedFault = (): Fault =>
  new Fault('journal.window-full', 'rows came faster than the disk takes them, and some were refused', {
    hint: 'Slow the source down, or let it wait for room.',
  });

const faultOf = ({ code, message, hint }: FaultMessage): Fault =>
  new Fault(code, message, hint === undefined ? {} : { hint });
