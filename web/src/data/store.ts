import { useSyncExternalStore } from 'react';

/** A value that parts of the page share; whoever reads it is told of changes. */
export class Store<T> {
  #value: T;
  readonly #told = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** The same value again tells nobody. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const tell of [...this.#told]) tell();
  }

  /** @returns what ends it */
  readonly watch = (tell: () => void): (() => void) => {
    this.#told.add(tell);
    return () => this.#told.delete(tell);
  };

  /** Waits until the value is so; at once where it is. */
  async until(isSo: (value: T) => boolean, signal?: AbortSignal): Promise<void> {
    if (isSo(this.#value)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = this.watch(() => isSo(this.#value) && resolve());
    const stop = () => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await promise;
    } finally {
      end();
      signal?.removeEventListener('abort', stop);
    }
  }
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.watch, () => store.value);
}
