import type { Batch } from '#kernel/batch.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { Handled, Ledger, LedgerAsked, LedgerRow } from './accounts.ts';

export interface JournalConfig {
  /** Folder of the journal; made when absent. */
  readonly dir: string;
  readonly quotaBytes: number;
  readonly maxAgeUs: number;
  /** Longest wait of a row for its fsync, unless somebody wants it now, see {@link Journal.whenSettled}. */
  readonly commitMs: number;
  /** Bytes accepted but not yet on disk above which `room` makes sources wait. Default 32 MiB. */
  readonly windowBytes?: number;
}

/**
 * The durable, ordered log of a site. Calls copy what they are given and return at once; a worker thread encodes,
 * commits in groups and fsyncs. Nothing here ever throws because of the disk: losses become gaps, and `health` says so.
 */
export interface Journal extends AsyncDisposable {
  /** As found at opening; start-up reads these and never the backlog. */
  readonly opened: Opened;
  /** One decided batch with what was derived from it; order of calls is the order of the journal. */
  append(batch: Batch, mark: Mark): void;
  /** A decision step without samples, so that a replay sees the same time. */
  tick(atUs: number): void;
  /** @returns the sequence that it has in the journal, or would have had where it had to be refused */
  event(event: SiteEvent, atUs: number): number;
  gap(gap: Gap): void;
  /** Durable no later than the first row that carries its number. */
  tag(tag: Tag): void;
  /**
   * Small state (alarms, leases, modes, clock), written with the same commit as what was appended before it; only where
   * it has changed. Undefined takes the key away. Where that of the last run could not be read it stays in memory: what
   * is stored is never overwritten unseen.
   */
  state(key: string, value: Json | undefined): void;
  /**
   * Position of a sink, which only rises: entries up to it are delivered, and the first to be removed. 0 makes a sink
   * known that has confirmed nothing yet.
   * @param handled what became of the samples in between, for the ledger; absent: all that the journal has of them is
   *   delivered
   */
  setCursor(name: string, seq: number, handled?: Handled): void;
  /** A sink that is no more: what it never took is not kept for it any longer. */
  dropCursor(name: string): void;
  /** A row that a sink's far side refused for good; durable no later than a cursor that is set afterwards. */
  deadLetter(letter: DeadLetter): void;
  /** Sequence of the entry that was given last. */
  readonly seq: number;
  /** Highest sequence on disk. */
  readonly durableSeq: number;
  /** Resolves once {@link durableSeq} is above the sequence; rejects with the signal's reason when aborted. */
  beyond(seq: number, signal: AbortSignal): Promise<void>;
  /**
   * Calls back after the commit of everything given so far, or with the Fault that keeps it from the disk.
   * @param wish `now` starts that commit at once: somebody, or a write, waits. `soon` leaves it to `commitMs`, unless
   *   many wait: confirming each message of a broker by a commit of its own would wear the flash out.
   */
  whenSettled(done: (result: 'durable' | Fault) => void, wish?: 'now' | 'soon'): void;
  /**
   * Undefined while there is room; otherwise resolves once the window has drained. While the disk fails there is
   * always room: decisions never wait for it, and rows beyond the window become gaps.
   */
  room(): Promise<void> | undefined;
  readonly health: JournalHealth;
  /**
   * True while this process holds the journal and knows the state of the last run. Without it somebody else may run the
   * site, or a tag-out may hang that nobody knows of: nothing may be written to machines.
   */
  readonly hasAuthority: boolean;
  /** Why the state of the last run is not known; see {@link Journal.giveUpState}. */
  readonly unread: string | undefined;
  /** Somebody has looked and goes on without the state that could not be read: what was given instead is stored. */
  giveUpState(): void;
}

export interface Opened {
  /**
   * Name of this journal (a UUID), under which others keep their positions in it: it outlives a broken database, and a
   * new journal has another one. Undefined where the disk has not taken it yet.
   */
  readonly id: string | undefined;
  readonly tags: readonly Tag[];
  readonly state: ReadonlyMap<string, Json>;
  /** Positions of all sinks that are known. */
  readonly cursors: ReadonlyMap<string, number>;
  /** Highest steady time and wall time recorded; 0 when new. */
  readonly lastSteadyUs: number;
  readonly lastWallUs: number;
  /** Rises with every opening: fences writers and numbers clock epochs. */
  readonly epoch: number;
  /** Damage found while opening: what was lost, already recorded as gaps. */
  readonly damage: readonly string[];
}

