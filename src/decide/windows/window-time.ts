import { at, type Batch } from '#kernel/batch.ts';

/**
 * Steady time of rows. The newest row of a batch is at the moment of its arrival; earlier rows of the same batch lie
 * as far before it as their source times say. The device's clock itself is never used: only distances within a batch
 * are, and never across the tag's previous row.
 */
export class WindowTime {
  readonly #lastUs: Float64Array;

  /** @param places as many tags as there are columns for */
  constructor(places: number) {
    this.#lastUs = new Float64Array(places).fill(Number.NEGATIVE_INFINITY);
  }

  /** Goes on where the earlier one is with the same tag. */
  adopt(place: number, earlier: WindowTime, before: number): void {
    this.#lastUs[place] = earlier.#lastUs[before] as number;
  }

  /** @param atUs arrival, steady. @param behindUs distance to the newest source time of the batch */
  of(place: number, atUs: number, behindUs: number): number {
    const timeUs = Math.max(atUs - Math.max(0, behindUs), this.#lastUs[place] as number);
    this.#lastUs[place] = timeUs;
    return timeUs;
  }
}

/** Newest source time of the rows. */
export function newestTimeUs(batch: Batch): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < batch.rows; i++) newest = Math.max(newest, at(batch.timeUs, i));
  return newest;
}
