import type { Answered } from '#contract/routes/table.ts';
import { at, type Batch, wideAt } from '#kernel/batch.ts';
import { type Json, valueToJson } from '#kernel/event.ts';

/** Samples of one tag in the order of time; columns of equal length. */
export interface Samples extends Pick<Batch, 'wide'> {
  readonly tag: string;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint16Array;
}

/** Samples as JSON has them. */
export function seriesView({ tag, timeUs, value, quality, wide }: Samples): Answered<'historyTrend'> {
  const rows: Pick<Batch, 'wide'> = wide ? { wide } : {};
  const jsonAt = (row: number): Json => {
    const plain = at(value, row);
    if (Number.isFinite(plain)) return plain;
    const rich = wide && wideAt(rows as Batch, row);
    return rich === undefined ? null : valueToJson(rich);
  };
  return {
    tag,
    timeUs: [...timeUs],
    value: Array.from(value, (_, row) => jsonAt(row)),
    quality: [...quality],
  };
}

/** Buckets of one tag; NaN where nothing usable is in one. */
interface Buckets {
  readonly tag: string;
  readonly startUs: Float64Array;
  readonly columns: { readonly [aggregate: string]: Float64Array };
  readonly known: Float64Array;
}

export const bucketsView = ({ tag, startUs, columns, known }: Buckets): Answered<'historyBuckets'> => ({
  tag,
  startUs: [...startUs],
  columns: Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, numbers(column)])),
  known: [...known],
});

export const alignedView = ({
  timeUs,
  columns,
}: {
  readonly timeUs: Float64Array;
  readonly columns: readonly Float64Array[];
}): Answered<'historyAligned'> => ({ timeUs: [...timeUs], columns: columns.map(numbers) });

const numbers = (column: Float64Array): (number | null)[] =>
  Array.from(column, (value) => (Number.isFinite(value) ? value : null));
