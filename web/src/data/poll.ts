import { useEffect, useSyncExternalStore } from 'react';
import { connection } from './connection.ts';
import { session } from './session.ts';

/** What a question was answered last; an old answer stays beside the error of a newer question. */
export interface Polled<T> {
  readonly data: T | undefined;
  readonly error: Error | undefined;
  /** Of `performance.now()`, when it was answered. */
  readonly atMs: number;
}

const NEVER: Polled<never> = { data: undefined, error: undefined, atMs: 0 };

/** One question that all parts of the page share which show its answer; nobody asks while nobody looks. */
class Poll<T> {
  #now: Polled<T> = NEVER;
  readonly #told = new Set<() => void>();
  readonly #periods: number[] = [];
  #stop: AbortController | undefined;
  #wake: (() => void) | undefined;
  ask: (signal: AbortSignal) => Promise<T>;

  constructor(ask: (signal: AbortSignal) => Promise<T>) {
    this.ask = ask;
  }

  get now(): Polled<T> {
    return this.#now;
  }

  get isIdle(): boolean {
    return this.#periods.length === 0 && this.#told.size === 0;
  }

  readonly watch = (tell: () => void): (() => void) => {
    this.#told.add(tell);
    return () => this.#told.delete(tell);
  };

  /** Asks as often as the most eager of those who look. */
  begin(everyMs: number): () => void {
    this.#periods.push(everyMs);
    if (!this.#stop) {
      this.#stop = new AbortController();
      void this.#run(this.#stop.signal);
    }
    return () => {
      this.#periods.splice(this.#periods.indexOf(everyMs), 1);
      if (this.#periods.length > 0) return;
      this.#stop?.abort();
      this.#stop = undefined;
    };
  }

  /** Asks now: something has changed. */
  readonly again = (): void => this.#wake?.();

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await connection.until(({ state }) => state === 'up', signal).catch(() => {});
      if (signal.aborted) return;
      await this.#askOnce(signal);
      if (connection.value.state === 'up') await this.#pause(signal);
    }
  }

  async #askOnce(signal: AbortSignal): Promise<void> {
    try {
      const data = await this.ask(signal);
      if (!signal.aborted) this.#set({ data, error: undefined, atMs: performance.now() });
    } catch (error) {
      if (!signal.aborted) this.#set({ ...this.#now, error: error as Error });
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => !document.hidden && resolve(), Math.min(...this.#periods));
    const shown = () => !document.hidden && resolve();
    this.#wake = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    document.addEventListener('visibilitychange', shown);
    await promise;
    document.removeEventListener('visibilitychange', shown);
    clearTimeout(timer);
  }

  #set(now: Polled<T>): void {
    this.#now = now;
    for (const tell of [...this.#told]) tell();
  }
}

const polls = new Map<string, Poll<unknown>>();

/** Answers that nobody looks at any more are kept up to so many: going back shows them at once. */
const MOST_KEPT = 100;

function pollOf<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Poll<T> {
  const known = (polls.get(key) as Poll<T> | undefined) ?? new Poll(ask);
  polls.set(key, known as Poll<unknown>);
  if (polls.size > MOST_KEPT)
    for (const [name, one] of polls) if (one.isIdle && name !== key) polls.delete(name);
  return known;
}

// Another user may see other things: nothing stays of what the one before was shown.
session.watch(() => {
  if (session.value.state === 'nobody') polls.clear();
});

/**
 * Asks the site again and again while somebody looks, and at once when it is back.
 * @param key names the question: parts with the same key share its answer
 */
export function usePolled<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  everyMs: number,
): Polled<T> & { readonly again: () => void } {
  const poll = pollOf(key, ask);
  const now = useSyncExternalStore(poll.watch, () => poll.now);
  useEffect(() => poll.begin(everyMs), [poll, everyMs]);
  return { ...now, again: poll.again };
}

/** Asks now what is asked under this key, and under keys that begin with it. */
export function askAgain(key: string): void {
  for (const [name, poll] of polls) if (name.startsWith(key)) poll.again();
}
