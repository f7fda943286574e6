import type { Pool, PoolClient } from 'pg';
import type { NatsSettings } from '#contract/hub-file.ts';
import { Backoff } from '#kernel/backoff.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { inTransaction } from '../database/transaction.ts';
import { passJournal } from './journal.ts';
import { StreamLink } from './link.ts';
import { addPositions, type Due, type Moved, putMoved, takeDue, waitingOf } from './tables.ts';

export interface PasserPorts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** The stream stands further back than it did, and what was between cannot be given to it again. */
  wentBack?(site: string, detail: { readonly [key: string]: number }): void;
}

const LOOK_MS = 500;
/** Journals of which messages are under way at once. */
const AT_ONCE = 16;

/**
 * Passes the samples of all sites on to a stream, beside everything else; several hubs share the work. What a hub that was
 * killed had passed on shows in the stream itself: a message is added only behind the one that its sender knows of.
 */
export class StreamPasser implements AsyncDisposable {
  readonly #ports: PasserPorts;
  readonly #settings: NatsSettings;
  readonly #stop = new AbortController();
  readonly #paths = new Map<number, Map<number, string>>();
  readonly #loop: Promise<void>;
  #link: StreamLink | undefined;
  #complaint: string | undefined;

  constructor(settings: NatsSettings, ports: PasserPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#link?.[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { clock, pool } = this.#ports;
    const { signal } = this.#stop;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        this.#link ??= await StreamLink.open(this.#settings);
        await addPositions(pool);
        while (!signal.aborted && (await this.#round(this.#link)));
        backoff.reset();
        await clock.sleep(LOOK_MS, signal).catch(() => {});
      } catch (error) {
        this.#complain(messageOf(error));
        await clock.sleep(backoff.nextMs(), signal).catch(() => {});
      }
    }
  }

  /** @returns whether something was passed on @throws what ended all of it: no server, no database */
  async #round(link: StreamLink): Promise<boolean> {
    const round = await inTransaction(this.#ports.pool, async (client) => {
      const due = await takeDue(client);
      if (due.length === 0) return 'nothing' as const;
      const { moved, failed } = await this.#pass(client, link, due);
      await putMoved(client, moved);
      return { failed };
    });
    if (round === 'nothing') {
      this.#complaint = undefined;
      return false;
    }
    // What is wrong with one journal is no reason to wait with the others.
    if (round.failed instanceof Fault) this.#complain(round.failed.message);
    else if (round.failed !== undefined) throw round.failed;
    return round.failed === undefined;
  }

  /** Each journal for itself: what one of them has passed on is kept, whatever becomes of the others. */
  async #pass(client: PoolClient, link: StreamLink, due: readonly Due[]) {
    const waiting = await waitingOf(client, due);
    const moved: Moved[] = [];
    let failed: unknown;
    const ports = { pool: this.#ports.pool, link, subject: this.#settings.subject, paths: this.#paths };
    const queue = due.values();
    const work = async (): Promise<void> => {
      for (const one of queue) {
        if (failed !== undefined && !(failed instanceof Fault)) return;
        const done = await passJournal(ports, one, waiting.get(one.journal) ?? []);
        moved.push(done.moved);
        if (done.lost) this.#ports.wentBack?.(one.site, done.lost);
        failed ??= done.failed;
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, due.length) }, work));
    return { moved, failed };
  }

  /** Servers may be away for long: each reason once. */
  #complain(why: string): void {
    if (this.#complaint !== why && !this.#stop.signal.aborted)
      this.#ports.log.warn({ why }, 'samples are not passed on just now; they wait here');
    this.#complaint = why;
  }
}
