import { AsyncLocalStorage } from 'node:async_hooks';
import { within } from './within.ts';

/** The first one goes first. To read is also what opens a session and makes its subscription. */
export type Priority = 'write' | 'publish' | 'read' | 'browse';

/** Time during which something waited for its turn, ms. */
export class Waiting {
  #waiters = 0;
  #sinceMs = 0;
  #sumMs = 0;

  get ms(): number {
    return this.#sumMs + (this.#waiters > 0 ? performance.now() - this.#sinceMs : 0);
  }

  begin(): void {
    if (this.#waiters++ === 0) this.#sinceMs = performance.now();
  }

  end(): void {
    if (--this.#waiters === 0) this.#sumMs += performance.now() - this.#sinceMs;
  }
}

/**
 * What the requests of some work are for. It is said around the work, because the library makes the requests and takes
 * nothing along with them.
 */
export class Asking {
  static readonly #current = new AsyncLocalStorage<Asking>();
  readonly priority: Priority;
  /** Steady; what has not left by then does not leave any more. */
  readonly deadlineUs: number | undefined;
  /** Aborted: what has not left does not leave any more. */
  readonly signal: AbortSignal | undefined;
  readonly waiting = new Waiting();
  /** The newest request of the work waits for its turn, or was given up before it had one: it has not left. */
  held = false;

  constructor(
    priority: Priority,
    { deadlineUs, signal }: { readonly deadlineUs?: number; readonly signal?: AbortSignal } = {},
  ) {
    this.priority = priority;
    this.deadlineUs = deadlineUs;
    this.signal = signal;
  }

  /** Of the work that runs; a request that nobody said anything of reads. */
  static get current(): Asking {
    return Asking.#current.getStore() ?? new Asking('read');
  }

  run<T>(work: () => T): T {
    return Asking.#current.run(this, work);
  }

  /** The work's result in time, that in which its requests wait for their turn not counted. @throws what `late` gives */
  within<T>(work: () => Promise<T>, ms: number, late: () => Error): Promise<T> {
    return within(this.run(work), ms, late, this.signal, this.waiting);
  }

  /** Every step of a walk is for this. */
  async *walk<T>(steps: AsyncIterable<T>): AsyncIterable<T> {
    const walking = steps[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.run(() => walking.next());
        if (step.done) return;
        yield step.value;
      }
    } finally {
      await this.run(() => walking.return?.());
    }
  }
}
