import type { Batch } from '#kernel/batch.ts';
import type { Ledger, LedgerAsked, LedgerRow } from './accounts.ts';
import type { Carried, Chunk, EventLane, Page, PagedTable } from './api.ts';
import type { PackedEntries } from './chunk.ts';
import type { FaultMessage } from './message.ts';

/* What the thread that feeds sinks is asked, and answers. */

export type Question =
  | { readonly kind: 'cursor'; readonly sink: string }
  | { readonly kind: 'next'; readonly sink: string; readonly afterSeq: number; readonly limitBytes: number }
  | { readonly kind: 'block'; readonly sink: string; readonly afterSeq: number; readonly limitBytes: number }
  | {
      readonly kind: 'events';
      readonly lane: EventLane;
      readonly afterSeq: number;
      readonly limitBytes: number;
    }
  | { readonly kind: 'pages'; readonly table: PagedTable; readonly known: ReadonlyMap<number, number> }
  | { readonly kind: 'pack'; readonly seq: number; readonly batch: Batch }
  | { readonly kind: 'rows'; readonly afterSeq: number }
  | { readonly kind: 'ledger'; readonly position: number | undefined }
  | { readonly kind: 'ledgerRows'; readonly asked: LedgerAsked };

export type PackedChunk = Omit<Chunk, 'entries'> & { readonly packed: PackedEntries };

/** What each question is answered with. */
export interface Answers {
  readonly cursor: number;
  readonly next: PackedChunk;
  readonly block: Carried;
  readonly events: Carried;
  readonly pages: readonly Page[];
  readonly pack: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly ledger: Ledger;
  readonly ledgerRows: readonly LedgerRow[];
}

export type Answer = Answers[Question['kind']];

export type ToFeed = { readonly id: number; readonly question: Question } | 'close';

export type FromFeed =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly fault: FaultMessage };
