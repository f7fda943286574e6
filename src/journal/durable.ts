/** The highest sequence on disk, and those who wait for more. */
export class DurablePosition {
  #seq: number;
  #raised = Promise.withResolvers<void>();

  constructor(seq: number) {
    this.#seq = seq;
  }

  get seq(): number {
    return this.#seq;
  }

  raise(seq: number): void {
    if (seq <= this.#seq) return;
    this.#seq = seq;
    this.#raised.resolve();
    this.#raised = Promise.withResolvers();
  }

  /** Resolves once it is above the sequence; rejects with the signal's reason when aborted. */
  async beyond(seq: number, signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    try {
      signal.throwIfAborted();
      while (this.#seq <= seq) await Promise.race([this.#raised.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
