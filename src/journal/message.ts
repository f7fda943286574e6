import type { Json } from '#kernel/event.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tag } from '#kernel/tag-table.ts';
import type { CursorMove } from './accounts.ts';
import type { DeadLetter, Fill } from './api.ts';
import type { EventColumns } from './event-columns.ts';
import type { Columns } from './gather.ts';
import type { TagCounts } from './tag-counts.ts';

/* What the two threads of the journal say to each other. */

export interface WorkerConfig {
  readonly dir: string;
  readonly quotaBytes: number;
  readonly maxAgeUs: number;
  /** Set when a worker is replaced within one process: the epoch is kept. */
  readonly epoch: number | undefined;
}

/** What was gathered together and is committed together; numbered so that none is written twice. */
export interface UnitMessage {
  readonly unit: number;
  /** Sequence of the first mark. */
  readonly seq: number;
  readonly columns: Columns;
  readonly extras: Extras;
  /** Highest steady and wall time among the marks. */
  readonly steadyUs: number;
  readonly wallUs: number;
}

export interface Extras {
  readonly events: EventColumns;
  readonly gaps: readonly Gap[];
  readonly tags: readonly Tag[];
  readonly sources: readonly SourceName[];
  /** All that was stored is given up; `state` is all there is. */
  readonly stateAnew: boolean;
  /** Undefined: the key is no more. */
  readonly state: ReadonlyMap<string, string | undefined>;
  /** Undefined: the sink is no more. */
  readonly cursors: ReadonlyMap<string, CursorMove | undefined>;
  readonly deadLetters: readonly DeadLetter[];
  /** Older ones of the same unit that found no room. */
  readonly deadLettersDropped: number;
  readonly tally: Tally;
}

/** Samples of a unit, as the main thread counted them. */
export interface Tally {
  /** Given to be stored, or counted as lost. */
  readonly acquired: number;
  /** Of these, lost before they were stored. */
  readonly lost: number;
  /** Holes without a count. */
  readonly unknown: number;
  /** The lost ones by hour of arrival and tag. */
  readonly losses: ReadonlyMap<number, TagCounts>;
}

export interface SourceName {
  readonly id: number;
  readonly name: string;
}

export type ToWorker =
  | { readonly kind: 'commit'; readonly units: readonly UnitMessage[] }
  | { readonly kind: 'close' };

export interface FaultMessage {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface OpenedMessage {
  readonly id: string | undefined;
  readonly tags: readonly Tag[];
  readonly sources: readonly SourceName[];
  readonly state: ReadonlyMap<string, Json>;
  readonly cursors: ReadonlyMap<string, number>;
  readonly lastSteadyUs: number;
  readonly lastWallUs: number;
  readonly epoch: number;
  /** Highest sequence and unit given so far. */
  readonly seq: number;
  readonly unit: number;
  readonly damage: readonly string[];
  /** Number for the next new source. */
  readonly nextSource: number;
  /** Set when the disk let nothing be opened: the site runs, and what it gives waits for the disk. */
  readonly fault?: FaultMessage;
  /** Why the state of the last run could not even be read, while there is one. */
  readonly unread?: string;
}

/** Totals since the worker started. */
export interface StoreTotals {
  readonly usedBytes: number;
  readonly writtenBytes: number;
  readonly lostRows: number;
  readonly gaps: number;
  /** As it is now. */
  readonly fill: Fill;
}

export const NO_TOTALS: StoreTotals = {
  usedBytes: 0,
  writtenBytes: 0,
  lostRows: 0,
  gaps: 0,
  fill: { keptRows: 0, keptUs: 0, recordedUs: 0, freeBytes: 0, blockRows: 0, blockBytes: 0 },
};

export type FromWorker =
  | { readonly kind: 'opened'; readonly opened: OpenedMessage; readonly totals: StoreTotals }
  | { readonly kind: 'refused'; readonly fault: FaultMessage }
  | { readonly kind: 'done'; readonly totals: StoreTotals; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly fault: FaultMessage; readonly totals: StoreTotals }
  /** The database was found broken while running, and replaced: names and states must be given again. */
  | { readonly kind: 'damage'; readonly what: readonly string[] }
  /** The journal could be opened at last, and with it the state that could not be read at opening. */
  | { readonly kind: 'state-found' }
  | { readonly kind: 'closed' };
