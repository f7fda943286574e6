import type { Chunk } from '../format/chunk.ts';
import { copyRows, lowerBound, mergeRows, type Rows, spanOf } from '../format/rows.ts';
import type { ChunkSummary, Summary } from '../format/summary.ts';

/**
 * A part of a series: several follow each other in the order of time. What can be known without decoding is in its
 * summary; without one the rows must be looked at.
 */
export interface Stretch {
  readonly fromUs: number;
  /** No row is later. */
  readonly toUs: number;
  readonly count: number;
  readonly summary?: Summary;
  /** For a whole chunk. */
  readonly whole?: ChunkSummary;
  /** In memory of the caller's own. */
  rows(): Rows;
  /** As {@link rows}, valid until the next call for any stretch: for who copies them at once. */
  glance(): Rows;
  /** As {@link rows}, without wide values and valid until the next call for any stretch: for who keeps none of them. */
  peek(): Rows;
  /** Whether every quality is good, as far as that is known without decoding. */
  isGood(): boolean;
  /** Time of a row by its place; cheaper than decoding the values. */
  timeOf(row: number): number;
  /** Smaller stretches, for one whose summary says too little. */
  parts(): Iterable<Stretch>;
}

export function stretchOfRows(rows: Rows): Stretch {
  const count = rows.timeUs.length;
  const stretch: Stretch = {
    fromUs: rows.timeUs[0] ?? 0,
    toUs: rows.timeUs[count - 1] ?? 0,
    count,
    rows: () => copyRows(rows),
    glance: () => rows,
    peek: () => rows,
    isGood: () => false,
    timeOf: (row) => rows.timeUs[row] as number,
    parts: () => [stretch],
  };
  return stretch;
}

function blockStretch(chunk: Chunk, block: number): Stretch {
  const stretch: Stretch = {
    fromUs: chunk.firstUs(block),
    toUs: chunk.boundUs(block),
    count: chunk.rowsIn(block),
    summary: chunk.summaryOf(block),
    rows: () => chunk.read(block, block + 1),
    glance: () => (chunk.hasWide ? chunk.read(block, block + 1) : chunk.peek(block)),
    peek: () => chunk.peek(block),
    isGood: () => chunk.isGood(block),
    timeOf: (row) => chunk.timeAt(block, row),
    parts: () => [stretch],
  };
  return stretch;
}

function* blocksOf(chunk: Chunk): Iterable<Stretch> {
  for (let b = 0; b < chunk.blocks; b++) yield blockStretch(chunk, b);
}

function chunkStretch(chunk: Chunk): Stretch {
  return {
    fromUs: chunk.fromUs,
    toUs: chunk.toUs,
    count: chunk.rows,
    ...(chunk.summary && { summary: chunk.summary, whole: chunk.summary }),
    rows: () => chunk.read(),
    glance: () => chunk.read(),
    peek: () => chunk.read(),
    isGood: () => Array.from({ length: chunk.blocks }, (_, b) => chunk.isGood(b)).every(Boolean),
    timeOf: (row) => chunk.timeAt(row >>> 8, row & 0xff),
    parts: () => blocksOf(chunk),
  };
}

/**
 * One large chunk together with the rows of the same time that are elsewhere: a chunk that nothing falls into stays
 * whole, and so do the blocks that nothing falls into. Rows outside of from ≤ time < to are left out.
 * @param fresh rows from..to, none later than the chunk
 */
export function* stretchesOf(chunk: Chunk, fresh: Rows, fromUs: number, toUs: number): Iterable<Stretch> {
  const inside = chunk.fromUs >= fromUs && chunk.toUs < toUs;
  if (inside && fresh.timeUs.length === 0) {
    yield chunkStretch(chunk);
    return;
  }
  let left = fresh;
  for (let b = 0, end = 1; b < chunk.blocks; b = end, end++) {
    // Where a row falls on the border of two blocks, equal rows may be on both sides of it.
    while (end < chunk.blocks && hasTime(left, chunk.firstUs(end))) end++;
    const borderUs = end < chunk.blocks ? chunk.firstUs(end) : Number.POSITIVE_INFINITY;
    const among = spanOf(left, chunk.firstUs(b), borderUs);
    const before = spanOf(left, Number.NEGATIVE_INFINITY, chunk.firstUs(b));
    left = spanOf(left, borderUs, Number.POSITIVE_INFINITY);
    if (before.timeUs.length > 0) yield stretchOfRows(before);
    const boundUs = chunk.boundUs(end - 1);
    if (among.timeUs.length === 0 && (boundUs < fromUs || chunk.firstUs(b) >= toUs)) continue;
    if (among.timeUs.length === 0 && chunk.firstUs(b) >= fromUs && boundUs < toUs) {
      yield blockStretch(chunk, b);
      continue;
    }
    const rows = spanOf(mergeRows([chunk.read(b, end), among]), fromUs, toUs);
    if (rows.timeUs.length > 0) yield stretchOfRows(rows);
  }
}

const hasTime = ({ timeUs }: Rows, wantedUs: number): boolean =>
  timeUs[lowerBound(timeUs, wantedUs)] === wantedUs;
