import type { Clock } from '#kernel/clock.ts';

/** At once; then so many a second. A flood of a device must not become one of the site's audit. */
const BURST = 100;
const PER_S = 10;
const LOOK_MS = 250;
/** Subjects that wait at a time. */
const MOST_WAITING = 5000;

/**
 * Lets what is to be told through at a bounded rate. Of what has to wait the last of each subject is told, with the
 * number of those before it: no state that lasts is lost.
 */
export class EventPace<T> {
  readonly #clock: Clock;
  readonly #tell: (one: T, leftOut: number) => void;
  readonly #waiting = new Map<string, { one: T; leftOut: number }>();
  readonly #ended = new AbortController();
  #tokens = BURST;
  #filledUs: number;
  /** Of subjects for which there was no room. */
  #unnamed = 0;
  #running = false;

  constructor(clock: Clock, tell: (one: T, leftOut: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#filledUs = clock.steadyUs();
  }

  push(subject: string, one: T): void {
    const before = this.#waiting.get(subject);
    if (before) {
      this.#waiting.set(subject, { one, leftOut: before.leftOut + 1 });
      return;
    }
    if (this.#waiting.size === 0 && this.#token()) {
      this.#tell(one, 0);
      return;
    }
    if (this.#waiting.size >= MOST_WAITING) this.#unnamed++;
    else this.#waiting.set(subject, { one, leftOut: 0 });
    void this.#drain();
  }

  /** Tells what still waits, and takes no more time. */
  close(): void {
    this.#ended.abort();
    for (const [subject] of this.#waiting) this.#next(subject);
  }

  async #drain(): Promise<void> {
    if (this.#running || this.#ended.signal.aborted) return;
    this.#running = true;
    while (this.#waiting.size > 0 && !this.#ended.signal.aborted) {
      for (const [subject] of this.#waiting) {
        if (!this.#token()) break;
        this.#next(subject);
      }
      await this.#clock.sleep(LOOK_MS, this.#ended.signal).catch(() => {});
    }
    this.#running = false;
  }

  #next(subject: string): void {
    const held = this.#waiting.get(subject);
    this.#waiting.delete(subject);
    if (!held) return;
    const unnamed = this.#unnamed;
    this.#unnamed = 0;
    this.#tell(held.one, held.leftOut + unnamed);
  }

  #token(): boolean {
    const nowUs = this.#clock.steadyUs();
    this.#tokens = Math.min(BURST, this.#tokens + ((nowUs - this.#filledUs) * PER_S) / 1e6);
    this.#filledUs = nowUs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
