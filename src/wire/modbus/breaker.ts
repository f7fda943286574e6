export interface BreakerOptions {
  /** Time-outs in a row after which a unit counts as silent. */
  readonly failures: number;
  /** First and longest pause between two probes of a silent unit. */
  readonly probeMs: number;
  readonly probeMaxMs: number;
  /** 0 to 1; spreads the probes of many units that fell silent together. */
  random(): number;
}

/**
 * Circuit breaker of one unit: closed while it answers, open while it is silent; when the pause is over, one request
 * at a time probes it. Times are steady µs.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #open = false;
  #pauseMs: number;
  #probeUs = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#pauseMs = options.probeMs;
  }

  get open(): boolean {
    return this.#open;
  }

  /** A unit that has just missed an answer gets one request at a time. */
  get suspect(): boolean {
    return this.#failures > 0;
  }

  lets(nowUs: number): boolean {
    return !this.#open || nowUs >= this.#probeUs;
  }

  /** Somebody behind the same connection is back: worth a probe now. */
  hurry(): void {
    this.#probeUs = 0;
    this.#pauseMs = this.#options.probeMs;
  }

  /** @returns whether the unit was silent before */
  answered(): boolean {
    const returned = this.#open;
    this.#open = false;
    this.#failures = 0;
    this.#pauseMs = this.#options.probeMs;
    return returned;
  }

  /**
   * @param atOnce the unit is given up without waiting for more: nobody else answers either
   * @returns whether the unit counts as silent from now on
   */
  missed(nowUs: number, atOnce = false): boolean {
    this.#failures++;
    if (this.#failures < this.#options.failures && !atOnce && !this.#open) return false;
    const opened = !this.#open;
    this.#open = true;
    const jitter = 0.8 + 0.4 * this.#options.random();
    this.#probeUs = nowUs + Math.round(this.#pauseMs * 1000 * jitter);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#options.probeMaxMs);
    return opened;
  }
}
