/** Of one turn of the thread, ms: it serves all connections, and waits for the database, in between. */
const TURN_MS = 8;

interface Job {
  readonly bytes: number;
  run(): void;
}

/**
 * What has to be unpacked before it can be stored, in the order in which it came, a few milliseconds at a time. A hundred
 * sites that bring their past would keep the thread for a second otherwise, and what others say of now would wait.
 */
export class Intake {
  #jobs: Job[] = [];
  #next = 0;
  #bytes = 0;
  #turn: NodeJS.Immediate | undefined;

  /** Waiting. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param run may not throw */
  add(bytes: number, run: () => void): void {
    this.#bytes += bytes;
    this.#jobs.push({ bytes, run });
    this.#turn ??= setImmediate(() => this.#take());
  }

  /** What waits is dropped. */
  [Symbol.dispose](): void {
    clearImmediate(this.#turn);
    this.#jobs = [];
    this.#bytes = 0;
  }

  #take(): void {
    const untilMs = performance.now() + TURN_MS;
    do {
      const job = this.#jobs[this.#next++];
      if (!job) break;
      this.#bytes -= job.bytes;
      job.run();
    } while (performance.now() < untilMs);
    this.#jobs.splice(0, this.#next);
    this.#next = 0;
    this.#turn = this.#jobs.length > 0 ? setImmediate(() => this.#take()) : undefined;
  }
}
