import type { Json, SiteEvent } from '#kernel/event.ts';
import type { Deps } from '#plugin/api.ts';

/** Events at once, and then one for each period: a flood of new topics must not become a flood of events. */
const BURST = 10;
const PERIOD_US = 6e6;

/** Tells events of one name at a bounded rate. What is left out is counted, and the next one says how many. */
export class EventRate {
  readonly #deps: Pick<Deps, 'event' | 'clock'>;
  readonly #event: Pick<SiteEvent, 'kind' | 'name'>;
  #tokens = BURST;
  #filledUs: number;
  #leftOut = 0;

  constructor(deps: Pick<Deps, 'event' | 'clock'>, event: Pick<SiteEvent, 'kind' | 'name'>) {
    this.#deps = deps;
    this.#event = event;
    this.#filledUs = deps.clock.steadyUs();
  }

  tell(subject: string, detail: { readonly [key: string]: Json }): void {
    const nowUs = this.#deps.clock.steadyUs();
    this.#tokens = Math.min(BURST, this.#tokens + (nowUs - this.#filledUs) / PERIOD_US);
    this.#filledUs = nowUs;
    if (this.#tokens < 1) {
      this.#leftOut++;
      return;
    }
    this.#tokens--;
    const leftOut = this.#leftOut > 0 ? { notToldBefore: this.#leftOut } : {};
    this.#leftOut = 0;
    this.#deps.event({ ...this.#event, subject, detail: { ...detail, ...leftOut } });
  }
}
