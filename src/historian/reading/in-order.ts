import type { InOrder, Span } from '../api.ts';
import type { Past } from './past.ts';
import { Slice } from './slice.ts';

/** Rows of all tags read at once, about: 72 MB. Fewer would have each chunk opened more often. */
const SLICE_ROWS = 4_000_000;
const FIRST_SLICE_US = 60e6;
const SHORTEST_SLICE_US = 1e6;
const LONGEST_SLICE_US = 7 * 86_400e6;
/** From one slice to the next: what was a calm night may be followed by a busy day. */
const MOST_GROWTH = 8;
/** Rows read between two turns of others. */
const ROWS_A_TURN = 32_768;
/** Looking up a tag takes as long as reading so many rows. */
const ROWS_A_TAG = 256;

/** The rows of all tags in the order of time; undefined now and then, so that others get their turn. */
export function* inOrderOf(
  past: Past,
  tags: readonly string[],
  { fromUs, toUs }: Span,
): Iterable<InOrder | undefined> {
  const slice = new Slice();
  let sliceUs = FIRST_SLICE_US;
  for (let from = fromUs; from < toUs; ) {
    const to = Math.min(from + sliceUs, toUs);
    slice.clear();
    yield* tagByTag(past, tags, (tag, place) => {
      const before = slice.rows;
      for (const stretch of past.stretches(tag, from, to)) {
        for (const part of stretch.parts()) slice.add(place, part.glance());
      }
      return slice.rows - before;
    });
    if (slice.rows > 0) {
      yield* slice.inOrder();
      from = to;
    } else from = yield* firstUs(past, tags, { fromUs: to, toUs });
    const growth = Math.min(SLICE_ROWS / Math.max(slice.rows, 1), MOST_GROWTH);
    sliceUs = Math.min(Math.max(Math.round(sliceUs * growth), SHORTEST_SLICE_US), LONGEST_SLICE_US);
  }
}

/** No row of the span is earlier: a clock that once said 1970 must not cost a slice for every week since. */
function* firstUs(past: Past, tags: readonly string[], { fromUs, toUs }: Span): Generator<undefined, number> {
  let first = toUs;
  yield* tagByTag(past, tags, (tag) => {
    first = Math.min(first, past.extent(tag, fromUs, toUs).fromUs);
    return 0;
  });
  return first;
}

/** @param work @returns rows that it has read */
function* tagByTag(
  past: Past,
  tags: readonly string[],
  work: (tag: string, place: number) => number,
): Iterable<undefined> {
  for (let place = 0; place < tags.length; ) {
    past.together(() => {
      for (let read = 0; place < tags.length && read < ROWS_A_TURN; place++)
        read += ROWS_A_TAG + work(tags[place] as string, place);
    });
    yield undefined;
  }
}
