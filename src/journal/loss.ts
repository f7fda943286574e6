import { at, type Batch } from '#kernel/batch.ts';
import type { Gap } from '#kernel/gap.ts';

/** Counts rows that found no room, until they can be told as one gap. Fixed memory. */
export class Loss {
  rows = 0;
  #fromUs = Number.POSITIVE_INFINITY;
  #toUs = Number.NEGATIVE_INFINITY;
  #tags = new Set<number>();

  add(batch: Batch): void {
    this.rows += batch.rows;
    for (let i = 0; i < batch.rows; i++) {
      this.#tags.add(at(batch.tag, i));
      const timeUs = at(batch.timeUs, i);
      if (timeUs < this.#fromUs) this.#fromUs = timeUs;
      if (timeUs > this.#toUs) this.#toUs = timeUs;
    }
  }

  take(): Gap | undefined {
    if (this.rows === 0) return undefined;
    const gap: Gap = {
      tags: [...this.#tags],
      fromUs: this.#fromUs,
      toUs: this.#toUs,
      count: this.rows,
      reason: 'disk-full',
    };
    this.rows = 0;
    this.#fromUs = Number.POSITIVE_INFINITY;
    this.#toUs = Number.NEGATIVE_INFINITY;
    this.#tags = new Set();
    return gap;
  }
}
