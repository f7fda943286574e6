import { allocBatch, type Batch } from '#kernel/batch.ts';
import { isBad, Quality } from '#kernel/quality.ts';

/**
 * Liveness is the age of data per tag, not the state of a socket: a tag that brought nothing for its time turns bad.
 * Ages are counted on the steady clock from arrival.
 */
export class Liveness {
  #staleAfterUs = new Float64Array(0);
  #seenUs = new Float64Array(0);
  /** 1 while the tag is bad already, by us or by its source, so that it is said once. */
  #silent = new Uint8Array(0);

  /** @param staleAfterUs Infinity for tags that speak only when something happens */
  watch(tag: number, staleAfterUs: number, nowUs: number): void {
    if (tag >= this.#seenUs.length) this.#grow(tag);
    this.#staleAfterUs[tag] = staleAfterUs;
    this.#seenUs[tag] = nowUs;
    this.#silent[tag] = 0;
  }

  /** Another time for a tag that is watched; its age goes on. */
  setStaleAfter(tag: number, staleAfterUs: number): void {
    this.#staleAfterUs[tag] = staleAfterUs;
  }

  /** Rows that arrived. History keeps nothing alive: it says what was, not that the tag speaks. */
  seen(batch: Batch, atUs: number): void {
    if (batch.late) return;
    for (let i = 0; i < batch.rows; i++) {
      const tag = batch.tag[i] as number;
      if (tag >= this.#seenUs.length) continue;
      this.#seenUs[tag] = atUs;
      // A bad row says itself what is wrong: nothing is left for us to say.
      this.#silent[tag] = isBad(batch.quality[i] as number) ? 1 : 0;
    }
  }

  /** Rows that turn those of the tags bad that have been silent too long; undefined when there are none. */
  overdue(tags: readonly number[], atUs: number, receivedUs: number): Batch | undefined {
    const due = tags.filter(
      (tag) =>
        !this.#silent[tag] && atUs - (this.#seenUs[tag] as number) > (this.#staleAfterUs[tag] as number),
    );
    return due.length === 0 ? undefined : this.#mark(due, Quality.badNoCommunication, receivedUs);
  }

  /** Rows that turn all of the tags bad at once: their source is gone. All must be watched. */
  lost(tags: readonly number[], receivedUs: number): Batch | undefined {
    const due = tags.filter((tag) => !this.#silent[tag]);
    return due.length === 0 ? undefined : this.#mark(due, Quality.badNotConnected, receivedUs);
  }

  #mark(tags: readonly number[], quality: number, receivedUs: number): Batch {
    const batch = allocBatch(tags.length, { receivedUs });
    batch.tag.set(tags);
    batch.timeUs.fill(receivedUs);
    batch.value.fill(Number.NaN);
    batch.quality.fill(quality);
    for (const tag of tags) this.#silent[tag] = 1;
    return batch;
  }

  #grow(tag: number): void {
    const size = Math.max(64, 2 ** Math.ceil(Math.log2(tag + 1)));
    const stale = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    stale.set(this.#staleAfterUs);
    const seen = new Float64Array(size);
    seen.set(this.#seenUs);
    const silent = new Uint8Array(size);
    silent.set(this.#silent);
    this.#staleAfterUs = stale;
    this.#seenUs = seen;
    this.#silent = silent;
  }
}
