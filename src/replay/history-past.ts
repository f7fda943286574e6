import type { Item } from '#journal/api.ts';
import { type Batch, BatchCutter, type Wide } from '#kernel/batch.ts';
import type { TagTable } from '#kernel/tag-table.ts';
import type { Past } from '#replay/run.ts';

/** Rows of several tags in the order of time, as a historian gives them; `place` is that of the tag among those asked for. */
export interface RowsInOrder {
  readonly place: Uint32Array;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly quality: Uint16Array;
  readonly wide?: Wide;
}

/** What a replay needs of a historian. */
export interface HistoryRows {
  /** Every sample of the tags in a half-open span by its time; no part ends between two rows of one time. */
  inOrder(
    tags: readonly string[],
    span: { readonly fromUs: number; readonly toUs: number },
  ): AsyncIterable<RowsInOrder>;
}

export interface HistorySpan {
  /** Of the tags, those that the historian has. */
  readonly paths: readonly string[];
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * The rows of a historian in the order of their source times, as if each had arrived at its own. A historian knows
 * neither arrivals, ticks nor acts of people: what rests on those is not found exactly as it was. Rows of one time are
 * one batch, because a device that stamps them alike has read them together.
 *
 * @param table gives numbers to the tags
 */
export const historyPast = (
  history: HistoryRows,
  table: TagTable,
  { paths, ...span }: HistorySpan,
): Past => ({
  async *parts(): AsyncIterable<Iterable<Item>> {
    const numbers = Uint32Array.from(paths, (path) => table.number(path));
    let seq = 0;
    for await (const { place, ...columns } of history.inOrder(paths, span)) {
      const rows = place.length;
      const tag = new Uint32Array(rows);
      for (let i = 0; i < rows; i++) tag[i] = numbers[place[i] as number] as number;
      yield batches({ ...columns, rows, tag, receivedUs: 0, late: false }, seq);
      seq += rows;
    }
  },
});

/** A batch for each time. */
function* batches(all: Batch, seqBefore: number): Iterable<Item> {
  const { rows, timeUs } = all;
  const cutter = new BatchCutter(all);
  for (let from = 0, to = 0; from < rows; from = to) {
    const atUs = timeUs[from] as number;
    for (to = from + 1; to < rows && timeUs[to] === atUs; ) to++;
    const batch = cutter.take(to - from, atUs);
    yield { kind: 'batch', seq: seqBefore + from + 1, batch, mark: { source: 'history', atUs } };
  }
}
