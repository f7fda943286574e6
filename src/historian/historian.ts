import { Worker } from 'node:worker_threads';
import type { FaultMessage } from '#journal/message.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Historian, HistorianConfig, HistorianHealth, ImportRows } from './api.ts';
import type { FromWriter, Totals, ToWriter, WriterConfig } from './message.ts';
import { workerUrl } from './worker-url.ts';

/** Columns lie outside of the heap; in it are names of tags and, in a flush, text. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 2, stackSizeMb: 2 };
const FLUSH_MS = 300_000;
const FLUSH_ROWS = 262_144;
const POLL_MS = 1000;
const CALM_MS = 5000;
const RESTART_MIN_MS = 1000;
const RESTART_MAX_MS = 60_000;
/** While it rests this many rows may come: read in one go they take some milliseconds. */
const REST_ROWS = 32 * 1024;
const LOOK_MS = 1000;

export interface HistorianDeps {
  /**
   * Rows that the journal has put on the disk since it was opened. With it the thread ends where few rows come, and
   * stands again for a flush or for many rows; without it the thread stands always.
   */
  readonly journalRows?: () => number;
  /** Told of chunks that could not be read and of a database that was set aside. */
  readonly onDamage?: (what: readonly string[]) => void;
}

/**
 * Opens the historian in `config.dir`, or begins one, and waits for neither. A disk that lets nothing be opened is a fault in
 * `health` and tried again: no site waits for its historian.
 */
export const startHistorian = (config: HistorianConfig, deps: HistorianDeps = {}): Historian =>
  new ThreadHistorian(config, deps);

/** As {@link startHistorian}, once the first attempt to open has succeeded or failed. */
export async function openHistorian(config: HistorianConfig, deps: HistorianDeps = {}): Promise<Historian> {
  const historian = new ThreadHistorian(config, deps);
  await historian.opened;
  return historian;
}

type Asked = ReturnType<typeof Promise.withResolvers<number>> & { readonly message: ToWriter };

/** Of a thread that rests. */
interface Rest {
  readonly flushAtMs: number;
  readonly rows: number;
}

class ThreadHistorian implements Historian {
  position = 0;
  readonly opened: Promise<void>;
  readonly #config: HistorianConfig;
  readonly #deps: HistorianDeps;
  readonly #first = Promise.withResolvers<void>();
  readonly #listeners: ((seq: number) => void)[] = [];
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #restartMs = 0;
  #rest: Rest | undefined;
  #closing = false;
  #lastId = 0;
  #totals = NOTHING;
  #writtenBefore = 0;
  #fault: Fault | undefined;

  constructor(config: HistorianConfig, deps: HistorianDeps) {
    this.#config = config;
    this.#deps = deps;
    this.opened = this.#first.promise;
    this.#start();
  }

  onPosition(listener: (seq: number) => void): void {
    this.#listeners.push(listener);
  }

  get health(): HistorianHealth {
    return {
      ...this.#totals,
      writtenBytes: this.#writtenBefore + this.#totals.writtenBytes,
      quotaBytes: this.#config.quotaBytes,
      fault: this.#fault,
    };
  }

  importRows({ tags, batch }: ImportRows): Promise<number> {
    return this.#ask((id) => ({ kind: 'import', id, tags, batch }));
  }

