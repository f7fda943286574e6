import type { Pool } from 'pg';
import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { boundOutbox } from './outbox.ts';
import { type RetentionPolicy, removeOld } from './retention.ts';
import { SORT_POLICY, type SortPolicy, sortOne } from './sorter.ts';

export interface TelemetryKeeperPorts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_MS = 5000;
const BOUND_EVERY_US = 60e6;
const REMOVE_EVERY_US = 3_600e6;

/** Sorts what has come and removes what is too old, beside everything else; several hubs share the work. */
export class TelemetryKeeper implements AsyncDisposable {
  readonly #ports: TelemetryKeeperPorts;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #boundAtUs = 0;
  #removeAtUs = 0;
  #complaint: string | undefined;

  constructor(ports: TelemetryKeeperPorts, retention: RetentionPolicy, sorting: SortPolicy = SORT_POLICY) {
    this.#ports = ports;
    this.#loop = this.#run(retention, sorting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(retention: RetentionPolicy, sorting: SortPolicy): Promise<void> {
    const { clock } = this.#ports;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const failed = new Set<number>();
        while (!signal.aborted && (await this.#sortNext(sorting, failed)));
        await this.#bound();
        await this.#remove(retention);
        if (failed.size === 0) this.#complaint = undefined;
      } catch (error) {
        this.#complain(messageOf(error));
      }
      await clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  /** One journal that cannot be sorted holds up no other. @returns whether there may be more */
  async #sortNext(sorting: SortPolicy, failed: Set<number>): Promise<boolean> {
    const { size } = failed;
    try {
      return await sortOne(this.#ports.pool, sorting, failed);
    } catch (error) {
      if (failed.size === size) throw error;
      this.#complain(messageOf(error));
      return true;
    }
  }

  /** What waits for a stream outside. */
  async #bound(): Promise<void> {
    const { clock, log, pool } = this.#ports;
    if (clock.steadyUs() < this.#boundAtUs) return;
    const dropped = await boundOutbox(pool);
    this.#boundAtUs = clock.steadyUs() + BOUND_EVERY_US;
    if (dropped) log.error(dropped, 'too many samples wait to be passed on: the oldest are dropped');
  }

  async #remove(retention: RetentionPolicy): Promise<void> {
    const { clock, log, pool } = this.#ports;
    if (this.#stop.signal.aborted || clock.steadyUs() < this.#removeAtUs) return;
    const { days, events } = await removeOld(pool, retention);
    this.#removeAtUs = clock.steadyUs() + REMOVE_EVERY_US;
    if (days + events > 0)
      log.info({ days, events }, 'days of samples and events past their time were removed');
  }

  /** A database may be away for long: each reason once. */
  #complain(why: string): void {
    if (this.#complaint !== why)
      this.#ports.log.warn({ why }, 'samples are not sorted just now; they are safe as they came');
    this.#complaint = why;
  }
}
