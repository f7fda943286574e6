import { at, type Batch, pickRows } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Delivery } from '#plugin/api.ts';

export interface StaleTag {
  readonly tag: number;
  /** Whether the site still has it: what is left out of it is then a hole. */
  readonly kept: boolean;
}

/** Rows that arrived before a change wait in no inbox for longer than this; a wall clock may have been set back. */
const LONGEST_US = 2e6;

/**
 * Leaves out the rows of tags that were read under an earlier configuration: what the device keeps in that place, or
 * how it is scaled, is not what the tag means now. All other rows of the source pass untouched.
 */
export class StaleRows {
  readonly #source: string;
  readonly #clock: Clock;
  readonly #tags = new Map<number, StaleTag>();
  /** Arrival after which rows are new; undefined while the source still changes. */
  #endUs: number | undefined;
  #overUs = 0;

  constructor(source: string, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  get none(): boolean {
    return this.#tags.size === 0;
  }

  begin(tags: Iterable<StaleTag>): void {
    for (const one of tags) this.#tags.set(one.tag, one);
    this.#endUs = undefined;
  }

  /** The source reads as it should now: what arrives from here on counts. */
  end(): void {
    this.#endUs = this.#clock.nowUs();
    this.#overUs = this.#clock.steadyUs() + LONGEST_US;
  }

  without(delivery: Delivery): Delivery {
    const { batch } = delivery;
    if (this.#isOver(batch)) {
      this.#tags.clear();
      return delivery;
    }
    const keep = new Uint8Array(batch.rows).fill(1);
    const holes: number[] = [];
    for (let i = 0; i < batch.rows; i++) {
      const stale = this.#tags.get(at(batch.tag, i));
      if (!stale) continue;
      keep[i] = 0;
      if (stale.kept) holes.push(i);
    }
    if (!keep.includes(0)) return delivery;
    const gaps = [...(delivery.gaps ?? []), ...this.#gap(batch, holes)];
    return { ...delivery, batch: pickRows(batch, keep), ...(gaps.length > 0 && { gaps }) };
  }

  #isOver(batch: Batch): boolean {
    if (this.#endUs === undefined) return false;
    return batch.receivedUs > this.#endUs || this.#clock.steadyUs() > this.#overUs;
  }

  #gap(batch: Batch, rows: readonly number[]): Gap[] {
    if (rows.length === 0) return [];
    const times = rows.map((row) => at(batch.timeUs, row));
    return [
      {
        source: this.#source,
        tags: [...new Set(rows.map((row) => at(batch.tag, row)))],
        fromUs: Math.min(...times),
        toUs: Math.max(...times),
        count: rows.length,
        reason: 'config-changed',
      },
    ];
  }
}
