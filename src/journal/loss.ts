import { at, type Batch } from '#kernel/batch.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Gap, GapReason } from '#kernel/gap.ts';
import { addCount, hourOf, type TagCounts } from './tag-counts.ts';

/** What each fault of the journal means for rows that found no room meanwhile. */
const REASONS: { readonly [code: string]: GapReason } = {
  'journal.full': 'disk-full',
  'journal.read-only': 'disk-read-only',
  'journal.stalled': 'disk-stalled',
  'journal.worker-lost': 'journal-restarting',
};

/** A gap, and of which tags its rows were, by hour of arrival. */
export interface LostRows {
  readonly gap: Gap;
  readonly counts: ReadonlyMap<number, TagCounts>;
}

/** Counts rows that found no room, until they can be told as gaps, one a reason. Fixed memory but for the tags. */
export class Loss {
  readonly #held = new Map<GapReason, Held>();
  #reason: GapReason | undefined;

  /** Reasons for which rows are held. */
  get size(): number {
    return this.#held.size;
  }

  /**
   * Why rows find no room now. What a fault has dammed up is still its doing after it is over, until {@link drained}.
   * @param fault the present one of the journal
   */
  reason(fault: Fault | undefined): GapReason {
    if (fault) this.#reason = REASONS[fault.code] ?? 'disk-failing';
    return this.#reason ?? 'too-fast';
  }

  /** There is room again: what is refused from here on has a cause of its own. */
  drained(): void {
    this.#reason = undefined;
  }

  add(batch: Batch, reason: GapReason): void {
    const held = this.#held.get(reason) ?? new Held();
    this.#held.set(reason, held);
    held.add(batch);
  }

  take(): readonly LostRows[] {
    const gaps = [...this.#held].map(([reason, held]) => ({ gap: held.gap(reason), counts: held.counts }));
    this.#held.clear();
    return gaps;
  }
}

class Held {
  #rows = 0;
  #fromUs = Number.POSITIVE_INFINITY;
  #toUs = Number.NEGATIVE_INFINITY;
  readonly counts = new Map<number, TagCounts>();

  add(batch: Batch): void {
    this.#rows += batch.rows;
    const hourUs = hourOf(batch.receivedUs);
    const counts: TagCounts = this.counts.get(hourUs) ?? new Map();
    this.counts.set(hourUs, counts);
    for (let i = 0; i < batch.rows; i++) {
      addCount(counts, at(batch.tag, i), 1);
      const timeUs = at(batch.timeUs, i);
      if (timeUs < this.#fromUs) this.#fromUs = timeUs;
      if (timeUs > this.#toUs) this.#toUs = timeUs;
    }
  }

  gap(reason: GapReason): Gap {
    const tags = new Set([...this.counts.values()].flatMap((counts) => [...counts.keys()]));
    return { tags: [...tags], fromUs: this.#fromUs, toUs: this.#toUs, count: this.#rows, reason };
  }
}