/** A row that the far side of a sink refused for good. */
export interface DeadLetter {
  readonly sink: string;
  /** Where it came from: sequence of the entry, and the row in it. */
  readonly seq: number;
  readonly row: number;
  readonly tag: number;
  readonly timeUs: number;
  /** A long one is kept as the beginning of its JSON text. */
  readonly value: Json;
  readonly quality: number;
  readonly reason: string;
  /** When it was refused, wall clock. */
  readonly atUs: number;
}

/** `id` counts all dead letters there ever were: the ids missing before the first are those dropped for room. */
export interface StoredDeadLetter extends DeadLetter {
  readonly id: number;
}

/** What a replay needs beside the rows. */
export interface Mark {
  /** Id of the source; for derived rows whatever made them. */
  readonly source: string;
  /** Steady time of the decision. */
  readonly atUs: number;
  /** Whether these rows were derived here: a replay makes them again instead of reading them. */
  readonly derived?: boolean;
}

export interface JournalHealth {
  /** Rows on disk since opening, and rows accepted but not there yet. */
  readonly durableRows: number;
  readonly pendingRows: number;
  readonly pendingBytes: number;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** Written to the disk since opening: a budget on flash. */
  readonly writtenBytes: number;
  readonly commits: number;
  readonly lastCommitMs: number;
  /** Rows lost since opening, all of them in gaps. */
  readonly lostRows: number;
  readonly gaps: number;
  readonly fill: Fill;
  /** Undefined while the disk takes what it is given. */
  readonly fault: Fault | undefined;
}

/** How samples fill the journal, to tell how long its quota lasts. */
export interface Fill {
  /** Samples kept now, and the time recorded since the oldest of them: time that the site was off does not count. */
  readonly keptRows: number;
  readonly keptUs: number;
  /** All time recorded since the journal began. */
  readonly recordedUs: number;
  /** Room within the quota that nothing takes yet; what must go at once does not count. */
  readonly freeBytes: number;
  /** Written by this process: samples, and the room that their blocks take. */
  readonly blockRows: number;
  readonly blockBytes: number;
}

/** One entry read back, in order, that is no event. */
export type RowItem =
  | { readonly kind: 'batch'; readonly seq: number; readonly batch: Batch; readonly mark: Mark }
  | { readonly kind: 'tick'; readonly seq: number; readonly atUs: number };

/** One entry read back, in order. */
export type Item =
  | RowItem
  | { readonly kind: 'event'; readonly seq: number; readonly event: SiteEvent; readonly atUs: number };

/** A batch as a sink is fed with it. */
export interface FedEntry {
  readonly seq: number;
  readonly batch: Batch;
  readonly source: string;
  readonly derived: boolean;
}

/** What is read in one go. */
export interface Chunk {
  readonly entries: readonly FedEntry[];
  /** Everything up to here was looked at; the next chunk begins after it. Not below the position asked for. */
  readonly upTo: number;
  /** Whether the limit ended it: there may be more. */
  readonly full: boolean;
  readonly bytes: number;
  /** Blocks met that could not be read, each told once. */
  readonly damage: readonly string[];
  /** Samples in them, as far as that is known. */
  readonly lostRows: number;
}

/** Events of security before all others: each lane has a position of its own. */
export type EventLane = 'security' | 'others';

/** Part of the journal as bytes, ready to be sent. */
export interface Carried {
  /** Absent where there was nothing in it. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** Samples or events in it. */
  readonly count: number;
  /** Everything up to here was looked at. Not below the position asked for. */
  readonly upTo: number;
  /** Whether the limit ended it: there may be more. */
  readonly full: boolean;
  /** Sequence of each entry in a block of samples: one mark each. */
  readonly entries?: Float64Array<ArrayBuffer>;
  /** Arrival of the first sample, wall clock; undefined without samples. */
  readonly receivedUs: number | undefined;
  readonly damage: readonly string[];
  /** Samples in blocks that could not be read, as far as that is known. */
  readonly lostRows?: number;
}

/** Small tables that are carried as a whole, in pages of rows with neighbouring numbers. */
export type PagedTable = 'tags' | 'gaps';

export interface Page {
  /** Number of a row divided by {@link PAGE_ROWS}. */
  readonly page: number;
  /** CRC-32 of the text. */
  readonly crc: number;
  /** JSON: an array of the rows. */
  readonly text: string;
}

export const PAGE_ROWS = 64;

