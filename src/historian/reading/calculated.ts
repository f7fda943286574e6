import { allocBatch, type Batch, type Value, type Wide } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import type { CalculationQuery, HistoryGap, Span } from '../api.ts';
import { NO_ROWS, type Rows } from '../format/rows.ts';
import type { Calculator } from './calculator.ts';
import { endsHolding } from './holes.ts';
import { rowsInParts, type SeriesPast } from './past.ts';
import { type Stretch, stretchOfRows } from './stretch.ts';

const ROWS_AT_ONCE = 1024;

/** What is needed of the inputs of a calculation. */
export interface InputsPast extends SeriesPast {
  /** Counted holes that touch a span, by the time that they begin. */
  holes(span: Span, tags: readonly string[]): readonly Pick<HistoryGap, 'fromUs' | 'reason'>[];
}

/**
 * A series that is calculated from others while it is read, once, from its beginning: rows of the inputs in the order of
 * time, those of one time together. A value stands until the next row of its tag; from the begin of a counted hole to the
 * next row nothing is known of it.
 */
export class Calculated implements SeriesPast {
  readonly #past: InputsPast;
  readonly #calculator: Calculator;
  readonly #query: CalculationQuery;
  readonly #parts: Iterator<Rows | undefined>;
  #before: Rows | undefined;
  /** The first rows inside of the span, met while looking for those before it. */
  #first: Rows | undefined;
  #ended = false;

  constructor(past: InputsPast, calculator: Calculator, query: CalculationQuery) {
    this.#past = past;
    this.#calculator = calculator;
    this.#query = query;
    this.#parts = this.#calculate()[Symbol.iterator]();
  }

  /** Comes to the beginning of the span; must be done first. Undefined now and then, so that others get their turn. */
  *begin(): Iterable<undefined> {
    while (!this.#first && !this.#ended) {
      this.#first = this.#next();
      yield undefined;
    }
  }

  lastUntil(): Rows | undefined {
    return this.#before;
  }

  *stretches(): Iterable<Stretch> {
    if (this.#first) yield stretchOfRows(this.#first);
    this.#first = undefined;
    while (!this.#ended) {
      const rows = this.#next();
      if (rows) yield stretchOfRows(rows);
    }
  }

  /** Of the inputs: there are about as many rows as they have together. */
  extent(): { rows: number; fromUs: number; toUs: number } {
    const { fromUs, toUs } = this.#query;
    const rows = this.#calculator.tags.reduce(
      (sum, { path }) => sum + this.#past.extent(path, fromUs, toUs).rows,
      0,
    );
    return { rows, fromUs, toUs };
  }

  #next(): Rows | undefined {
    const { value, done } = this.#parts.next();
    if (done) this.#ended = true;
    return done ? undefined : value;
  }

  *#calculate(): Iterable<Rows | undefined> {
    const { fromUs, toUs, stepUs } = this.#query;
    const out = new Output(this.#query, (row) => {
      this.#before = row;
    });
    const inputs = new Inputs(this.#past, this.#calculator, fromUs, toUs);
    for (let batch = inputs.next(); batch; batch = inputs.next()) {
      yield* this.#pass(batch.receivedUs, out);
      yield* out.add(this.#calculator.step(batch));
      if (inputs.turn()) yield out.take();
    }
    yield* this.#pass(toUs, out);
    while (stepUs !== undefined && out.stepsUntil(toUs)) yield out.take();
    yield out.take();
  }

  /** What windows do by time alone. */
  *#pass(untilUs: number, out: Output): Iterable<Rows | undefined> {
    while (this.#calculator.nextUs < untilUs) {
      yield* out.add(this.#calculator.pass(this.#calculator.nextUs));
    }
  }
}

interface Row {
  readonly value: number;
  readonly wide: Value | undefined;
  readonly quality: number;
}

const isSame = (a: Row, b: Row | undefined): boolean =>
  Object.is(a.value, b?.value) && a.wide === b?.wide && a.quality === b?.quality;

/** Rows of the result until they are handed out; with a step, what stands at each. */
class Output {
  readonly #query: CalculationQuery;
  readonly #onBefore: (row: Rows) => void;
  #timeUs: number[] = [];
  #value: number[] = [];
  #quality: number[] = [];
  #wideRow: number[] = [];
  #wideValue: Value[] = [];
  #stepUs: number;
  #stands: Row | undefined;
  #lastUs = Number.NaN;
  #last: Row | undefined;

  constructor(query: CalculationQuery, onBefore: (row: Rows) => void) {
    this.#query = query;
    this.#onBefore = onBefore;
    this.#stepUs = query.fromUs;
  }

