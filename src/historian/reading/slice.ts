import type { Value } from '#kernel/batch.ts';
import type { InOrder } from '../api.ts';
import type { Rows } from '../format/rows.ts';

const FIRST_ROWS = 65_536;
/** Rows put in order at once: what is looked up across them must stay in the processor's cache. */
const WINDOW_ROWS = 65_536;
/** Of each tag, so that going from tag to tag is not most of the work where there are many. */
const WINDOW_ROWS_A_TAG = 16;
/** Offsets within a window are whole numbers of 31 bits. */
const MOST_WINDOW_US = 2 ** 31 - 1;

type Column = Float64Array | Uint32Array | Uint16Array;

function grown<T extends Column>(column: T, into: T, rows: number): T {
  into.set(column.subarray(0, rows));
  return into;
}

/** Rows of a stretch of time, tag by tag, to be put in the order of time. Keeps its memory from one stretch to the next. */
export class Slice {
  rows = 0;
  timeUs = new Float64Array(FIRST_ROWS);
  value = new Float64Array(FIRST_ROWS);
  quality = new Uint16Array(FIRST_ROWS);
  readonly wide = new Map<number, Value>();
  /** Tags with rows here by their places, and where their rows end. */
  readonly #places: number[] = [];
  readonly #ends: number[] = [];
  readonly #window = new Window(this);

  clear(): void {
    this.rows = 0;
    this.wide.clear();
    this.#places.length = 0;
    this.#ends.length = 0;
  }

  /** @param place of the tag, ascending from call to call @param rows copied; none earlier than those before of that tag */
  add(place: number, rows: Rows): void {
    const from = this.rows;
    const to = from + rows.timeUs.length;
    if (to === from) return;
    this.#reserve(to);
    this.timeUs.set(rows.timeUs, from);
    this.value.set(rows.value, from);
    this.quality.set(rows.quality, from);
    const { wide } = rows;
    for (let w = 0; wide && w < wide.row.length; w++)
      this.wide.set(from + (wide.row[w] as number), wide.value[w] as Value);
    if (this.#places.at(-1) !== place) {
      this.#places.push(place);
      this.#ends.push(to);
    } else this.#ends[this.#ends.length - 1] = to;
    this.rows = to;
  }

  /** Rows by time; those of one time in the order of their tags, and of one tag in their own. Parts end between two times. */
  *inOrder(): Iterable<InOrder> {
    const ends = Uint32Array.from(this.#ends);
    const next = Uint32Array.from(ends, (_, i) => ends[i - 1] ?? 0);
    let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [i, end] of ends.entries()) {
      firstUs = Math.min(firstUs, this.timeUs[next[i] as number] as number);
      lastUs = Math.max(lastUs, this.timeUs[end - 1] as number);
    }
    const share = Math.max(WINDOW_ROWS, WINDOW_ROWS_A_TAG * ends.length) / Math.max(this.rows, 1);
    const windowUs = Math.min(Math.max(Math.floor((lastUs - firstUs) * share), 1), MOST_WINDOW_US);
    // Stretches without any row are passed over: each window begins with one.
    for (let fromUs = firstUs, nextUs = firstUs; fromUs <= lastUs; fromUs = nextUs) {
      this.#window.begin(fromUs);
      nextUs = Number.POSITIVE_INFINITY;
      for (let i = 0; i < ends.length; i++) {
        const end = ends[i] as number;
        const start = next[i] as number;
        if (start === end) continue;
        const to = this.#window.take(this.#places[i] as number, start, end, fromUs + windowUs);
        next[i] = to;
        if (to < end) nextUs = Math.min(nextUs, this.timeUs[to] as number);
      }
      yield this.#window.sorted();
    }
  }

  #reserve(rows: number): void {
    if (rows <= this.timeUs.length) return;
    const size = Math.max(rows, 2 * this.timeUs.length);
    this.timeUs = grown(this.timeUs, new Float64Array(size), this.rows);
    this.value = grown(this.value, new Float64Array(size), this.rows);
    this.quality = grown(this.quality, new Uint16Array(size), this.rows);
  }
}

const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;

