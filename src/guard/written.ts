import type { GuardedTag } from '#guard/api.ts';
import type { Present } from '#guard/present.ts';
import type { Value } from '#kernel/batch.ts';

interface Last {
  readonly value: number | Value | undefined;
  readonly atUs: number;
  /** Rows of the tag and of its feedback when the source answered: later ones know of the write. */
  readonly rows: ReadonlyMap<number, number>;
  /** The write before this one, without its own. */
  readonly before: Last | undefined;
}

/** The last write that left for each tag: what step and rate are measured from until the plant shows it. */
export class Written {
  readonly #last = new Map<number, Last>();

  left(tag: GuardedTag, value: number | Value, atUs: number): void {
    const last = this.#last.get(tag.tag);
    const before = last && { ...last, before: undefined };
    this.#last.set(tag.tag, { value, atUs, rows: new Map(), before });
  }

  answered(tag: GuardedTag, present: Present): void {
    const last = this.#last.get(tag.tag);
    const shownOn = tag.feedback ? [tag.tag, tag.feedback.tag] : [tag.tag];
    const rows = new Map(shownOn.map((shown) => [shown, present.rowsOf(shown)]));
    if (last) this.#last.set(tag.tag, { ...last, rows });
  }

  /** The device did not take it: the write before counts again, though the time does not go back. */
  neverTook(tag: number): void {
    const last = this.#last.get(tag);
    if (last)
      this.#last.set(tag, { ...last, value: undefined, ...last.before, atUs: last.atUs, before: undefined });
  }

  /** What was written means nothing any more; when it was goes on to count. */
  forget(tag: number): void {
    const last = this.#last.get(tag);
    if (last) this.#last.set(tag, { value: undefined, atUs: last.atUs, rows: new Map(), before: undefined });
  }

  /** The value last written, while no row on `shownOn` has come since. */
  unseen(tag: number, shownOn: number, present: Present): number | Value | undefined {
    const last = this.#last.get(tag);
    if (!last) return undefined;
    const rows = last.rows.get(shownOn);
    return rows === undefined || present.rowsOf(shownOn) <= rows ? last.value : undefined;
  }

  sinceUs(tag: number, nowUs: number): number {
    const last = this.#last.get(tag);
    return last ? nowUs - last.atUs : Number.POSITIVE_INFINITY;
  }
}
