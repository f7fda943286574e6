import type { SiteEvent } from '#kernel/event.ts';

export interface Numbered {
  readonly id: number;
  readonly event: SiteEvent;
}

/** The last events in memory, for the live stream and the console; the journal has all of them. */
export class RecentEvents {
  readonly #kept: Numbered[] = [];
  readonly #listeners = new Set<(numbered: Numbered) => void>();
  readonly #most: number;
  #count = 0;

  constructor(most = 500) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  add(event: SiteEvent): void {
    const numbered = { id: ++this.#count, event };
    this.#kept.push(numbered);
    if (this.#kept.length > this.#most) this.#kept.shift();
    for (const tell of this.#listeners) tell(numbered);
  }

  after(id: number, limit: number): readonly Numbered[] {
    return this.#kept.filter((numbered) => numbered.id > id).slice(-limit);
  }

  listen(tell: (numbered: Numbered) => void): () => void {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }
}
