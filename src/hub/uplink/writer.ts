import type { Pool, PoolClient } from 'pg';
import { Backoff } from '#kernel/backoff.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { inTransaction } from '../database/transaction.ts';
import { isOfContent } from '../database/trouble.ts';
import type { LiveWork, StretchWork, Work } from './api.ts';
import { chainsOf, type Moves, movePositions } from './moves.ts';
import type { NewestWriter } from './newest.ts';
import { putAnswers, putReports } from './reports.ts';
import { putLedgers, putPages, putStretches } from './tables.ts';

export interface WriterPorts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of one transaction: many sites share one fsync, and none waits for long. */
const MOST_WORKS = 2000;
/** Of these, what goes ahead of samples while some wait. */
const MOST_AHEAD = 1500;
const MOST_BYTES = 8 * 2 ** 20;

/** All but newest values, which follow. */
export type StoredWork = Exclude<Work, LiveWork>;

/**
 * Writes what connections bring, in transactions that hold rows and positions together. A database
 * that is away is waited for: the same is tried again, and what an unheard commit had stored is found by its position.
 */
export class Writer implements AsyncDisposable {
  readonly #ports: WriterPorts;
  readonly #newest: Pick<NewestWriter, 'take' | 'room'>;
  readonly #stored: () => void;
  readonly #backoff = new Backoff();
  readonly #stop = new AbortController();
  /** Samples, and what goes ahead of them: events are not late because a hundred sites bring their past. */
  readonly #waiting: { ahead: StoredWork[]; samples: StoredWork[] } = { ahead: [], samples: [] };
  #running: Promise<void> | undefined;
  #bytes = 0;
  #fault: Fault | undefined;

  /** @param newest takes the values of what was stored @param stored told whenever there is room again: after each transaction, and each refusal */
  constructor(ports: WriterPorts, newest: Pick<NewestWriter, 'take' | 'room'>, stored: () => void) {
    this.#ports = ports;
    this.#newest = newest;
    this.#stored = stored;
  }

  /** Waiting or under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why nothing is stored just now. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  add(work: StoredWork): void {
    this.#bytes += work.bytes;
    this.#queueOf(work).push(work);
    if (!this.#running) this.#start();
  }

  /** Ends after the transaction under way; what waits is dropped, never confirmed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #start(): void {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isWaiting && !this.#stop.signal.aborted) this.#start();
    });
  }

  async #run(): Promise<void> {
    while (this.#isWaiting && !this.#stop.signal.aborted) {
      await this.#newest.room(this.#stop.signal);
      const works = this.#next();
      const later = await this.#persist(works);
      // Before everything that came meanwhile: a lane keeps its order.
      for (const work of later.toReversed()) this.#queueOf(work).unshift(work);
    }
  }

  get #isWaiting(): boolean {
    return this.#waiting.ahead.length + this.#waiting.samples.length > 0;
  }

  #queueOf({ lane }: StoredWork): StoredWork[] {
    return lane === 'history' ? this.#waiting.samples : this.#waiting.ahead;
  }

  #next(): StoredWork[] {
    const { ahead, samples } = this.#waiting;
    const first = taken(ahead, samples.length > 0 ? MOST_AHEAD : MOST_WORKS);
    return [...first, ...taken(samples, MOST_WORKS - first.length)];
  }

  /** Until it is written or refused. @returns what has to wait for the next transaction */
  async #persist(works: readonly StoredWork[]): Promise<readonly StoredWork[]> {
    for (;;) {
      if (this.#stop.signal.aborted) return works;
      try {
        const moves = await inTransaction(this.#ports.pool, (client) => write(client, works));
        this.#newest.take([...moves.moved.flatMap((chain) => chain.works), ...moves.known]);
        this.#fault = undefined;
        this.#backoff.reset();
        this.#tell(works, moves);
        return moves.later;
      } catch (error) {
        if (isOfContent(error)) return await this.#apart(works, error);
        this.#away(error);
        await this.#ports.clock.sleep(this.#backoff.nextMs(), this.#stop.signal).catch(() => {});
      }
    }
  }

  /** One of them cannot be stored: it alone is refused, and its site told. */
  async #apart(works: readonly StoredWork[], error: unknown): Promise<readonly StoredWork[]> {
    const [only, ...others] = works;
    if (only && others.length === 0) {
      this.#done(only, Fault.from(error, 'uplink.not-stored', 'the database refuses what the site sent'));
      this.#stored();
      return [];
    }
    const later: StoredWork[] = [];
    for (const work of works) {
      if (this.#stop.signal.aborted) later.push(work);
      else later.push(...(await this.#persist([work])));
    }
    return later;
  }

  #tell(works: readonly StoredWork[], { later, misplaced, totals }: Moves): void {
    const waits = new Set<StoredWork>(later);
    const wrong = new Set<StoredWork>(misplaced);
    for (const work of works)
      if (!waits.has(work))
        this.#done(
          work,
          wrong.has(work) ? outOfPlace(work as StretchWork) : 'stored',
          totals.get(work as StretchWork),
        );
    this.#stored();
  }

  #done(work: StoredWork, result: 'stored' | Fault, total?: number): void {
    this.#bytes -= work.bytes;
    work.done(result, total);
  }

  #away(error: unknown): void {
    const fault = Fault.from(error, 'hub.database', 'the database');
    if (this.#fault?.message !== fault.message)
      this.#ports.log.warn(
        { error: fault.message },
        'nothing can be stored; sites keep what they have and wait',
      );
    this.#fault = fault;
  }
}

/** What is taken out of the front of a queue for one transaction. */
function taken(queue: StoredWork[], most: number): StoredWork[] {
  let bytes = 0;
  let count = 0;
  while (count < queue.length && count < most && bytes < MOST_BYTES)
    bytes += (queue[count++] as StoredWork).bytes;
  return queue.splice(0, count);
}

async function write(client: PoolClient, works: readonly StoredWork[]): Promise<Moves> {
  const stretches = works.filter((work): work is StretchWork => 'after' in work);
  const { chains, later } = chainsOf(stretches);
  const none: Moves = { moved: [], totals: new Map(), known: [], later: [], misplaced: [] };
  const moves = chains.length > 0 ? await movePositions(client, chains) : none;
  await putStretches(client, moves.moved);
  const pages = works.filter((work) => work.lane === 'page');
  if (pages.length > 0) await putPages(client, pages);
  const ledgers = works.filter((work) => work.lane === 'ledger');
  if (ledgers.length > 0) await putLedgers(client, ledgers);
  const reports = works.filter((work) => work.lane === 'report');
  if (reports.length > 0) await putReports(client, reports);
  const answers = works.filter((work) => work.lane === 'answer');
  if (answers.length > 0) await putAnswers(client, answers);
  return { ...moves, later: [...moves.later, ...later] };
}

const outOfPlace = ({ lane, after }: StretchWork): Fault =>
  new Fault(
    'uplink.out-of-place',
    `a stretch of ${lane} begins after ${after}, which is not where the lane stands`,
    {
      hint: 'Another connection of this site was quicker; it begins again where the hub stands.',
    },
  );