/** Reads the journal for sinks, in a thread of its own: decisions never wait for it. */
export interface Feed extends AsyncDisposable {
  /** Position of a sink on disk; 0 when it never confirmed anything. */
  cursor(sink: string): Promise<number>;
  /**
   * Batches after the position, oldest first, as far as they are on disk now. At least one where there is any, further
   * ones up to the limit.
   * @throws Fault `journal.none`, `journal.feed-lost`, or what reading said
   */
  next(sink: string, afterSeq: number, limitBytes: number): Promise<Chunk>;
  /** See {@link JournalReader.rowsAfter}. */
  rowsAfter(seq: number): Promise<number>;
  /** The same batches as {@link next} as one block, whose sequence is `upTo`. */
  block(sink: string, afterSeq: number, limitBytes: number): Promise<Carried>;
  /** Events after the position as a list, see docs/formats/uplink.md. */
  events(lane: EventLane, afterSeq: number, limitBytes: number): Promise<Carried>;
  /** Pages that are not as they are known. One whose rows have all gone is an empty array. @param known checksums by page */
  pages(table: PagedTable, known: ReadonlyMap<number, number>): Promise<readonly Page[]>;
  /** See {@link JournalReader.ledger}. */
  ledger(position?: number): Promise<Ledger>;
  ledgerRows(asked: LedgerAsked): Promise<readonly LedgerRow[]>;
  /** Rows as a block, which nobody should wait for who decides. */
  pack(seq: number, batch: Batch): Promise<Uint8Array<ArrayBuffer>>;
}

export interface StoredGap extends Gap {
  readonly seq: number;
}

/** Reading, from this process or another one, also while a site writes. */
export interface StoredEvent {
  readonly seq: number;
  readonly event: SiteEvent;
}

export interface EventBodies {
  readonly rows: readonly { readonly seq: number; readonly body: Uint8Array }[];
  readonly upTo: number;
  /** Whether there may be more. */
  readonly full: boolean;
}

/** A block that cannot be read, as far as the index tells of it. */
export interface LostBlock {
  /** Its last entry. */
  readonly last: number;
  /** Samples that were in it; undefined where nobody knows. */
  readonly rows: number | undefined;
  readonly span: { readonly fromUs: number; readonly toUs: number } | undefined;
}

export interface JournalReader extends Disposable {
  /** Entries after the position, oldest first, streamed. Damaged blocks are left out and told to `onDamage`. */
  items(afterSeq: number, onDamage?: (what: string, lost?: LostBlock) => void): Iterable<Item>;
  /** The same without events, for whoever takes values alone: reading events is most of the work where there are many. */
  rows(afterSeq: number, onDamage?: (what: string, lost?: LostBlock) => void): Iterable<RowItem>;
  events(afterSeq: number, limit: number): readonly StoredEvent[];
  /** Bodies of one lane's events after the position, as they are stored, up to a number of events looked at. */
  eventBodies(lane: EventLane, afterSeq: number, limit: number): EventBodies;
  /** Rows of a small table as JSON texts, by number. */
  tableRows(table: PagedTable): Iterable<readonly [number: number, text: string]>;
  /** The newest ones before the sequence, newest first. */
  eventsBefore(seq: number, limit: number): readonly StoredEvent[];
  gaps(limit: number): readonly StoredGap[];
  tags(): readonly Tag[];
  /** What is kept: source times and rows of all blocks; undefined where there is none. */
  extent(): Extent | undefined;
  /** Position before the first block that reaches up to this source time; 0 where none lies before it. */
  seqBefore(timeUs: number): number;
  /** Position of a sink; 0 when it never confirmed anything. */
  cursor(name: string): number;
  /** Small state whose key begins so, see {@link Journal.state}. */
  states(prefix: string): ReadonlyMap<string, Json>;
  /** The newest dead letters, oldest first. */
  deadLetters(limit: number): readonly StoredDeadLetter[];
  /** Rows after the position: counted over the next thousand blocks, estimated beyond. */
  rowsAfter(seq: number): number;
  /**
   * What became of every sample: one moment, in which all sums must be right.
   * @param position for `behind`; the end when absent
   * @throws Fault `journal.salvaging` while what a damaged file held is being brought over
   */
  ledger(position?: number): Ledger;
  /** The same by hour and tag, in their order. */
  ledgerRows(asked: LedgerAsked): readonly LedgerRow[];
  /** Walks the hash chain over all events. */
  verify(): Verified;
}

export interface Extent {
  readonly fromUs: number;
  readonly toUs: number;
  readonly rows: number;
}

export interface Verified {
  readonly events: number;
  /** First sequence still kept, when older ones were removed by quota. */
  readonly fromSeq: number;
  readonly head: string;
  /** How often the chain goes on behind events that were lost with a damaged file, each told as a gap; absent where never. */
  readonly torn?: number;
  /** First event at which the chain breaks, and why. */
  readonly broken?: { readonly seq: number; readonly reason: string };
}
