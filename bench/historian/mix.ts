import { allocBatch, type Batch } from '#kernel/batch.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

/* Many tags as a plant has them, each with a sample a step: what a site of some size keeps. */

export const START_US = 1_790_000_000_000_000;

export const pathOf = (tag: number): string => `area${tag % 40}/line${tag % 200}/asset${tag}/value`;
export const infoOf = (tag: number): TagInfo => ({ path: pathOf(tag), type: 'number', access: 'read' });

let seed = 42;
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

/** Walks from sample to sample of each tag. Of ten tags: five with two decimals, two with one, a single float, a counter, a state. */
export class Mix {
  readonly #level: Float64Array;

  constructor(tags: number) {
    this.#level = Float64Array.from({ length: tags }, () => 20 + 60 * random());
  }

  next(tag: number): number {
    const level = (this.#level[tag] as number) + (random() - 0.5) * 0.4;
    this.#level[tag] = level;
    const kind = tag % 10;
    if (kind < 5) return Math.round(level * 100) / 100;
    if (kind < 7) return Math.round(level * 10) / 10;
    if (kind === 7) return Math.fround(level);
    if (kind === 8) return Math.floor(level * 1000);
    return level > 50 ? 1 : 0;
  }

  /**
   * Steps `from` to `to` of some tags, tag by tag, up to 10 ms behind the step; `batch.tag` is the place in `tags`.
   */
  batch(tags: readonly number[], [from, to]: readonly [number, number], stepUs: number): Batch {
    const each = to - from;
    const batch = allocBatch(tags.length * each, { receivedUs: START_US + to * stepUs });
    let row = 0;
    for (const [place, tag] of tags.entries()) {
      for (let step = from; step < to; step++, row++) {
        batch.tag[row] = place;
        batch.timeUs[row] = START_US + step * stepUs + Math.floor(random() * 10) * 1000;
        batch.value[row] = this.next(tag);
        batch.quality[row] = random() < 0.0005 ? 0x8000 : 0;
      }
    }
    return batch;
  }
}
