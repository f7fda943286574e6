import type { GuardedTag } from '#guard/api.ts';
import type { Asker } from '#kernel/command.ts';
import type { Json } from '#kernel/event.ts';

/** A value held for a time; when the time is over the safe value is written. */
export interface Lease {
  readonly tag: GuardedTag & { readonly lease: NonNullable<GuardedTag['lease']> };
  readonly by: Asker;
  /** Steady time at which it ends; for a safe value that is owed, the time of the next attempt. */
  readonly untilUs: number;
  /** Attempts to write the safe value that came to nothing; above 0 nobody holds the tag any more. */
  readonly attempts: number;
  /** Why it ends, when that is not the time. */
  readonly ending?: string;
}

const FIRST_RETRY_US = 1e6;
const LAST_RETRY_US = 60e6;

export const isLeasable = (tag: GuardedTag): tag is Lease['tag'] => tag.lease !== undefined;
export const sameAsker = (a: Asker, b: Asker): boolean => a.kind === b.kind && a.name === b.name;

/** Leases by tag; at most one each. */
export class Leases {
  readonly #byTag = new Map<number, Lease>();

  /** Leases of an earlier run; those of tags that can no longer be leased are gone with their tag. */
  restore(kept: readonly LeaseSnapshot[], tags: Iterable<GuardedTag>): void {
    const byPath = new Map([...tags].map((tag) => [tag.path, tag]));
    for (const { path, by, untilUs, attempts } of kept) {
      const tag = byPath.get(path);
      if (tag && isLeasable(tag)) this.put({ tag, by, untilUs, attempts });
    }
  }

  /** Goes on under other limits of the tag; undefined or not leasable: nobody holds it any more. */
  move(lease: Lease, to: GuardedTag | undefined): void {
    if (to && isLeasable(to)) this.put({ ...lease, tag: to });
    else this.delete(lease.tag.tag);
  }

  get(tag: number): Lease | undefined {
    return this.#byTag.get(tag);
  }

  put(lease: Lease): void {
    this.#byTag.set(lease.tag.tag, lease);
  }

  delete(tag: number): void {
    this.#byTag.delete(tag);
  }

  /** The safe value did not get through: it is owed, and tried again after a pause that doubles up to a minute. */
  owe(lease: Lease, nowUs: number): void {
    const pauseUs = Math.min(FIRST_RETRY_US * 2 ** Math.min(lease.attempts, 10), LAST_RETRY_US);
    this.put({ ...lease, untilUs: nowUs + pauseUs, attempts: lease.attempts + 1 });
  }

  /** Ends a lease at once, whatever its time. */
  end(lease: Lease, nowUs: number, ending: string): void {
    this.put({ ...lease, untilUs: Math.min(lease.untilUs, nowUs), ending });
  }

  *[Symbol.iterator](): IterableIterator<Lease> {
    yield* [...this.#byTag.values()];
  }

  snapshot(): Json {
    return [...this.#byTag.values()].map(({ tag, by, untilUs, attempts }) => ({
      path: tag.path,
      by: { kind: by.kind, name: by.name },
      untilUs,
      attempts,
    }));
  }
}

export interface LeaseSnapshot {
  readonly path: string;
  readonly by: Asker;
  readonly untilUs: number;
  readonly attempts: number;
}
