import type { HistoryGap, HistoryReader, Series } from '#historian/api.ts';
import { endsHolding } from '#historian/reading/holes.ts';
import { allocBatch, type Batch, type Value } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** What is known of some tags beside the rows of a span. */
export interface PastRows {
  /** What they hold as it begins; undefined where that is nothing. */
  readonly before: Batch | undefined;
  /** A batch for each counted hole, in order: from its begin to the next row of a tag nothing is known of it. */
  readonly holes: readonly Batch[];
}

/** @param paths tags, all of them in the table */
export async function pastRows(
  reader: Pick<HistoryReader, 'valuesAt' | 'gaps'>,
  paths: readonly string[],
  table: TagTable,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): Promise<PastRows> {
  const held = [...(await reader.valuesAt(paths, fromUs - 1)).values()];
  const sinceUs = held.reduce((first, { timeUs }) => Math.min(first, timeUs[0] as number), fromUs);
  const gaps = (await reader.gaps({ fromUs: sinceUs, toUs }, paths)).filter(endsHolding);
  const lost = ({ tag, timeUs: [atUs = 0] }: Series): boolean =>
    gaps.some((gap) => gap.fromUs >= atUs && gap.fromUs < fromUs && concerns(gap, tag));
  const wanted = new Set(paths);
  return {
    before: batchOf(
      held.filter((one) => !lost(one)),
      table,
      fromUs,
    ),
    holes: gaps
      .filter((gap) => gap.fromUs >= fromUs)
      .map(({ tags, fromUs: atUs }) => {
        const concerned = tags === 'all' ? paths : tags.filter((path) => wanted.has(path));
        return unknownFrom(atUs, concerned, table);
      }),
  };
}

const concerns = ({ tags }: HistoryGap, path: string): boolean => tags === 'all' || tags.includes(path);

function batchOf(held: readonly Series[], table: TagTable, atUs: number): Batch | undefined {
  if (held.length === 0) return undefined;
  const batch = allocBatch(held.length, { receivedUs: atUs });
  const wide: { readonly row: number; readonly value: Value }[] = [];
  for (const [row, { tag, value, quality, wide: own }] of held.entries()) {
    batch.tag[row] = table.number(tag);
    batch.timeUs[row] = atUs;
    batch.value[row] = value[0] as number;
    batch.quality[row] = quality[0] as number;
    if (own?.value[0] !== undefined) wide.push({ row, value: own.value[0] });
  }
  if (wide.length === 0) return batch;
  const column = { row: Uint32Array.from(wide, ({ row }) => row), value: wide.map(({ value }) => value) };
  return { ...batch, wide: column };
}

function unknownFrom(atUs: number, paths: readonly string[], table: TagTable): Batch {
  const batch = allocBatch(paths.length, { receivedUs: atUs });
  batch.tag.set(paths.map((path) => table.number(path)));
  batch.timeUs.fill(atUs);
  batch.value.fill(Number.NaN);
  batch.quality.fill(Quality.badNoCommunication);
  return batch;
}