  async flush(): Promise<void> {
    await this.#ask((id) => ({ kind: 'flush', id }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      worker.postMessage({ kind: 'close' } satisfies ToWriter);
    });
  }

  #ask(message: (id: number) => ToWriter): Promise<number> {
    if (!this.#worker && !this.#rest) return Promise.reject(lost('it is being started again'));
    const id = ++this.#lastId;
    const asked: Asked = { ...Promise.withResolvers<number>(), message: message(id) };
    this.#asked.set(id, asked);
    if (this.#worker) this.#worker.postMessage(asked.message);
    else this.#start();
    return asked.promise;
  }

  /** With what was asked while there was no thread, or one about to end. */
  #start(): void {
    clearTimeout(this.#restart);
    const worker = new Worker(workerUrl('worker'), {
      workerData: this.#workerConfig(),
      resourceLimits: LIMITS,
    });
    this.#worker = worker;
    this.#rest = undefined;
    let cause: unknown = 'no reason given';
    worker.on('error', (error) => {
      cause = error;
    });
    worker.once('exit', () => {
      if (this.#rest) this.#rested(this.#rest);
      else this.#exited(cause);
    });
    worker.on('message', (message: FromWriter) => this.#heard(message));
    for (const { message } of this.#asked.values()) worker.postMessage(message);
  }

  #rested(rest: Rest): void {
    this.#forget();
    if (this.#closing) return;
    if (this.#asked.size > 0) this.#start();
    else this.#restart = setTimeout(() => this.#wake(rest), LOOK_MS);
  }

  #wake(rest: Rest): void {
    const rows = (this.#deps.journalRows?.() ?? 0) - rest.rows;
    if (performance.now() >= rest.flushAtMs || rows >= REST_ROWS) this.#start();
    else this.#restart = setTimeout(() => this.#wake(rest), LOOK_MS);
  }

  /** The thread is no more; what it has written goes on to count. */
  #forget(): void {
    this.#worker = undefined;
    this.#writtenBefore += this.#totals.writtenBytes;
    this.#totals = { ...this.#totals, writtenBytes: 0 };
  }

  #workerConfig(): WriterConfig {
    const { dir, journalDir, quotaBytes, maxAgeUs, flushMs, flushRows, pollMs, calmMs } = this.#config;
    const everyMs = flushMs ?? FLUSH_MS;
    return {
      dir,
      journalDir,
      quotaBytes,
      maxAgeUs,
      flushMs: everyMs,
      firstFlushMs: this.#rest ? Math.max(0, this.#rest.flushAtMs - performance.now()) : everyMs,
      calmMs: this.#deps.journalRows ? (calmMs ?? CALM_MS) : Number.POSITIVE_INFINITY,
      flushRows: flushRows ?? FLUSH_ROWS,
      pollMs: pollMs ?? POLL_MS,
    };
  }

  #heard(message: FromWriter): void {
    if (message.kind === 'state') {
      this.#totals = message.totals;
      this.#fault = undefined;
      this.#restartMs = 0;
      this.position = message.position;
      for (const listener of this.#listeners) listener(message.position);
      this.#first.resolve();
    } else if (message.kind === 'failed') {
      this.#fault = faultOf(message.fault);
      this.#first.resolve();
    } else if (message.kind === 'damage') this.#deps.onDamage?.(message.what);
    else if (message.kind === 'resting') {
      const flushAtMs = performance.now() + message.flushInMs;
      this.#rest = { flushAtMs, rows: this.#deps.journalRows?.() ?? 0 };
    } else if (message.kind !== 'closed') this.#answered(message);
  }

  #answered(message: Extract<FromWriter, { readonly id: number }>): void {
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if (message.kind === 'answer') asked?.resolve(message.rows);
    else asked?.reject(faultOf(message.fault));
  }

  /** Ever more slowly while it goes on dying; the journal keeps what it has not taken. */
  #exited(cause: unknown): void {
    this.#forget();
    const fault = lost(cause);
    for (const asked of this.#asked.values()) asked.reject(fault);
    this.#asked.clear();
    if (this.#closing) return;
    this.#fault = fault;
    this.#first.resolve();
    this.#restartMs = Math.min(RESTART_MAX_MS, this.#restartMs * 2 || RESTART_MIN_MS);
    this.#restart = setTimeout(() => this.#start(), this.#restartMs);
  }
}

const NOTHING: Totals = {
  rows: 0,
  chunks: 0,
  usedBytes: 0,
  writtenBytes: 0,
  oldestUs: undefined,
  newestUs: undefined,
  damaged: 0,
};

const faultOf = ({ code, message, hint }: FaultMessage): Fault =>
  new Fault(code, message, hint === undefined ? {} : { hint });

const lost = (cause: unknown): Fault =>
  new Fault('historian.worker-lost', `the thread of the historian ended: ${messageOf(cause)}`, {
    hint: 'It is started again by itself; report this if it stays.',
  });
