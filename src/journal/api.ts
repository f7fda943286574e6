import type { Batch } from '#kernel/batch.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag } from '#kernel/tag-table.ts';

export interface JournalConfig {
  /** Folder of the journal; made when absent. */
  readonly dir: string;
  readonly quotaBytes: number;
  readonly maxAgeUs: number;
  /** Longest wait of a row for its fsync while nobody waits for it; with a waiter the commit starts at once. */
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
  event(event: SiteEvent, atUs: number): void;
  gap(gap: Gap): void;
  /** Durable no later than the first row that carries its number. */
  tag(tag: Tag): void;
  /** Small state (alarms, leases, modes, clock), written with the same commit as what was appended before it. */
  state(key: string, value: Json): void;
  /** Position of a sink, which only rises: entries up to it are delivered, and the first to be removed. */
  setCursor(name: string, seq: number): void;
  /** Calls back after the commit of everything given so far, and asks for that commit to start now. */
  whenSettled(done: (result: 'durable' | Fault) => void): void;
  /**
   * Undefined while there is room; otherwise resolves once the window has drained. While the disk fails there is
   * always room: decisions never wait for it, and rows beyond the window become gaps.
   */
  room(): Promise<void> | undefined;
  readonly health: JournalHealth;
}

export interface Opened {
  readonly tags: readonly Tag[];
  readonly state: ReadonlyMap<string, Json>;
  /** Highest steady time and wall time recorded; 0 when new. */
  readonly lastSteadyUs: number;
  readonly lastWallUs: number;
  /** Rises with every opening: fences writers and numbers clock epochs. */
  readonly epoch: number;
  /** Damage found while opening: what was lost, already recorded as gaps. */
  readonly damage: readonly string[];
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
  /** Undefined while the disk takes what it is given. */
  readonly fault: Fault | undefined;
}

/** One entry read back, in order. */
export type Item =
  | { readonly kind: 'batch'; readonly seq: number; readonly batch: Batch; readonly mark: Mark }
  | { readonly kind: 'tick'; readonly seq: number; readonly atUs: number }
  | { readonly kind: 'event'; readonly seq: number; readonly event: SiteEvent; readonly atUs: number };

export interface StoredGap extends Gap {
  readonly seq: number;
}

/** Reading, from this process or another one, also while a site writes. */
export interface JournalReader extends Disposable {
  /** Entries after the position, oldest first, streamed. Damaged blocks are left out and told to `onDamage`. */
  items(afterSeq: number, onDamage?: (what: string) => void): Iterable<Item>;
  events(afterSeq: number, limit: number): readonly { readonly seq: number; readonly event: SiteEvent }[];
  gaps(limit: number): readonly StoredGap[];
  tags(): readonly Tag[];
  /** Position of a sink; 0 when it never confirmed anything. */
  cursor(name: string): number;
  /** Walks the hash chain over all events. */
  verify(): Verified;
}

export interface Verified {
  readonly events: number;
  /** First sequence still kept, when older ones were removed by quota. */
  readonly fromSeq: number;
  readonly head: string;
  /** First event at which the chain breaks, and why. */
  readonly broken?: { readonly seq: number; readonly reason: string };
}