  /** Yields rows as soon as they are many. */
  *add(batch: Batch | undefined): Iterable<Rows | undefined> {
    if (!batch) return;
    const { fromUs, toUs, stepUs } = this.#query;
    const wide = new Map(batch.wide?.value.map((value, w) => [batch.wide?.row[w], value]));
    for (let i = 0; i < batch.rows; i++) {
      const timeUs = batch.timeUs[i] as number;
      const row = {
        value: batch.value[i] as number,
        wide: wide.get(i),
        quality: batch.quality[i] as number,
      };
      if (timeUs >= toUs) break;
      // Of a tag, too, rows that are equal in all are kept once.
      if (timeUs === this.#lastUs && isSame(row, this.#last)) continue;
      this.#lastUs = timeUs;
      this.#last = row;
      if (stepUs !== undefined) {
        while (this.stepsUntil(timeUs)) yield this.take();
        this.#stands = row;
      } else if (timeUs < fromUs) this.#onBefore(rowsOf(timeUs, row));
      else this.#put(timeUs, row);
    }
    if (this.#timeUs.length >= ROWS_AT_ONCE) yield this.take();
  }

  /** Some of the steps before a time. @returns whether there are more */
  stepsUntil(untilUs: number): boolean {
    const { stepUs = 1 } = this.#query;
    for (let n = 0; n < ROWS_AT_ONCE && this.#stepUs < untilUs; n++, this.#stepUs += stepUs) {
      if (this.#stands) this.#put(this.#stepUs, this.#stands);
    }
    return this.#stepUs < untilUs;
  }

  take(): Rows | undefined {
    if (this.#timeUs.length === 0) return undefined;
    const rows: Rows = {
      timeUs: Float64Array.from(this.#timeUs),
      value: Float64Array.from(this.#value),
      quality: Uint16Array.from(this.#quality),
      ...(this.#wideRow.length > 0 && {
        wide: { row: Uint32Array.from(this.#wideRow), value: this.#wideValue },
      }),
    };
    [this.#timeUs, this.#value, this.#quality, this.#wideRow, this.#wideValue] = [[], [], [], [], []];
    return rows;
  }

  #put(timeUs: number, { value, wide, quality }: Row): void {
    const row = this.#timeUs.push(timeUs) - 1;
    this.#value.push(value);
    this.#quality.push(quality);
    if (wide === undefined) return;
    this.#wideRow.push(row);
    this.#wideValue.push(wide);
  }
}

const rowsOf = (timeUs: number, { value, wide, quality }: Row): Rows => ({
  timeUs: Float64Array.of(timeUs),
  value: Float64Array.of(value),
  quality: Uint16Array.of(quality),
  ...(wide !== undefined && { wide: { row: Uint32Array.of(0), value: [wide] } }),
});

/** Goes along the rows of one tag. */
class Cursor {
  readonly number: number;
  readonly #parts: Iterator<Rows>;
  rows: Rows = NO_ROWS;
  at = 0;

  constructor(number: number, parts: Iterable<Rows>) {
    this.number = number;
    this.#parts = parts[Symbol.iterator]();
    this.#pull();
  }

  /** Infinity at the end. */
  get timeUs(): number {
    return this.rows.timeUs[this.at] ?? Number.POSITIVE_INFINITY;
  }

  pass(): void {
    if (++this.at === this.rows.timeUs.length) this.#pull();
  }

  #pull(): void {
    this.at = 0;
    const { value, done } = this.#parts.next();
    this.rows = done ? NO_ROWS : value;
  }
}

const ROWS_A_TURN = 2048;

/** Rows of all inputs, merged by time; what stood before the first of them comes first, however long ago it came. */
class Inputs {
  readonly #cursors: readonly Cursor[];
  #rows = 0;

  constructor(past: InputsPast, { tags, windowUs }: Calculator, fromUs: number, toUs: number) {
    const startUs = fromUs - windowUs;
    this.#cursors = tags.flatMap(({ path, number }) => {
      const before = past.lastUntil(path, startUs - 1);
      const sinceUs = before?.timeUs[0] ?? startUs;
      const gaps = past
        .holes({ fromUs: sinceUs, toUs }, [path])
        .filter((gap) => gap.fromUs >= sinceUs && endsHolding(gap));
      const unknown: Rows = {
        timeUs: Float64Array.from(gaps, (gap) => gap.fromUs),
        value: new Float64Array(gaps.length).fill(Number.NaN),
        quality: new Uint16Array(gaps.length).fill(Quality.badNoCommunication),
      };
      const rows = rowsInParts(past.stretches(path, startUs, toUs), ROWS_AT_ONCE);
      // Rows of the moment in which a hole begins come behind it: they are known.
      const holes = gaps.length > 0 ? [new Cursor(number, [unknown])] : [];
      return [...holes, new Cursor(number, before ? joined(before, rows) : rows)];
    });
  }

  /** Whether others should have a turn. */
  turn(): boolean {
    if (this.#rows < ROWS_A_TURN) return false;
    this.#rows = 0;
    return true;
  }

  next(): Batch | undefined {
    let timeUs = Number.POSITIVE_INFINITY;
    for (const cursor of this.#cursors) if (cursor.timeUs < timeUs) timeUs = cursor.timeUs;
    if (timeUs === Number.POSITIVE_INFINITY) return undefined;
    const picked: { readonly cursor: Cursor; readonly rows: Rows; readonly at: number }[] = [];
    for (const cursor of this.#cursors) {
      while (cursor.timeUs === timeUs) {
        picked.push({ cursor, rows: cursor.rows, at: cursor.at });
        cursor.pass();
      }
    }
    this.#rows += picked.length;
    const batch = allocBatch(picked.length, { receivedUs: timeUs });
    const wide: { row: number; value: Value }[] = [];
    for (const [i, { cursor, rows, at }] of picked.entries()) {
      batch.tag[i] = cursor.number;
      batch.timeUs[i] = timeUs;
      batch.value[i] = rows.value[at] as number;
      batch.quality[i] = rows.quality[at] as number;
      const value = rows.wide && wideOf(rows.wide, at);
      if (value !== undefined) wide.push({ row: i, value });
    }
    if (wide.length === 0) return batch;
    const column = { row: Uint32Array.from(wide, ({ row }) => row), value: wide.map(({ value }) => value) };
    return { ...batch, wide: column };
  }
}

const wideOf = ({ row, value }: Wide, at: number): Value | undefined => value[row.indexOf(at)];

function* joined(first: Rows, rest: Iterable<Rows>): Iterable<Rows> {
  yield first;
  yield* rest;
}
