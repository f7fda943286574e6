import type { FaultMessage } from '#journal/message.ts';
import type {
  Aligned,
  AlignedQuery,
  BucketQuery,
  Buckets,
  CalculationQuery,
  HistoryGap,
  HistoryTag,
  InOrder,
  Series,
  Span,
  TrendQuery,
} from '../api.ts';

/* What the thread that reads is asked, and answers. */

export type Question =
  | { readonly kind: 'tags' }
  | { readonly kind: 'raw'; readonly tags: readonly string[]; readonly span: Span }
  | { readonly kind: 'inOrder'; readonly tags: readonly string[]; readonly span: Span }
  | { readonly kind: 'buckets'; readonly query: BucketQuery }
  | { readonly kind: 'trend'; readonly query: TrendQuery }
  | { readonly kind: 'valuesAt'; readonly tags: readonly string[]; readonly timeUs: number }
  | { readonly kind: 'aligned'; readonly query: AlignedQuery }
  | { readonly kind: 'calculated'; readonly query: CalculationQuery; readonly as: CalculatedAs }
  | { readonly kind: 'gaps'; readonly span: Span; readonly tags: readonly string[] | undefined };

export type CalculatedAs =
  | { readonly kind: 'raw' }
  | ({ readonly kind: 'buckets' } & Omit<BucketQuery, 'tags' | keyof Span>)
  | { readonly kind: 'trend'; readonly points: number };

export type Part =
  | Series
  | InOrder
  | Buckets
  | Aligned
  | readonly HistoryTag[]
  | readonly HistoryGap[]
  | ReadonlyMap<string, Series>;

/** Columns that may be handed over instead of copied: each part is made for the one who asked. */
export function buffersOf(part: Part): ArrayBuffer[] {
  if (part instanceof Map || !('timeUs' in part || 'startUs' in part)) return [];
  const { columns = {}, ...own } = part as Partial<Series & Buckets & Aligned>;
  const all = [...Object.values(own), ...Object.values(columns)].filter((column) =>
    ArrayBuffer.isView(column),
  );
  return all.map(({ buffer }) => buffer as ArrayBuffer).filter(({ byteLength }) => byteLength > 0);
}

/** Parts sent and not yet taken; more are not made meanwhile. */
export const PARTS_AHEAD = 3;

export type ToReader =
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'close' };

export type FromReader =
  | { readonly kind: 'part'; readonly id: number; readonly part: Part }
  | { readonly kind: 'ended'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: FaultMessage };
