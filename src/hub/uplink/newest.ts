import type { Pool, PoolClient } from 'pg';
import { Backoff } from '#kernel/backoff.ts';
import { Fault } from '#kernel/fault.ts';
import { carriedRows } from '#uplink/rows.ts';
import { inTransaction } from '../database/transaction.ts';
import { isOfContent } from '../database/trouble.ts';
import type { LiveWork, StretchWork } from './api.ts';
import { newestOf } from './content.ts';
import { JournalNewest, putNewest } from './newest-rows.ts';
import type { WriterPorts } from './writer.ts';

/** Between two transactions: what changes twice meanwhile is written once. */
const EVERY_US = 250_000;
/** Of one transaction, and one journal in any case. */
const MOST_ROWS = 20_000;
/** So many wait at most; then samples are not stored either until there is room. */
const MOST_WAITING = 400_000;

/**
 * Writes newest values behind the samples that hold them, so that no confirmation waits for thousands of rows: where a hub
 * is killed in between, {@link settleNewest} finds them again. What says only what is now, while a backlog comes, goes first.
 */
export class NewestWriter implements AsyncDisposable {
  readonly #ports: WriterPorts;
  readonly #stored: () => void;
  readonly #backoff = new Backoff();
  readonly #stop = new AbortController();
  /** In the order in which they began to wait. */
  readonly #waiting = new Map<number, JournalNewest>();
  /** Of these, where somebody waits for a confirmation. */
  readonly #awaited = new Set<number>();
  #rows = 0;
  #bytes = 0;
  #running: Promise<void> | undefined;
  #beganUs = Number.NEGATIVE_INFINITY;
  #room = Promise.withResolvers<void>();

  /** @param stored told whenever there is room again */
  constructor(ports: WriterPorts, stored: () => void) {
    this.#ports = ports;
    this.#stored = stored;
  }

  /** Of what is to be confirmed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Values of samples that are stored. */
  take(works: readonly StretchWork[]): void {
    for (const { journal, epoch, upTo, content } of works) {
      if (content.kind !== 'history') continue;
      this.#change(journal, (one) => {
        one.add(epoch, upTo, content.newest);
        one.reached(upTo);
      });
    }
  }

  add(work: LiveWork): void {
    this.#bytes += work.bytes;
    this.#change(work.journal, (one) => {
      one.add(work.epoch, work.stamp, work.values);
      one.live.push(work);
    });
    this.#awaited.add(work.journal);
  }

  /** Resolves once not too much waits. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#rows >= MOST_WAITING && !signal.aborted) await this.#room.promise;
  }

  /** What waits is tried once more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    while (this.#waiting.size > 0) if (!(await this.#write(this.#next()))) return;
  }

  #change(journal: number, change: (one: JournalNewest) => void): void {
    let one = this.#waiting.get(journal);
    if (!one) {
      one = new JournalNewest(journal);
      this.#waiting.set(journal, one);
    }
    const { rows } = one;
    change(one);
    this.#rows += one.rows - rows;
    if (!this.#running && !this.#stop.signal.aborted)
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
      });
  }

  async #run(): Promise<void> {
    const { clock } = this.#ports;
    const { signal } = this.#stop;
    while (this.#waiting.size > 0 && !signal.aborted) {
      const waitMs = (this.#beganUs + EVERY_US - clock.steadyUs()) / 1000;
      if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => {});
      if (signal.aborted) return;
      this.#beganUs = clock.steadyUs();
      if (await this.#write(this.#next())) this.#backoff.reset();
      else await clock.sleep(this.#backoff.nextMs(), signal).catch(() => {});
    }
  }

  #next(): JournalNewest[] {
    const taken: JournalNewest[] = [];
    let rows = 0;
    for (const journals of [this.#awaited, this.#waiting.keys()])
      for (const journal of journals) {
        const one = this.#waiting.get(journal);
        if (!one) continue;
        if (rows >= MOST_ROWS) return taken;
        this.#waiting.delete(journal);
        this.#awaited.delete(journal);
        rows += one.rows;
        taken.push(one);
      }
    return taken;
  }

  /** @returns false where the database takes nothing: it all waits again */
  async #write(all: readonly JournalNewest[]): Promise<boolean> {
    try {
      await inTransaction(this.#ports.pool, async (client) => {
        // Whoever loses the last moment with the power has the samples, and finds it again.
        await client.query('SET LOCAL synchronous_commit = off');
        await putNewest(client, all);
      });
      this.#done(all, 'stored');
      return true;
    } catch (error) {
      if (!isOfContent(error)) {
        for (const one of all) this.#again(one);
        return false;
      }
      const [only] = all;
      if (only && all.length === 1) this.#refused(only, error);
      else for (const one of all) if (!(await this.#write([one]))) return false;
      return true;
    }
  }

  #again(one: JournalNewest): void {
    this.#rows -= one.rows;
    this.#change(one.journal, (now) => now.absorb(one));
    if (one.live.length > 0) this.#awaited.add(one.journal);
  }

  /** One journal whose values cannot be stored holds up no other. */
  #refused(one: JournalNewest, error: unknown): void {
    const fault = Fault.from(error, 'uplink.not-stored', 'the database refuses newest values of the site');
    this.#ports.log.warn({ journal: one.journal, error: fault.message }, 'newest values are not stored');
    this.#done([one], fault);
  }

  #done(all: readonly JournalNewest[], result: 'stored' | Fault): void {
    for (const { rows, live } of all) {
      this.#rows -= rows;
      for (const work of live) {
        this.#bytes -= work.bytes;
        work.done(result);
      }
    }
    this.#room.resolve();
    this.#room = Promise.withResolvers();
    this.#stored();
  }
}

/**
 * Finds the newest values in samples that were stored, and whose hub was killed before it came to write them.
 * Where none was, it is one look.
 */
export async function settleNewest(pool: Pool, journal: number): Promise<void> {
  while (await inTransaction(pool, (client) => settleSome(client, journal)));
}

const BLOCKS_AT_ONCE = 100;

/** @returns whether there may be more */
async function settleSome(client: PoolClient, journal: number): Promise<boolean> {
  const { rows } = await client.query<{ epoch: string; upto: string; body: Buffer }>(
    `SELECT j.epoch, i.upto, i.body FROM telemetry_inbox i JOIN journals j ON j.id = i.journal
     WHERE i.journal = $1 AND i.upto > coalesce((SELECT p.upto FROM newest_positions p WHERE p.journal = $1), 0)
     ORDER BY i.upto LIMIT $2`,
    [journal, BLOCKS_AT_ONCE],
  );
  if (rows.length === 0) return false;
  const found = new JournalNewest(journal);
  for (const { epoch, upto, body } of rows) {
    const seq = Number(upto);
    found.reached(seq);
    try {
      found.add(Number(epoch), seq, newestOf(carriedRows(seq, body)));
    } catch (error) {
      // Damaged where it lies: whoever sorts it tells.
      if (!(error instanceof Fault)) throw error;
    }
  }
  await putNewest(client, [found]);
  return rows.length === BLOCKS_AT_ONCE;
}
