import type { HistoryGap, Span } from '#historian/api.ts';
import { type Past, rowsInParts } from '#historian/reading/past.ts';
import { at, type Value } from '#kernel/batch.ts';
import { valueToJson } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

/** What a file holds of one sample; a hole begins and ends with one that has no value and no quality of a sample. */
export interface Sample {
  readonly timeUs: number;
  readonly value: number | boolean | bigint | string | null;
  readonly quality: string;
  /** Whether the value may be used without looking at its quality. */
  readonly isGood: boolean;
}

const ROWS_A_PART = 8192;

/** Every sample of one tag in the order of time, with the holes among them, in parts of bounded size. */
export function* samplesOf(
  past: Past,
  tag: TagInfo,
  { fromUs, toUs }: Span,
  gaps: readonly HistoryGap[],
): Iterable<readonly Sample[]> {
  const marks = marksOf(gaps, { fromUs, toUs });
  let next = 0;
  for (const rows of rowsInParts(past.stretches(tag.path, fromUs, toUs), ROWS_A_PART)) {
    const part: Sample[] = [];
    let w = 0;
    for (let i = 0; i < rows.timeUs.length; i++) {
      const timeUs = at(rows.timeUs, i);
      for (let mark = marks[next]; mark && mark.timeUs <= timeUs; mark = marks[++next]) part.push(mark);
      const isWide = rows.wide !== undefined && rows.wide.row[w] === i;
      const wide = isWide ? rows.wide?.value[w++] : undefined;
      const quality = at(rows.quality, i);
      const value = shown(at(rows.value, i), wide, tag);
      part.push({ timeUs, value, quality: qualityName(quality), isGood: quality < 0x8000 });
    }
    yield part;
  }
  if (next < marks.length) yield marks.slice(next);
}

function marksOf(gaps: readonly HistoryGap[], { fromUs, toUs }: Span): Sample[] {
  const mark = (timeUs: number, quality: string): Sample => ({ timeUs, value: null, quality, isGood: false });
  return gaps
    .flatMap((gap) => [
      mark(Math.max(fromUs, gap.fromUs), `gap:${gap.reason}`),
      ...(gap.toUs < toUs ? [mark(gap.toUs, 'gap-end')] : []),
    ])
    .sort((a, b) => a.timeUs - b.timeUs);
}

function shown(value: number, wide: Value | undefined, { type }: TagInfo): Sample['value'] {
  if (wide === undefined) {
    if (Number.isNaN(value)) return null;
    if (type === 'boolean') return value !== 0;
    if (type === 'int64') return Number.isInteger(value) ? BigInt(value) : String(value);
    return type === 'text' || type === 'structure' ? String(value) : value;
  }
  if (typeof wide === 'string') return wide;
  if (typeof wide === 'bigint') return type === 'number' ? Number(wide) : wide;
  return JSON.stringify(valueToJson(wide));
}
