import type { FaultMessage } from '#journal/message.ts';
import type { Batch } from '#kernel/batch.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

/* What the main thread and the thread that writes say to each other. */

export interface WriterConfig {
  readonly dir: string;
  readonly journalDir: string;
  readonly quotaBytes: number;
  readonly maxAgeUs: number;
  /** Longest time that rows are gathered; a flush is an fsync. */
  readonly flushMs: number;
  /** Rows that are gathered at most. */
  readonly flushRows: number;
  /** How long the first flush waits; it may have been waited for already. */
  readonly firstFlushMs: number;
  /** How often the journal is asked for more. */
  readonly pollMs: number;
  /** The thread ends when few rows came for so long; infinite: never. */
  readonly calmMs: number;
}

/** Of what is kept, and since the thread started. */
export interface Totals {
  readonly rows: number;
  readonly chunks: number;
  readonly usedBytes: number;
  readonly writtenBytes: number;
  readonly oldestUs: number | undefined;
  readonly newestUs: number | undefined;
  readonly damaged: number;
}

export type ToWriter =
  | { readonly kind: 'import'; readonly id: number; readonly tags: readonly TagInfo[]; readonly batch: Batch }
  /** Take all that the journal holds now, whatever is due. */
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'close' };

export type FromWriter =
  /** After the first attempt to open, and after each commit. */
  | { readonly kind: 'state'; readonly position: number; readonly totals: Totals }
  | { readonly kind: 'failed'; readonly fault: FaultMessage }
  /** Found damaged and left out or set aside; each a gap. */
  | { readonly kind: 'damage'; readonly what: readonly string[] }
  | { readonly kind: 'answer'; readonly id: number; readonly rows: number }
  | { readonly kind: 'refused'; readonly id: number; readonly fault: FaultMessage }
  /** Nothing is lost by its end: what was gathered is read from the journal again when the next flush is due. */
  | { readonly kind: 'resting'; readonly flushInMs: number }
  | { readonly kind: 'closed' };
