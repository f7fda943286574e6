import type { Pool } from 'pg';
import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { Labels } from '../database/tables.ts';
import { inTransaction } from '../database/transaction.ts';
import { choices, chosenAt, type KeptChoice } from './choice.ts';
import { copyJournal } from './copy.ts';
import { fill } from './fill.ts';

export interface RowsKeeperPorts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_MS = 2000;

/** Copies chosen tags to plain rows, some seconds after they came; several hubs share the work. */
export class RowsKeeper implements AsyncDisposable {
  readonly #ports: RowsKeeperPorts;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #complaint: string | undefined;

  constructor(ports: RowsKeeperPorts) {
    this.#ports = ports;
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, pool } = this.#ports;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const all = await choices(pool);
        const failed = all.length > 0 && (await this.#copy(all));
        for (const choice of all) if (choice.fillFrom && !signal.aborted) await fill(pool, choice, signal);
        if (!failed) this.#complaint = undefined;
      } catch (error) {
        this.#complain(messageOf(error));
      }
      await clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  /** One journal that cannot be copied holds up no other. @returns whether there was one */
  async #copy(all: readonly KeptChoice[]): Promise<boolean> {
    const { rows } = await this.#ports.pool.query<{ journal: number; labels: Labels }>(
      `SELECT l.journal, s.labels FROM lane_positions l JOIN journals j ON j.id = l.journal JOIN sites s ON s.id = j.site
       LEFT JOIN row_positions r ON r.journal = l.journal
       WHERE l.lane = 2 AND l.position > coalesce(r.upto, 0)`,
    );
    let failed = false;
    for (const { journal, labels } of rows) {
      if (!chosenAt(all, labels)) continue;
      try {
        while (
          !this.#stop.signal.aborted &&
          (await inTransaction(this.#ports.pool, (client) => copyJournal(client, journal)))
        );
      } catch (error) {
        failed = true;
        this.#complain(messageOf(error));
      }
    }
    return failed;
  }

  #complain(why: string): void {
    if (this.#complaint !== why)
      this.#ports.log.warn(
        { why },
        'chosen tags are not copied to rows just now; they are safe as they came',
      );
    this.#complaint = why;
  }
}
