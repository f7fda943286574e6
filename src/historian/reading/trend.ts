import { Fault } from '#kernel/fault.ts';
import type { Series, TrendQuery } from '../api.ts';
import { BLOCK_ROWS } from '../format/integers.ts';
import { allocRows, isUsable, mergeRows, type Rows, sliceRows } from '../format/rows.ts';
import { markShape } from './lttb.ts';
import type { SeriesPast } from './past.ts';
import { type Stretch, stretchOfRows } from './stretch.ts';

const FEWEST_POINTS = 8;
const FEW_ROWS = 65_536;
const FIRST_POINTS = 4096;

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
  readonly #found = new Points();
  readonly #fromUs: number;
  readonly #lengthUs: number;
  readonly #stretches: number;
  /** One smallest and one largest are candidates out of so many rows. */
  readonly #rowsEach: number;
  /** Candidates that are the smallest and largest of their stretch of time. */
  readonly #min: Int32Array;
  readonly #max: Int32Array;
  /** The last part of which only the summary was looked at. */
  #unseen: Stretch | undefined;

  constructor(extent: Extent, points: number) {
    this.#fromUs = extent.fromUs;
    this.#lengthUs = extent.toUs - extent.fromUs + 1;
    this.#stretches = Math.floor(points / 4);
    this.#rowsEach = Math.max(1, Math.floor(extent.rows / (2 * points)));
    this.#min = new Int32Array(this.#stretches).fill(-1);
    this.#max = new Int32Array(this.#stretches).fill(-1);
  }

  take(stretch: Stretch): void {
    if (this.#takeSummary(stretch)) return;
    for (const part of stretch.parts()) {
      if (part === stretch || !this.#takeSummary(part)) this.#takeRows(part.peek());
    }
  }

  result(points: number): Rows {
    if (this.#unseen) this.#takeLast(this.#unseen.peek());
    const { rows } = this.#found;
    const keep = new Uint8Array(rows.timeUs.length);
    markShape(rows.timeUs, rows.value, Math.floor(points / 2), keep);
    for (const extremes of [this.#min, this.#max]) for (const i of extremes) if (i >= 0) keep[i] = 1;
    return marked(rows, keep);
  }

  #takeSummary(stretch: Stretch): boolean {
    const { summary } = stretch;
    if (!summary || stretch.count > Math.max(BLOCK_ROWS, this.#rowsEach)) return false;
    if (summary.count === 0) return true;
    // The first usable row is a candidate by itself, so its part is looked at.
    if (this.#rowsEach < BLOCK_ROWS || this.#found.count === 0 || !stretch.isGood()) return false;
    if (this.#stretchAt(stretch.fromUs) !== this.#stretchAt(stretch.toUs)) return false;
    const { min, max, minRow, maxRow } = summary;
    if (maxRow < minRow) this.#add(stretch.timeOf(maxRow), max, 0);
    this.#add(stretch.timeOf(minRow), min, 0);
    if (maxRow > minRow) this.#add(stretch.timeOf(maxRow), max, 0);
    this.#unseen = stretch;
    return true;
  }

  /** Group by group; a group ends with its number of rows or where a stretch of time does. */
  #takeRows(rows: Rows): void {
    const { timeUs } = rows;
    let last = -1;
    for (let from = 0; from < timeUs.length; ) {
      const full = Math.min(timeUs.length, from - (from % this.#rowsEach) + this.#rowsEach);
      const to = this.#endOfStretch(timeUs, from, full);
      last = Math.max(last, this.#takeGroup(rows, from, to));
      from = to;
    }
    if (last < 0) return;
    this.#addRow(rows, last);
    this.#unseen = undefined;
  }

  /** @returns the last usable row, or -1 */
  #takeGroup(rows: Rows, from: number, to: number): number {
    const { value, quality } = rows;
    let low = -1;
    let high = -1;
    let last = -1;
    for (let i = from; i < to; i++) {
      const v = value[i] as number;
      if (!isUsable(v, quality[i] as number)) continue;
      if (last < 0 && this.#found.count === 0) this.#addRow(rows, i);
      last = i;
      if (low < 0 || v < (value[low] as number)) low = i;
      if (high < 0 || v > (value[high] as number)) high = i;
    }
    if (last < 0) return last;
    this.#addRow(rows, Math.min(low, high));
    if (low !== high) this.#addRow(rows, Math.max(low, high));
    return last;
  }

  /** First row behind `from` that lies in another stretch of time; times ascend. */
  #endOfStretch(timeUs: Float64Array, from: number, to: number): number {
    const stretch = this.#stretchAt(timeUs[from] as number);
    if (this.#stretchAt(timeUs[to - 1] as number) === stretch) return to;
    let inside = from;
    let outside = to - 1;
    while (outside - inside > 1) {
      const mid = (inside + outside) >>> 1;
      if (this.#stretchAt(timeUs[mid] as number) === stretch) inside = mid;
      else outside = mid;
    }
    return outside;
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
    const found = this.#found;
    // The same row may be a candidate for several reasons.
    if (found.endsWith(timeUs, value)) return;
    const i = found.add(timeUs, value, quality);
    const stretch = this.#stretchAt(timeUs);
    const min = this.#min[stretch] as number;
    const max = this.#max[stretch] as number;
    if (min < 0 || value < found.valueAt(min)) this.#min[stretch] = i;
    if (max < 0 || value > found.valueAt(max)) this.#max[stretch] = i;
  }

  #stretchAt(timeUs: number): number {
    const share = (timeUs - this.#fromUs) / this.#lengthUs;
    return Math.max(0, Math.min(this.#stretches - 1, Math.floor(share * this.#stretches)));
  }
}

/** Rows that become more one by one. */
class Points {
  count = 0;
  #rows = allocRows(FIRST_POINTS);

  /** Windows on what there is now. */
  get rows(): Rows {
    return sliceRows(this.#rows, 0, this.count);
  }

  valueAt(i: number): number {
    return this.#rows.value[i] as number;
  }

  endsWith(timeUs: number, value: number): boolean {
    const last = this.count - 1;
    return last >= 0 && this.#rows.timeUs[last] === timeUs && this.#rows.value[last] === value;
  }

  /** @returns its place */
  add(timeUs: number, value: number, quality: number): number {
    if (this.count === this.#rows.timeUs.length) this.#rows = doubled(this.#rows);
    const { timeUs: times, value: values, quality: qualities } = this.#rows;
    times[this.count] = timeUs;
    values[this.count] = value;
    qualities[this.count] = quality;
    return this.count++;
  }
}

function doubled({ timeUs, value, quality }: Rows): Rows {
  const wider = allocRows(2 * timeUs.length);
  wider.timeUs.set(timeUs);
  wider.value.set(value);
  wider.quality.set(quality);
  return wider;
}

function marked({ timeUs, value, quality }: Rows, keep: Uint8Array): Rows {
  const kept = allocRows(keep.reduce((sum, one) => sum + one, 0));
  for (let i = 0, n = 0; i < keep.length; i++) {
    if (keep[i] === 0) continue;
    kept.timeUs[n] = timeUs[i] as number;
    kept.value[n] = value[i] as number;
    kept.quality[n++] = quality[i] as number;
  }
  return kept;
}
