import type { SinkStatus } from '#contract/api.ts';
import { DrainRate } from '#edge/drain-rate.ts';
import type { Feed, Journal } from '#journal/api.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Entry } from '#plugin/api.ts';

const COUNT_EVERY_US = 2_000_000;

/** What a sink has still to deliver: counted now and then by the feed, carried on in between by what came and went. */
export class Backlog {
  readonly #feed: Feed;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #rate = new DrainRate();
  /** Rows behind the position when they were counted, and all rows durable by then. */
  #counted = 0;
  #durableThen = 0;
  #countedAtUs = Number.NEGATIVE_INFINITY;
  #gone = 0;

  constructor(feed: Feed, journal: Journal, clock: Clock) {
    this.#feed = feed;
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Rows of the journal that the sink is done with. */
  went(rows: number): void {
    this.#gone += rows;
    this.#counted -= rows;
    this.#rate.sample(this.#clock.steadyUs(), this.#gone, this.#durable);
  }

  /** Counts anew when that is due; quotas may have removed what was not delivered. Never fails. */
  async count(position: number): Promise<void> {
    const nowUs = this.#clock.steadyUs();
    if (nowUs - this.#countedAtUs < COUNT_EVERY_US) return;
    this.#countedAtUs = nowUs;
    const gone = this.#gone;
    const durable = this.#durable;
    try {
      const rows = await this.#feed.rowsAfter(position);
      this.#counted = rows - (this.#gone - gone);
      this.#durableThen = durable;
    } catch {
      // Whoever reads meets the same fault and tells of it.
    }
  }

  /** @param oldest the first entry not yet delivered, where it has been read */
  status(oldest: Entry | undefined): Pick<SinkStatus, 'backlog' | 'rowsPerS' | 'emptyInS'> {
    const rows = Math.max(0, this.#counted + this.#durable - this.#durableThen);
    const ageMs = oldest && Math.max(0, Math.round((this.#clock.nowUs() - oldest.batch.receivedUs) / 1000));
    const atUs = this.#clock.steadyUs();
    this.#rate.sample(atUs, this.#gone, this.#durable);
    return { backlog: { rows, ageMs }, ...this.#rate.read(atUs, this.#gone, this.#durable, rows) };
  }

  get #durable(): number {
    return this.#journal.health.durableRows;
  }
}
