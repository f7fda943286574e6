import { Fault } from '#kernel/fault.ts';
import type { Series, TrendQuery } from '../api.ts';
import { BLOCK_ROWS } from '../format/integers.ts';
import { isUsable, mergeRows, type Rows } from '../format/rows.ts';
import { markShape } from './lttb.ts';
import type { SeriesPast } from './past.ts';
import { type Stretch, stretchOfRows } from './stretch.ts';

const FEWEST_POINTS = 8;
const FEW_ROWS = 65_536;

/**
 * One series with few points: smallest and largest of each stretch of time, and between them what keeps the shape for the
 * eye. Largest-Triangle alone would drop one of two spikes that are close to each other. Only usable rows, unless all fit.
 */
export function* trendOf(past: SeriesPast, query: TrendQuery): Generator<undefined, Series> {
  const { tag, fromUs, toUs, points } = query;
  if (!(points >= FEWEST_POINTS)) {
    throw new Fault('historian.bad-query', `a trend has at least ${FEWEST_POINTS} points`, {
      retry: 'never',
    });
  }
  const extent = past.extent(tag, fromUs, toUs);
  const stretches = past.stretches(tag, fromUs, toUs);
  // The first and the last chunk reach beyond the span: few rows are better counted than estimated.
  const few = extent.rows <= points + FEW_ROWS ? mergeRows([...stretches].map((s) => s.rows())) : undefined;
  if (few && few.timeUs.length <= points) return { tag, ...few };
  const rows = few?.timeUs.length ?? extent.rows;
  const selection = new Selection({ ...extent, rows }, points);
  for (const stretch of few ? [stretchOfRows(few)] : stretches) {
    selection.take(stretch);
    yield undefined;
  }
  return { tag, ...selection.result(points) };
}

interface Extent {
  readonly rows: number;
  readonly fromUs: number;
  readonly toUs: number;
}

/** Candidates: the extremes of some rows each, and of the whole of each stretch of time. */
class Selection {
  readonly #extent: Extent;
  readonly #stretches: number;
  /** One smallest and one largest are candidates out of so many rows. */
  readonly #rowsEach: number;
  readonly #time: number[] = [];
  readonly #value: number[] = [];
  readonly #quality: number[] = [];
  /** Candidates that are the smallest and largest of their stretch of time. */
  readonly #min: Int32Array;
  readonly #max: Int32Array;
  /** The last part of which only the summary was looked at. */
  #unseen: Stretch | undefined;

  constructor(extent: Extent, points: number) {
    this.#extent = extent;
    this.#stretches = Math.floor(points / 4);
    this.#rowsEach = Math.max(1, Math.floor(extent.rows / (2 * points)));
    this.#min = new Int32Array(this.#stretches).fill(-1);
    this.#max = new Int32Array(this.#stretches).fill(-1);
  }

  take(stretch: Stretch): void {
    if (this.#takeSummary(stretch)) return;
    for (const part of stretch.parts()) {
      if (part === stretch || !this.#takeSummary(part)) this.#takeRows(part.rows());
    }
  }

  result(points: number): Rows {
    if (this.#unseen) this.#takeLast(this.#unseen.rows());
    const count = this.#time.length;
    const keep = new Uint8Array(count);
    markShape(Float64Array.from(this.#time), Float64Array.from(this.#value), Math.floor(points / 2), keep);
    for (const extremes of [this.#min, this.#max]) for (const i of extremes) if (i >= 0) keep[i] = 1;
    const kept = Uint32Array.from({ length: count }, (_, i) => i).filter((i) => keep[i] === 1);
    return {
      timeUs: Float64Array.from(kept, (i) => this.#time[i] as number),
      value: Float64Array.from(kept, (i) => this.#value[i] as number),
      quality: Uint16Array.from(kept, (i) => this.#quality[i] as number),
    };
  }

  #takeSummary(stretch: Stretch): boolean {
    const { summary } = stretch;
    if (!summary || stretch.count > Math.max(BLOCK_ROWS, this.#rowsEach)) return false;
    if (summary.count === 0) return true;
    // The first usable row is a candidate by itself, so its part is looked at.
    if (this.#rowsEach < BLOCK_ROWS || this.#time.length === 0 || !stretch.isGood()) return false;
    if (this.#stretchAt(stretch.fromUs) !== this.#stretchAt(stretch.toUs)) return false;
    const { min, max, minRow, maxRow } = summary;
    const rows = minRow <= maxRow ? [minRow, maxRow] : [maxRow, minRow];
    for (const row of minRow === maxRow ? [minRow] : rows) {
      this.#add(stretch.timeOf(row), row === minRow ? min : max, 0);
    }
    this.#unseen = stretch;
    return true;
  }

  #takeRows(rows: Rows): void {
    const { timeUs, value, quality } = rows;
    let low = -1;
    let high = -1;
    let last = -1;
    const close = () => {
      if (low >= 0) this.#addRow(rows, Math.min(low, high));
      if (low !== high) this.#addRow(rows, Math.max(low, high));
      low = high = -1;
    };
    let stretch = -1;
    for (let i = 0; i < timeUs.length; i++) {
      const v = value[i] as number;
      if (!isUsable(v, quality[i] as number)) continue;
      const at = this.#stretchAt(timeUs[i] as number);
      if (at !== stretch || i % this.#rowsEach === 0) close();
      stretch = at;
      if (this.#time.length === 0) this.#addRow(rows, i);
      if (low < 0 || v < (value[low] as number)) low = i;
      if (high < 0 || v > (value[high] as number)) high = i;
      last = i;
    }
    close();
    if (last < 0) return;
    this.#addRow(rows, last);
    this.#unseen = undefined;
  }

  #takeLast(rows: Rows): void {
    for (let i = rows.timeUs.length - 1; i >= 0; i--) {
      if (!isUsable(rows.value[i] as number, rows.quality[i] as number)) continue;
      this.#addRow(rows, i);
      return;
    }
  }

  #addRow({ timeUs, value, quality }: Rows, i: number): void {
    this.#add(timeUs[i] as number, value[i] as number, quality[i] as number);
  }

  #add(timeUs: number, value: number, quality: number): void {
    // The same row may be a candidate for several reasons.
    const before = this.#time.length - 1;
    if (this.#time[before] === timeUs && this.#value[before] === value) return;
    const i = this.#time.push(timeUs) - 1;
    this.#value.push(value);
    this.#quality.push(quality);
    const stretch = this.#stretchAt(timeUs);
    const min = this.#min[stretch] as number;
    const max = this.#max[stretch] as number;
    if (min < 0 || value < (this.#value[min] as number)) this.#min[stretch] = i;
    if (max < 0 || value > (this.#value[max] as number)) this.#max[stretch] = i;
  }

  #stretchAt(timeUs: number): number {
    const { fromUs, toUs } = this.#extent;
    const share = (timeUs - fromUs) / (toUs - fromUs + 1);
    return Math.max(0, Math.min(this.#stretches - 1, Math.floor(share * this.#stretches)));
  }
}
