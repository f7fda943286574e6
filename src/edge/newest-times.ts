import type { Item } from '#journal/api.ts';
import { at, type Batch } from '#kernel/batch.ts';

/** A device whose clock is further ahead than this would make all that is sent again look old. */
const MOST_AHEAD_US = 5e6;

/**
 * The newest source time that was taken of each tag, so that what a peer sends again is known. Rows that carry the time
 * of their arrival say nothing. Those of earlier runs are read from the end of the journal when they are first asked
 * for: start-up does not wait for it, and only peers that send again ever ask.
 */
export class NewestTimes {
  #newestUs = new Float64Array(0);
  #earlier: (() => Iterable<Item>) | undefined;
  readonly #onFault: (error: unknown) => void;

  /**
   * @param earlier the last entries of earlier runs
   * @param onFault told where they cannot be read
   */
  constructor(earlier: () => Iterable<Item>, onFault: (error: unknown) => void) {
    this.#earlier = earlier;
    this.#onFault = onFault;
  }

  take(batch: Batch): void {
    for (let i = 0; i < batch.rows; i++) {
      const timeUs = at(batch.timeUs, i);
      if (timeUs === batch.receivedUs || timeUs > batch.receivedUs + MOST_AHEAD_US) continue;
      const tag = at(batch.tag, i);
      if (tag >= this.#newestUs.length) this.#grow(tag);
      if (timeUs > at(this.#newestUs, tag)) this.#newestUs[tag] = timeUs;
    }
  }

  /** µs since 1970; 0 when there was none. */
  of(tag: number): number {
    const earlier = this.#earlier;
    this.#earlier = undefined;
    if (earlier) this.#read(earlier);
    return this.#newestUs[tag] ?? 0;
  }

  /** A journal that cannot be read ends no session: then rows are kept twice rather than not taken. */
  #read(earlier: () => Iterable<Item>): void {
    try {
      for (const item of earlier()) {
        if (item.kind === 'batch' && !item.mark.derived) this.take(item.batch);
      }
    } catch (error) {
      this.#onFault(error);
    }
  }

  #grow(tag: number): void {
    const wider = new Float64Array(Math.max(64, 2 ** Math.ceil(Math.log2(tag + 1))));
    wider.set(this.#newestUs);
    this.#newestUs = wider;
  }
}
