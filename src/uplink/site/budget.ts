import type { Clock } from '#kernel/clock.ts';

/** What a link may carry, before TLS and TCP. */
export interface BudgetConfig {
  /** Absent: as much as it bears. */
  readonly bytesPerS?: number | undefined;
  /** Other rates at times of the day; the first that holds counts. */
  readonly hours?: readonly BudgetHours[] | undefined;
}

export interface BudgetHours {
  /** Minutes since midnight, local time; a span that ends before it begins goes over midnight. */
  readonly fromMin: number;
  readonly toMin: number;
  readonly bytesPerS: number;
}

/** A rate may be another one by then. */
const LONGEST_WAIT_MS = 30_000;

/** Spends bytes at the rate of the hour: what was sent is paid for by waiting before the next. */
export class Budget {
  readonly #config: BudgetConfig;
  readonly #clock: Clock;
  /** Never above one second's worth: what was not used is not saved up. */
  #tokens = 0;
  #atUs: number;

  constructor(config: BudgetConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#atUs = clock.steadyUs();
  }

  /** Bytes a second now; undefined where nothing limits them. */
  get bytesPerS(): number | undefined {
    const { hours = [], bytesPerS } = this.#config;
    if (hours.length === 0) return bytesPerS;
    const date = new Date(this.#clock.nowUs() / 1000);
    const minute = date.getHours() * 60 + date.getMinutes();
    return hours.find((span) => isWithin(minute, span))?.bytesPerS ?? bytesPerS;
  }

  spend(bytes: number): void {
    this.#refill();
    this.#tokens -= bytes;
  }

  /** Before the next frame may go; 0 when it may. */
  waitMs(): number {
    const rate = this.#refill();
    if (rate === undefined || this.#tokens >= 0) return 0;
    return Math.min(LONGEST_WAIT_MS, Math.ceil((-this.#tokens / rate) * 1000));
  }

  #refill(): number | undefined {
    const rate = this.bytesPerS;
    const nowUs = this.#clock.steadyUs();
    if (rate === undefined) this.#tokens = 0;
    else this.#tokens = Math.min(rate, this.#tokens + ((nowUs - this.#atUs) * rate) / 1e6);
    this.#atUs = nowUs;
    return rate;
  }
}

const isWithin = (minute: number, { fromMin, toMin }: BudgetHours): boolean =>
  fromMin <= toMin ? minute >= fromMin && minute < toMin : minute >= fromMin || minute < toMin;
