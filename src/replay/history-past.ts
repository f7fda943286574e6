import type { Item } from '#journal/api.ts';
import type { Batch } from '#kernel/batch.ts';
import type { TagTable } from '#kernel/tag-table.ts';
import type { Past } from '#replay/run.ts';

/** Part of a series in the order of time, as a historian gives it. */
export interface SeriesRows {
  readonly tag: string;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint16Array;
  readonly wide?: Batch['wide'];
}

/** What a replay needs of a historian: every sample of the tags in a half-open span, tag by tag. */
export interface HistoryRows {
  raw(
    tags: readonly string[],
    span: { readonly fromUs: number; readonly toUs: number },
  ): AsyncIterable<SeriesRows>;
}

export interface HistorySpan {
  /** Of the tags, those that the historian has. */
  readonly paths: readonly string[];
  readonly fromUs: number;
  readonly toUs: number;
  /** Read and put in order at once; the whole past need not fit into memory. */
  readonly sliceUs?: number;
}

/** At 10,000 samples a second 6 million rows. */
const SLICE_US = 600e6;

/**
 * The rows of a historian in the order of their source times, as if each had arrived at its own. A historian knows
 * neither arrivals, ticks nor acts of people: what rests on those is not found exactly as it was. Rows of one time are
 * one batch, because a device that stamps them alike has read them together.
 *
 * @param table gives numbers to the tags
 */
export const historyPast = (history: HistoryRows, table: TagTable, span: HistorySpan): Past => ({
  async *parts(): AsyncIterable<Iterable<Item>> {
    const { paths, fromUs, toUs, sliceUs = SLICE_US } = span;
    let seq = 0;
    for (let from = fromUs; from < toUs; from += sliceUs) {
      const slice = { fromUs: from, toUs: Math.min(from + sliceUs, toUs) };
      const rows = inOrder(await gathered(history.raw(paths, slice), table));
      yield batches(rows, seq);
      seq += rows.rows;
    }
  },
});

async function gathered(series: AsyncIterable<SeriesRows>, table: TagTable): Promise<Batch> {
  const parts: SeriesRows[] = [];
  let rows = 0;
  for await (const part of series) {
    parts.push(part);
    rows += part.timeUs.length;
  }
  const all = {
    rows,
    tag: new Uint32Array(rows),
    timeUs: new Float64Array(rows),
    value: new Float64Array(rows),
    quality: new Uint16Array(rows),
    receivedUs: 0,
    late: false,
  };
  const wideRows: number[] = [];
  const wideValues: NonNullable<Batch['wide']>['value'][number][] = [];
  let at = 0;
  for (const { tag, timeUs, value, quality, wide } of parts) {
    all.tag.fill(table.number(tag), at, at + timeUs.length);
    all.timeUs.set(timeUs, at);
    all.value.set(value, at);
    all.quality.set(quality, at);
    for (const [i, one] of wide?.value.entries() ?? []) {
      wideRows.push(at + (wide?.row[i] as number));
      wideValues.push(one);
    }
    at += timeUs.length;
  }
  return wideRows.length === 0
    ? all
    : { ...all, wide: { row: Uint32Array.from(wideRows), value: wideValues } };
}

/** Rows by time; those of one time in the order of their tags, and of one tag in the order in which they came. */
function inOrder(all: Batch): Batch {
  const { rows, timeUs } = all;
  const order = orderOf(timeUs);
  const sorted = {
    ...all,
    tag: new Uint32Array(rows),
    timeUs: new Float64Array(rows),
    value: new Float64Array(rows),
    quality: new Uint16Array(rows),
  };
  const place = new Uint32Array(all.wide ? rows : 0);
  for (let i = 0; i < rows; i++) {
    const from = order[i] as number;
    sorted.tag[i] = all.tag[from] as number;
    sorted.timeUs[i] = timeUs[from] as number;
    sorted.value[i] = all.value[from] as number;
    sorted.quality[i] = all.quality[from] as number;
    if (all.wide) place[from] = i;
  }
  return all.wide ? { ...sorted, wide: moved(all.wide, place) } : sorted;
}

const DIGIT = 2048;

/** Radix sort, lowest digit first: stable, and several times as quick as comparing. Times are whole µs. */
function orderOf(timeUs: Float64Array): Uint32Array {
  const rows = timeUs.length;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < rows; i++) {
    const time = timeUs[i] as number;
    if (time < first) first = time;
    if (time > last) last = time;
  }
  let from = new Uint32Array(rows);
  let into = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) from[i] = i;
  const digits = new Uint16Array(rows);
  const place = new Uint32Array(DIGIT + 1);
  for (let unit = 1; unit <= last - first; unit *= DIGIT) {
    place.fill(0);
    for (let i = 0; i < rows; i++) {
      const digit = Math.floor(((timeUs[i] as number) - first) / unit) % DIGIT;
      digits[i] = digit;
      (place[digit + 1] as number)++;
    }
    for (let d = 1; d <= DIGIT; d++) (place[d] as number) += place[d - 1] as number;
    for (let i = 0; i < rows; i++) {
      const row = from[i] as number;
      into[(place[digits[row] as number] as number)++] = row;
    }
    [from, into] = [into, from];
  }
  return from;
}

function moved(wide: NonNullable<Batch['wide']>, place: Uint32Array): NonNullable<Batch['wide']> {
  const pairs = wide.value.map((value, i) => ({ row: place[wide.row[i] as number] as number, value }));
  pairs.sort((a, b) => a.row - b.row);
  return { row: Uint32Array.from(pairs, ({ row }) => row), value: pairs.map(({ value }) => value) };
}

/** A batch for each time: views of the columns, no copies. */
function* batches(all: Batch, seqBefore: number): Iterable<Item> {
  const { rows, timeUs, wide } = all;
  let wideFrom = 0;
  for (let from = 0, to = 0; from < rows; from = to) {
    const atUs = timeUs[from] as number;
    for (to = from + 1; to < rows && timeUs[to] === atUs; ) to++;
    const wideStart = wideFrom;
    while (wide && wideFrom < wide.row.length && (wide.row[wideFrom] as number) < to) wideFrom++;
    const batch: Batch = {
      rows: to - from,
      tag: all.tag.subarray(from, to),
      timeUs: timeUs.subarray(from, to),
      value: all.value.subarray(from, to),
      quality: all.quality.subarray(from, to),
      receivedUs: atUs,
      late: false,
      ...(wide &&
        wideFrom > wideStart && {
          wide: {
            row: wide.row.slice(wideStart, wideFrom).map((row) => row - from),
            value: wide.value.slice(wideStart, wideFrom),
          },
        }),
    };
    yield { kind: 'batch', seq: seqBefore + from + 1, batch, mark: { source: 'history', atUs } };
  }
}
