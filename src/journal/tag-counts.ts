import { ByteSink, ByteSource } from './bytes.ts';

/** Samples by tag number. */
export type TagCounts = Map<number, number>;

/** Stands for samples of which nobody knows the tag. */
export const NO_TAG = 2 ** 32;
export const HOUR_US = 3_600e6;

export const hourOf = (us: number): number => Math.floor(us / HOUR_US) * HOUR_US;

export function addCount(to: TagCounts, tag: number, count: number): void {
  to.set(tag, (to.get(tag) ?? 0) + count);
}

export function addCounts(to: TagCounts, more: ReadonlyMap<number, number>): void {
  for (const [tag, count] of more) addCount(to, tag, count);
}

export const total = (counts: ReadonlyMap<number, number>): number => {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
};

/** Ascending tags, each as the distance from the one before it, and its count: varints. */
export function writeCounts(counts: ReadonlyMap<number, number>): Uint8Array {
  const sink = new ByteSink(counts.size * 4 + 16);
  let last = 0;
  for (const [tag, count] of [...counts].sort(([a], [b]) => a - b)) {
    sink.varint(tag - last);
    sink.varint(count);
    last = tag;
  }
  return sink.bytes;
}

export function readCounts(body: Uint8Array): TagCounts {
  const source = new ByteSource(body);
  const counts: TagCounts = new Map();
  for (let tag = 0; source.left > 0; ) {
    tag += source.varint();
    counts.set(tag, source.varint());
  }
  return counts;
}
