import type { SiteEvent } from '#kernel/event.ts';

export interface Numbered {
  /** Counts the events of this run. */
  readonly id: number;
  /** In the journal; rises, with holes. */
  readonly seq: number;
  readonly event: SiteEvent;
}

/** The last events in memory, for the live stream and the console; the journal has all of them. */
export class RecentEvents {
  readonly #kept: Numbered[] = [];
  readonly #most: number;
  readonly #listeners: ((event: SiteEvent) => void)[] = [];
  #count = 0;

  constructor(most = 500) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  add(event: SiteEvent, seq: number): void {
    this.#kept.push({ id: ++this.#count, seq, event });
    if (this.#kept.length > this.#most) this.#kept.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Told of each event as it is added. */
  listen(listener: (event: SiteEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** The newest ones, oldest first. */
  last(limit: number): readonly Numbered[] {
    return this.#kept.slice(-limit);
  }

  /** Those that follow, oldest first: whoever asks again with the last id misses none that is still kept. */
  after(id: number, limit: number): readonly Numbered[] {
    const oldest = this.#count - this.#kept.length;
    const from = Math.max(0, id - oldest);
    return this.#kept.slice(from, from + limit);
  }
}
