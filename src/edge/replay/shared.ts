import { once } from 'node:events';

interface Run<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/** Costly work, one at a time: who asks while it runs gets what it leads to. It is ended when the last of them leaves. */
export class Shared<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #running: Run<T> | undefined;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** @throws what the work throws; the reason of the signal */
  async join(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#running ??= this.#begin();
    const run = this.#running;
    const left = new AbortController();
    const leaving = once(signal, 'abort', { signal: left.signal }).then(() => Promise.reject(signal.reason));
    run.waiting++;
    try {
      return await Promise.race([run.result, leaving]);
    } finally {
      leaving.catch(() => {}); // nobody waits for it any more
      left.abort();
      if (--run.waiting === 0) this.#end(run);
    }
  }

  #begin(): Run<T> {
    const stop = new AbortController();
    const run: Run<T> = { result: this.#work(stop.signal), stop, waiting: 0 };
    run.result.then(
      () => this.#forget(run),
      () => this.#forget(run),
    );
    return run;
  }

  /** Whoever asks from now on must not be given the end of what is being ended. */
  #end(run: Run<T>): void {
    this.#forget(run);
    run.stop.abort();
  }

  #forget(run: Run<T>): void {
    if (this.#running === run) this.#running = undefined;
  }
}
