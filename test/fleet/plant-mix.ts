import { allocBatch, at, type Batch } from '#kernel/batch.ts';

export const TAGS = 1000;

/** A mix as a plant gives it: decimals with noise, single floats, counters, states, most qualities good. */
export function plant(
  batches: number,
  of: number,
  { tags = TAGS, fromUs = 1_790_000_000_000_000 }: { readonly tags?: number; readonly fromUs?: number } = {},
): Batch[] {
  let seed = 42;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const level = Float64Array.from({ length: tags }, () => 20 + 60 * random());
  return Array.from({ length: batches }, (_, b) => {
    const nowUs = fromUs + b * 1_000_000;
    const batch = allocBatch(of, { receivedUs: nowUs });
    for (let i = 0; i < of; i++) {
      const tag = (b * of + i) % tags;
      const moved = at(level, tag) + (random() - 0.5) * 0.4;
      level[tag] = moved;
      batch.tag[i] = tag;
      batch.timeUs[i] = nowUs - Math.floor(random() * 3) * 1000;
      batch.value[i] = reading(tag % 10, moved, b, random);
      batch.quality[i] = random() < 0.002 ? 0x4094 : 0;
    }
    return batch;
  });
}

/** Of ten tags: five with two decimals, two with one, a single float, a counter, a state. */
function reading(kind: number, level: number, step: number, random: () => number): number {
  if (kind < 5) return Math.round(level * 100) / 100;
  if (kind < 7) return Math.round(level * 10) / 10;
  if (kind === 7) return Math.fround(level);
  if (kind === 8) return step * 3 + Math.floor(random() * 2);
  return level > 50 ? 1 : 0;
}
