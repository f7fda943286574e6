import type { Aggregate, BucketQuery, Buckets } from '../api.ts';
import { isUsable, type Rows } from '../format/rows.ts';
import type { SeriesPast } from './past.ts';
import type { Stretch } from './stretch.ts';

/** Buckets of one part of an answer. */
const PART = 4096;
/** Aggregates for which the summary of a block says too little; that of a chunk says enough. */
const NEED_ROWS: ReadonlySet<Aggregate> = new Set(['first', 'last', 'timeMean', 'duration']);

type Columns = { readonly [column in Aggregate | 'known' | 'startUs']: Float64Array };

/** The buckets of one tag, part by part; undefined now and then, so that others get their turn. */
export function* bucketsOf(
  past: Pick<SeriesPast, 'lastUntil' | 'stretches'>,
  tag: string,
  query: Omit<BucketQuery, 'tags'>,
): Iterable<Buckets | undefined> {
  const walk = new Walk(tag, query);
  const before = past.lastUntil(tag, query.fromUs - 1);
  if (before) walk.start(before);
  for (const stretch of past.stretches(tag, query.fromUs, query.toUs)) {
    walk.take(stretch);
    yield undefined;
    yield* walk.done();
  }
  while (walk.end()) yield* walk.done();
  yield* walk.done();
}

/** Walks along one series and closes bucket after bucket behind it. A value stands until the next row. */
class Walk {
  readonly #tag: string;
  readonly #query: Omit<BucketQuery, 'tags'>;
  readonly #needsRows: boolean;
  readonly #needsDuration: boolean;
  readonly #finished: Buckets[] = [];
  #columns: Columns;
  /** Buckets closed in this part, and all in all. */
  #filled = 0;
  #bucket = 0;
  #startUs: number;
  #endUs: number;
  #nowUs: number;
  #stands = Number.NaN;
  #isKnown = false;
  #count = 0;
  #sum = 0;
  #min = Number.NaN;
  #max = Number.NaN;
  #first = Number.NaN;
  #last = Number.NaN;
  #areaUs = 0;
  #knownUs = 0;
  #durationUs = 0;

  constructor(tag: string, query: Omit<BucketQuery, 'tags'>) {
    this.#tag = tag;
    this.#query = query;
    this.#needsRows = query.aggregates.some((aggregate) => NEED_ROWS.has(aggregate));
    this.#needsDuration = query.aggregates.includes('duration');
    this.#startUs = this.#nowUs = query.fromUs;
    this.#endUs = Math.min(query.toUs, query.fromUs + query.bucketUs);
    this.#columns = this.#newColumns();
  }

  /** The row before the span: what stands when it begins. */
  start({ value, quality }: Rows): void {
    this.#stand(value[0] ?? Number.NaN, quality[0] ?? 0);
  }

