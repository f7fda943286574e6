import type { Batch, Wide } from '#kernel/batch.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Gap } from '#kernel/gap.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

export interface HistorianConfig {
  /** Folder of the historian; made when absent. */
  readonly dir: string;
  /** Folder of the journal that it follows. */
  readonly journalDir: string;
  readonly quotaBytes: number;
  /** Counted in time recorded, not by the clock: a clock that jumps removes nothing. */
  readonly maxAgeUs: number;
  /** Longest time that rows are gathered, each flush being an fsync. Until then readers find them in the journal. Default 5 min. */
  readonly flushMs?: number;
  /** Rows gathered at most. Default 262,144: 6 MB. */
  readonly flushRows?: number;
  /** How often the journal is asked for more. Default 1 s. */
  readonly pollMs?: number;
  /** Time over which it is judged whether few rows come, so that the thread may end meanwhile. Default 5 s. */
  readonly calmMs?: number;
}

/**
 * Compressed columns per tag, made from the journal by a thread of its own, which need not stand all the time. Nothing here ever waits on the decision
 * path or is waited for by it; what it loses (quota, age, damage) is a gap of its own.
 */
export interface Historian extends AsyncDisposable {
  /** Entries of the journal up to here are in chunks that were fsynced; the journal may let them go. */
  readonly position: number;
  /** Told after each commit with the new {@link position}: the cursor that keeps the journal's entries. */
  onPosition(listener: (seq: number) => void): void;
  readonly health: HistorianHealth;
  /**
   * Samples of a past that the journal never saw, in any order; they take their place by time. Equal rows (tag, time,
   * value, quality) are kept once, so that an import may be repeated.
   * @returns rows that were new @throws Fault of the disk: nothing of this call is kept
   */
  importRows(rows: ImportRows): Promise<number>;
  /** Takes all that the journal holds on disk now. For tests and before a backup; otherwise it comes by itself. */
  flush(): Promise<void>;
}

/** Rows of an import: `batch.tag` is an index into `tags`. */
export interface ImportRows {
  readonly tags: readonly TagInfo[];
  readonly batch: Batch;
}

export interface HistorianHealth {
  readonly rows: number;
  readonly chunks: number;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** Written to the disk since opening: a budget on flash. */
  readonly writtenBytes: number;
  readonly oldestUs: number | undefined;
  readonly newestUs: number | undefined;
  /** Chunks that could not be read, each of them a gap. */
  readonly damaged: number;
  readonly fault: Fault | undefined;
}

/** Half open: from ≤ time < to. µs since 1970. */
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

export const AGGREGATES = [
  'min',
  'max',
  'mean',
  /** Mean by time: each value counts as long as it stood. */
  'timeMean',
  'last',
  'first',
  'count',
  'sum',
  /** Time for which the value was the one asked for, or not zero, in µs. */
  'duration',
] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** One tag, bucket by bucket; columns of equal length. NaN where a bucket has no usable sample. */
export interface Buckets {
  readonly tag: string;
  readonly startUs: Float64Array;
  readonly columns: { readonly [aggregate in Aggregate]?: Float64Array };
  /** Share of each bucket for which a usable value was known, 0 to 1. */
  readonly known: Float64Array;
}

/** Part of a series in the order of time; `wide` as in a batch. */
export interface Series {
  readonly tag: string;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint16Array;
  readonly wide?: Wide;
}

/** Rows of several tags in the order of time; `place` is that of the tag among those asked for. */
export interface InOrder {
  readonly place: Uint32Array;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint16Array;
  readonly wide?: Wide;
}

export interface BucketQuery extends Span {
  readonly tags: readonly string[];
  readonly bucketUs: number;
  readonly aggregates: readonly Aggregate[];
  /** For `duration`: the value whose time counts. Absent: any that is not zero. */
  readonly state?: number;
}

export interface TrendQuery extends Span {
  readonly tag: string;
  /** At most so many points; extremes are kept. */
  readonly points: number;
}

export interface AlignedQuery extends Span {
  readonly tags: readonly string[];
  readonly stepUs: number;
  /** Between two samples: the value before (as machines hold it), or on the line between both. */
  readonly fill: 'previous' | 'linear';
}

export interface Aligned {
  readonly timeUs: Float64Array;
  /** One column a tag, in the order asked for; NaN where nothing usable is known. */
  readonly columns: readonly Float64Array[];
}

/** A series that is calculated from others as a derived tag would be. */
export interface CalculationQuery extends Span {
  /** In the language of derived tags. */
  readonly expression: string;
  /** Bare names are signals of it. */
  readonly asset: string;
  /** Distance of two rows; absent: a row whenever an input has one. */
  readonly stepUs?: number;
}

/** What is known of a tag in the historian. */
export interface HistoryTag {
  readonly tag: TagInfo;
  readonly rows: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly bytes: number;
}

/**
 * Reading, from this process or another one, also while a site writes: chunks, and behind them the journal's entries
 * that are in no chunk yet. Runs in a thread of its own; answers are streamed, and breaking off a loop ends the query.
 */
export interface HistoryReader extends AsyncDisposable {
  tags(): Promise<readonly HistoryTag[]>;
  /** Every sample of the tags, tag by tag in the order asked for, in parts of bounded size. */
  raw(tags: readonly string[], span: Span, signal?: AbortSignal): AsyncIterable<Series>;
  /**
   * Every sample of the tags by its time; those of one time in the order of the tags. Parts are of about 65,536 rows, and
   * none ends between two rows of one time.
   */
  inOrder(tags: readonly string[], span: Span, signal?: AbortSignal): AsyncIterable<InOrder>;
  /** Parts of one tag follow each other. */
  buckets(query: BucketQuery, signal?: AbortSignal): AsyncIterable<Buckets>;
  /** Shape-preserving down-sampling: the smallest and largest of each stretch stay. */
  trend(query: TrendQuery, signal?: AbortSignal): Promise<Series>;
  /** The last sample of each tag at or before the time; no entry for a tag that has none. */
  valuesAt(tags: readonly string[], timeUs: number): Promise<ReadonlyMap<string, Series>>;
  aligned(query: AlignedQuery, signal?: AbortSignal): AsyncIterable<Aligned>;
  /**
   * The result of an expression over aligned inputs, its tag being the expression. Quality is the worst of the inputs; from
   * the begin of a counted hole of an input to its next row nothing is known.
   * @throws Fault `history.expression` with the column of each mistake
   */
  calculated(query: CalculationQuery, signal?: AbortSignal): AsyncIterable<Series>;
  /** The same with few points, as {@link trend}. */
  calculatedTrend(
    query: CalculationQuery & { readonly points: number },
    signal?: AbortSignal,
  ): Promise<Series>;
  /** The same in buckets, as {@link buckets}. */
  calculatedBuckets(
    query: CalculationQuery & Omit<BucketQuery, 'tags'>,
    signal?: AbortSignal,
  ): AsyncIterable<Buckets>;
  /** Holes that touch the span, of the journal and of the historian itself; tags by path. */
  gaps(span: Span, tags?: readonly string[]): Promise<readonly HistoryGap[]>;
}

export interface HistoryGap extends Omit<Gap, 'tags'> {
  readonly tags: readonly string[] | 'all';
}
