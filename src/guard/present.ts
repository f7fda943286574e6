import type { PresentOf } from '#guard/api.ts';
import { type Batch, type Value, wideAt } from '#kernel/batch.ts';
import { isGood, Quality } from '#kernel/quality.ts';

/** The newest row of a tag that the guard has to know. */
export interface Seen {
  readonly value: number | Value;
  readonly quality: number;
  /** Steady time of the decision step that brought it. */
  readonly atUs: number;
  /** Rows of this tag so far: tells a row that came after a write from one that was there before. */
  readonly rows: number;
}

/** Present values of the tags that limits and feedbacks refer to. */
export class Present {
  #watched = new Uint8Array(0);
  readonly #seen = new Map<number, Seen>();

  constructor(tags: readonly number[]) {
    this.#watch(tags);
  }

  /**
   * Watches other tags. What is watched already goes on; what is new starts with the row that `present` knows; the value
   * of what is `forgotten` is unknown until its next row.
   */
  reconfigure(tags: readonly number[], present: PresentOf, forgotten: ReadonlySet<number>): void {
    const before = this.#watched;
    this.#watch(tags);
    for (const tag of this.#seen.keys()) if (this.#watched[tag] !== 1) this.#seen.delete(tag);
    for (const tag of tags) {
      const seen = this.#seen.get(tag);
      // The count goes on: who counts rows must see that later ones are later.
      if (seen && forgotten.has(tag))
        this.#seen.set(tag, { ...seen, quality: Quality.badWaitingForInitialData });
      const row = before[tag] === 1 || forgotten.has(tag) ? undefined : present(tag);
      if (row) this.#seen.set(tag, { value: row.value, quality: row.quality, atUs: row.seenUs, rows: 1 });
    }
  }

  observe(batch: Batch, atUs: number): void {
    for (let i = 0; i < batch.rows; i++) {
      const tag = batch.tag[i] as number;
      if (this.#watched[tag] !== 1) continue;
      const wide = wideAt(batch, i);
      const value = wide === undefined ? (batch.value[i] as number) : wide;
      this.#seen.set(tag, { value, quality: batch.quality[i] as number, atUs, rows: this.rowsOf(tag) + 1 });
    }
  }

  #watch(tags: readonly number[]): void {
    this.#watched = new Uint8Array(tags.reduce((most, tag) => Math.max(most, tag + 1), 0));
    for (const tag of tags) this.#watched[tag] = 1;
  }

  rowsOf(tag: number): number {
    return this.#seen.get(tag)?.rows ?? 0;
  }

  /** The newest row if it is good and came after the first `rows` ones. */
  goodAfter(tag: number, rows: number): Seen | undefined {
    const seen = this.#seen.get(tag);
    return seen && seen.rows > rows && isGood(seen.quality) ? seen : undefined;
  }

  /**
   * The newest row if its value was really measured: good, or merely outside the engineering range. Substituted and
   * last usable values say nothing about the present.
   */
  measured(tag: number): Seen | undefined {
    const seen = this.#seen.get(tag);
    if (!seen) return undefined;
    return isGood(seen.quality) || seen.quality === Quality.uncertainRangeExceeded ? seen : undefined;
  }
}