  take(stretch: Stretch): void {
    this.#advance(stretch.fromUs);
    if (this.#startUs <= stretch.fromUs && stretch.toUs < this.#endUs && this.#takeSummary(stretch)) return;
    for (const part of stretch.parts()) {
      this.#advance(part.fromUs);
      if (part !== stretch && part.toUs < this.#endUs && this.#takeSummary(part)) continue;
      this.#takeRows(part.peek());
    }
  }

  /** Closes some of the buckets that are left. @returns whether there are more */
  end(): boolean {
    const untilUs = Math.min(this.#query.toUs, this.#startUs + PART * this.#query.bucketUs);
    this.#advance(untilUs);
    return this.#startUs < this.#query.toUs;
  }

  *done(): Iterable<Buckets> {
    if (this.#startUs >= this.#query.toUs && this.#filled > 0) this.#finish();
    yield* this.#finished.splice(0);
  }

  #takeSummary({ summary, whole, count, fromUs, toUs }: Stretch): boolean {
    if (!summary) return false;
    const isSteady = summary.count === count && summary.min === summary.max;
    const allUsable = summary.count === count;
    if (isSteady) {
      this.#add(summary.count, summary.sum, summary.min, summary.max);
      this.#ends(summary.min, summary.min);
      this.#stands = summary.min;
      this.#isKnown = true;
      return true;
    }
    if (this.#needsDuration) return false;
    if (whole) {
      this.#add(whole.count, whole.sum, whole.min, whole.max);
      if (whole.count > 0) this.#ends(whole.first, whole.last);
      this.#areaUs += whole.areaUs;
      this.#knownUs += whole.knownUs;
      this.#nowUs = toUs;
      this.#stands = whole.end;
      this.#isKnown = !Number.isNaN(whole.end);
      return true;
    }
    if (this.#needsRows || !allUsable) return false;
    this.#add(summary.count, summary.sum, summary.min, summary.max);
    this.#isKnown = true;
    this.#nowUs = fromUs;
    return true;
  }

  #takeRows({ timeUs, value, quality }: Rows): void {
    for (let i = 0; i < timeUs.length; i++) {
      const v = value[i] as number;
      const q = quality[i] as number;
      this.#advance(timeUs[i] as number);
      this.#stand(v, q);
      if (!this.#isKnown) continue;
      this.#add(1, v, v, v);
      this.#ends(v, v);
    }
  }

  #stand(value: number, quality: number): void {
    this.#isKnown = isUsable(value, quality);
    this.#stands = this.#isKnown ? value : Number.NaN;
  }

  #add(count: number, sum: number, min: number, max: number): void {
    if (count === 0) return;
    this.#count += count;
    this.#sum += sum;
    if (!(this.#min <= min)) this.#min = min;
    if (!(this.#max >= max)) this.#max = max;
  }

  #ends(first: number, last: number): void {
    if (Number.isNaN(this.#first)) this.#first = first;
    this.#last = last;
  }

  /** Time goes on to `untilUs`; buckets that end on the way are closed. */
  #advance(untilUs: number): void {
    while (untilUs >= this.#endUs && this.#startUs < this.#query.toUs) {
      this.#pass(this.#endUs);
      this.#close();
    }
    this.#pass(untilUs);
  }

  #pass(untilUs: number): void {
    const forUs = untilUs - this.#nowUs;
    if (forUs <= 0) return;
    this.#nowUs = untilUs;
    if (!this.#isKnown) return;
    this.#knownUs += forUs;
    this.#areaUs += this.#stands * forUs;
    const { state } = this.#query;
    if (state === undefined ? this.#stands !== 0 : this.#stands === state) this.#durationUs += forUs;
  }

  #close(): void {
    const n = this.#filled++;
    const lengthUs = this.#endUs - this.#startUs;
    const { startUs, known, ...aggregates } = this.#columns;
    startUs[n] = this.#startUs;
    known[n] = this.#knownUs / lengthUs;
    for (const aggregate of this.#query.aggregates) aggregates[aggregate][n] = this.#result(aggregate);
    this.#bucket++;
    this.#startUs = this.#query.fromUs + this.#bucket * this.#query.bucketUs;
    this.#endUs = Math.min(this.#query.toUs, this.#query.fromUs + (this.#bucket + 1) * this.#query.bucketUs);
    this.#count = this.#sum = this.#areaUs = this.#knownUs = this.#durationUs = 0;
    this.#min = this.#max = this.#first = this.#last = Number.NaN;
    if (this.#filled === PART) this.#finish();
  }

  #result(aggregate: Aggregate): number {
    if (aggregate === 'min') return this.#min;
    if (aggregate === 'max') return this.#max;
    if (aggregate === 'mean') return this.#sum / this.#count;
    if (aggregate === 'timeMean') return this.#areaUs / this.#knownUs;
    if (aggregate === 'first') return this.#first;
    if (aggregate === 'last') return this.#last;
    if (aggregate === 'count') return this.#count;
    if (aggregate === 'sum') return this.#sum;
    return this.#durationUs;
  }

  #finish(): void {
    const { startUs, known, ...aggregates } = this.#columns;
    const cut = (column: Float64Array) => column.slice(0, this.#filled);
    this.#finished.push({
      tag: this.#tag,
      startUs: cut(startUs),
      known: cut(known),
      columns: Object.fromEntries(
        this.#query.aggregates.map((aggregate) => [aggregate, cut(aggregates[aggregate])]),
      ),
    });
    this.#filled = 0;
  }

  #newColumns(): Columns {
    const names = ['startUs', 'known', ...this.#query.aggregates];
    const { fromUs, toUs, bucketUs } = this.#query;
    const size = Math.min(PART, Math.ceil((toUs - fromUs) / bucketUs));
    return Object.fromEntries(names.map((name) => [name, new Float64Array(size)])) as Columns;
  }
}
