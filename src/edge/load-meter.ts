import type { LoadStatus } from '#contract/api.ts';
import { Latency } from '#kernel/latency.ts';
import type { Load } from '#plugin/api.ts';

type Outcome = Parameters<Load['request']>[1];

/** The PLC load budget: what a device is asked, beside what the configuration allows. */
export class LoadMeter implements Load {
  readonly #latency = new Latency();
  readonly #outcomes: Record<Outcome, number> = { ok: 0, timeout: 0, refused: 0, garbage: 0 };
  #caps: Parameters<Load['caps']>[0] = {};
  #requests = 0;
  #windowStartUs = 0;
  #windowRequests = 0;
  #perSecond = 0;

  request(ms: number | undefined, outcome: Outcome): void {
    if (ms !== undefined) this.#latency.record(ms);
    this.#requests++;
    this.#outcomes[outcome]++;
    this.#windowRequests++;
  }

  caps(caps: Parameters<Load['caps']>[0]): void {
    this.#caps = caps;
  }

  status(nowUs: number): LoadStatus {
    this.#roll(nowUs);
    return {
      requests: this.#requests,
      requestsPerS: this.#perSecond,
      p50Ms: this.#latency.quantileMs(0.5),
      p99Ms: this.#latency.quantileMs(0.99),
      ...this.#outcomes,
      caps: this.#caps,
    };
  }

  /** Requests a second over the time since the last look, at least one second. */
  #roll(nowUs: number): void {
    const elapsedUs = nowUs - this.#windowStartUs;
    if (elapsedUs < 1e6) return;
    if (this.#windowStartUs > 0) {
      this.#perSecond = Math.round((this.#windowRequests * 1e7) / elapsedUs) / 10;
    }
    this.#windowStartUs = nowUs;
    this.#windowRequests = 0;
  }
}