/** Rows of a short time. */
class Window {
  readonly #slice: Slice;
  readonly #counts = new Uint32Array(DIGITS + 1);
  #rows = 0;
  #fromUs = 0;
  #most = 0;
  /** By row of the window: time since its begin, row of the slice, place of the tag. */
  #offset = new Uint32Array(WINDOW_ROWS);
  #row = new Uint32Array(WINDOW_ROWS);
  #place = new Uint32Array(WINDOW_ROWS);
  #order = new Uint32Array(WINDOW_ROWS);
  #spare = new Uint32Array(WINDOW_ROWS);

  constructor(slice: Slice) {
    this.#slice = slice;
  }

  begin(fromUs: number): void {
    this.#rows = this.#most = 0;
    this.#fromUs = fromUs;
  }

  /** Takes the rows start..end of the slice that are earlier than `toUs`. @returns row behind them */
  take(place: number, start: number, end: number, toUs: number): number {
    const { timeUs } = this.#slice;
    let to = start;
    while (to < end && (timeUs[to] as number) < toUs) to++;
    if (to === start) return to;
    this.#reserve(this.#rows + to - start);
    const [offset, rows, places, fromUs] = [this.#offset, this.#row, this.#place, this.#fromUs];
    let n = this.#rows;
    for (let row = start; row < to; row++, n++) {
      offset[n] = (timeUs[row] as number) - fromUs;
      rows[n] = row;
      places[n] = place;
    }
    this.#most = Math.max(this.#most, offset[n - 1] as number);
    this.#rows = n;
    return to;
  }

  /** In memory of its own. */
  sorted(): InOrder {
    this.#sort();
    const { value, quality, wide } = this.#slice;
    const rows = this.#rows;
    const order = this.#order;
    const sorted = {
      place: new Uint32Array(rows),
      timeUs: new Float64Array(rows),
      value: new Float64Array(rows),
      quality: new Uint16Array(rows),
    };
    for (let i = 0; i < rows; i++) {
      const from = order[i] as number;
      const row = this.#row[from] as number;
      sorted.place[i] = this.#place[from] as number;
      sorted.timeUs[i] = this.#fromUs + (this.#offset[from] as number);
      sorted.value[i] = value[row] as number;
      sorted.quality[i] = quality[row] as number;
    }
    return wide.size === 0 ? sorted : this.#withWide(sorted);
  }

  #withWide(sorted: InOrder): InOrder {
    const row: number[] = [];
    const value: Value[] = [];
    for (let i = 0; i < this.#rows; i++) {
      const found = this.#slice.wide.get(this.#row[this.#order[i] as number] as number);
      if (found === undefined) continue;
      row.push(i);
      value.push(found);
    }
    return row.length === 0 ? sorted : { ...sorted, wide: { row: Uint32Array.from(row), value } };
  }

  /** Radix sort, lowest digit first: stable, and several times as quick as comparing. */
  #sort(): void {
    const rows = this.#rows;
    const counts = this.#counts;
    const offset = this.#offset;
    for (let i = 0; i < rows; i++) this.#order[i] = i;
    for (let shift = 0; this.#most >>> shift > 0; shift += DIGIT_BITS) {
      const [from, into] = [this.#order, this.#spare];
      counts.fill(0);
      for (let i = 0; i < rows; i++) {
        const after = (((offset[i] as number) >>> shift) & (DIGITS - 1)) + 1;
        counts[after] = (counts[after] as number) + 1;
      }
      for (let d = 1; d <= DIGITS; d++) counts[d] = (counts[d] as number) + (counts[d - 1] as number);
      for (let i = 0; i < rows; i++) {
        const row = from[i] as number;
        const digit = ((offset[row] as number) >>> shift) & (DIGITS - 1);
        const to = counts[digit] as number;
        into[to] = row;
        counts[digit] = to + 1;
      }
      this.#order = into;
      this.#spare = from;
    }
  }

  #reserve(rows: number): void {
    if (rows <= this.#offset.length) return;
    const size = Math.max(rows, 2 * this.#offset.length);
    this.#offset = grown(this.#offset, new Uint32Array(size), this.#rows);
    this.#row = grown(this.#row, new Uint32Array(size), this.#rows);
    this.#place = grown(this.#place, new Uint32Array(size), this.#rows);
    this.#order = new Uint32Array(size);
    this.#spare = new Uint32Array(size);
  }
}
