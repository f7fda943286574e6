import type { Chunk } from './api.ts';
import type { PackedEntries } from './chunk.ts';
import type { FaultMessage } from './message.ts';

/* What the thread that feeds sinks is asked, and answers. */

export type Question =
  | { readonly kind: 'cursor'; readonly sink: string }
  | { readonly kind: 'next'; readonly sink: string; readonly afterSeq: number; readonly limitBytes: number }
  | { readonly kind: 'rows'; readonly afterSeq: number };

export type PackedChunk = Omit<Chunk, 'entries'> & { readonly packed: PackedEntries };

export type ToFeed = { readonly id: number; readonly question: Question } | 'close';

export type FromFeed =
  | { readonly id: number; readonly answer: number | PackedChunk }
  | { readonly id: number; readonly fault: FaultMessage };
