import type { Aligned, AlignedQuery } from '../api.ts';
import { isUsable, type Rows } from '../format/rows.ts';
import { rowsInParts, type SeriesPast } from './past.ts';

type Past = Pick<SeriesPast, 'lastUntil' | 'stretches'>;

/** Steps of one part of an answer. */
const PART = 4096;
const ROWS_AT_ONCE = 1024;

/** Values of several tags at the same times; undefined now and then, so that others get their turn. */
export function* alignedOf(past: Past, query: AlignedQuery): Iterable<Aligned | undefined> {
  const { tags, fromUs, toUs, stepUs, fill } = query;
  const series = tags.map((tag) => new Along(past, tag, query));
  const steps = Math.ceil((toUs - fromUs) / stepUs);
  for (let first = 0; first < steps; first += PART) {
    const count = Math.min(PART, steps - first);
    const timeUs = Float64Array.from({ length: count }, (_, i) => fromUs + (first + i) * stepUs);
    const columns: Float64Array[] = [];
    for (const one of series) {
      columns.push(timeUs.map((atUs) => one.at(atUs, fill)));
      yield undefined;
    }
    yield { timeUs, columns };
  }
}

/** Goes along one series; times asked for must ascend. */
class Along {
  readonly #parts: Iterator<Rows>;
  #rows: Rows | undefined;
  #next = 0;
  #beforeUs = Number.NaN;
  #before = Number.NaN;

  constructor(past: Past, tag: string, { fromUs, toUs, fill }: AlignedQuery) {
    const before = past.lastUntil(tag, fromUs - 1);
    if (before) this.#pass(before, 0);
    // On a line the row behind the last step counts as well, wherever it is.
    const endUs = fill === 'linear' ? Number.POSITIVE_INFINITY : toUs;
    this.#parts = rowsInParts(past.stretches(tag, fromUs, endUs), ROWS_AT_ONCE)[Symbol.iterator]();
    this.#pull();
  }

  at(timeUs: number, fill: AlignedQuery['fill']): number {
    while (this.#rows && (this.#rows.timeUs[this.#next] as number) <= timeUs) {
      this.#pass(this.#rows, this.#next++);
      if (this.#next === this.#rows.timeUs.length) this.#pull();
    }
    if (fill === 'previous' || this.#beforeUs === timeUs) return this.#before;
    if (!this.#rows) return Number.NaN;
    const afterUs = this.#rows.timeUs[this.#next] as number;
    const after = usableOf(this.#rows, this.#next);
    return this.#before + ((after - this.#before) * (timeUs - this.#beforeUs)) / (afterUs - this.#beforeUs);
  }

  #pass(rows: Rows, i: number): void {
    this.#beforeUs = rows.timeUs[i] as number;
    this.#before = usableOf(rows, i);
  }

  #pull(): void {
    this.#next = 0;
    const { value, done } = this.#parts.next();
    this.#rows = done ? undefined : value;
  }
}

const usableOf = ({ value, quality }: Rows, i: number): number => {
  const v = value[i] as number;
  return isUsable(v, quality[i] as number) ? v : Number.NaN;
};
