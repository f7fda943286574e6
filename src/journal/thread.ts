import { Worker, type WorkerOptions } from 'node:worker_threads';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { JournalConfig } from './api.ts';
import {
  type FaultMessage,
  type FromWorker,
  NO_TOTALS,
  type OpenedMessage,
  type StoreTotals,
  type UnitMessage,
  type WorkerConfig,
} from './message.ts';

const RESTART_MIN_MS = 100;
const RESTART_MAX_MS = 60_000;
/** The worker's heap holds little: columns are shared memory, and bytes of blocks lie outside of it. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 1, stackSizeMb: 2 };

export interface ThreadDeps {
  /** Starts the worker; for tests that want to stop it. */
  readonly spawn?: (url: URL, options: WorkerOptions) => Worker;
}

interface Listener {
  done(totals: StoreTotals, tookMs: number): void;
  failed(fault: FaultMessage, totals: StoreTotals): void;
  damage(what: readonly string[]): void;
  stateFound(): void;
  /** The worker died; another one is on its way. */
  lost(fault: Fault): void;
  restarted(opened: OpenedMessage): void;
}

type Started = { readonly opened: OpenedMessage; readonly totals: StoreTotals };

/** The worker, kept alive: one that dies is replaced, ever more slowly while it goes on dying. */
export class Thread {
  readonly #config: JournalConfig;
  readonly #spawn: (url: URL, options: WorkerOptions) => Worker;
  #worker: Worker | undefined;
  #listener: Listener | undefined;
  #epoch: number | undefined;
  #restartMs = 0;
  #restart: NodeJS.Timeout | undefined;
  #closing = false;
  /** Totals of the workers that died: the sums go on. */
  #before: StoreTotals = NO_TOTALS;
  #now: StoreTotals = NO_TOTALS;
  ready = false;

  constructor(config: JournalConfig, deps: ThreadDeps) {
    this.#config = config;
    this.#spawn = deps.spawn ?? ((url, options) => new Worker(url, options));
  }

  listen(listener: Listener): void {
    this.#listener = listener;
  }

  /** @throws Fault as the worker says, `journal.worker-lost` when it dies */
  open(): Promise<Started> {
    const worker = this.#spawn(workerUrl('worker'), {
      workerData: this.#workerConfig(),
      resourceLimits: LIMITS,
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let cause: unknown;
      worker.on('error', (error) => {
        cause = error;
      });
      worker.once('exit', () => {
        reject(workerLost(cause));
        this.#exited(worker, cause);
      });
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'opened') resolve(this.#opened(message));
        else if (message.kind === 'refused') reject(this.#refused(worker, message.fault));
        else this.#heard(message);
      });
    });
  }

  commit(units: readonly UnitMessage[]): void {
    this.#worker?.postMessage({ kind: 'commit', units });
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      worker.postMessage({ kind: 'close' });
    });
  }

  #workerConfig(): WorkerConfig {
    const { dir, quotaBytes, maxAgeUs } = this.#config;
    return { dir, quotaBytes, maxAgeUs, epoch: this.#epoch };
  }

  #opened({ opened, totals }: Started): Started {
    this.#epoch = opened.epoch;
    this.#now = totals;
    this.ready = true;
    return { opened, totals: this.#sum() };
  }

  #refused(worker: Worker, fault: FaultMessage): Fault {
    if (this.#worker === worker) this.#worker = undefined;
    void worker.terminate();
    return new Fault(fault.code, fault.message, fault.hint === undefined ? {} : { hint: fault.hint });
  }

  #heard(message: FromWorker): void {
    if ('totals' in message) this.#now = message.totals;
    if (message.kind === 'done') {
      this.#restartMs = 0;
      this.#listener?.done(this.#sum(), message.tookMs);
    } else if (message.kind === 'failed') this.#listener?.failed(message.fault, this.#sum());
    else if (message.kind === 'damage') this.#listener?.damage(message.what);
    else if (message.kind === 'state-found') this.#listener?.stateFound();
  }

  #exited(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker || this.#closing) return;
    this.#worker = undefined;
    if (!this.ready) return;
    this.ready = false;
    this.#before = this.#sum();
    this.#now = NO_TOTALS;
    this.#listener?.lost(workerLost(cause));
    this.#again();
  }

  #again(): void {
    this.#restartMs = Math.min(RESTART_MAX_MS, this.#restartMs * 2 || RESTART_MIN_MS);
    this.#restart = setTimeout(() => {
      this.open().then(
        ({ opened }) => this.#listener?.restarted(opened),
        (error: unknown) => {
          this.#listener?.lost(
            Fault.from(error, 'journal.worker-lost', 'the journal could not be opened again'),
          );
          this.#again();
        },
      );
    }, this.#restartMs);
  }

  #sum(): StoreTotals {
    return {
      usedBytes: this.#now.usedBytes,
      fill: this.#now.fill,
      writtenBytes: this.#before.writtenBytes + this.#now.writtenBytes,
      lostRows: this.#before.lostRows + this.#now.lostRows,
      gaps: this.#before.gaps + this.#now.gaps,
    };
  }
}

/** Beside this file, and of its kind: `.ts` in development, `.js` in a release, where it is an entry of its own. */
export const workerUrl = (name: 'worker' | 'feed-worker'): URL => {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`./${name}${extension}`, import.meta.url);
};

const workerLost = (cause: unknown): Fault =>
  new Fault(
    'journal.worker-lost',
    `the thread of the journal ended: ${messageOf(cause ?? 'no reason given')}`,
    {
      hint: 'It is started again by itself; report this if it stays.',
    },
  );
