/**
 * Two clocks, because a plant's wall clock jumps (no battery, late NTP, a wrong hand). The wall clock stamps what
 * people read; the steady clock measures every duration, delay, lease and time-out.
 */
export interface Clock {
  /** Wall clock, µs since 1970. May jump either way. */
  nowUs(): number;
  /** Never runs backwards, not even across restarts once `steadyFrom` was given; µs, near the wall clock's at start. */
  steadyUs(): number;
  /** Resolves after the time on the steady clock; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The machine's own clocks.
 * @param lastSteadyUs the steady time that the journal saw last; the steady clock goes on from there when the wall
 *   clock lies behind it (a box that woke up in 1970), and from the wall clock otherwise.
 */
export function systemClock(lastSteadyUs = 0): Clock {
  const wallUs = () => Date.now() * 1000;
  const anchorUs = Math.max(wallUs(), lastSteadyUs);
  const anchorMono = performance.now();
  return {
    nowUs: wallUs,
    steadyUs: () => anchorUs + Math.round((performance.now() - anchorMono) * 1000),
    sleep,
  };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A clock that moves only when told: the one fake that tests may use. */
export class ManualClock implements Clock {
  #wallUs: number;
  #steadyUs: number;
  #sleepers: { readonly atUs: number; readonly wake: () => void }[] = [];

  constructor(startUs = 1_700_000_000_000_000) {
    this.#wallUs = startUs;
    this.#steadyUs = startUs;
  }

  nowUs(): number {
    return this.#wallUs;
  }

  steadyUs(): number {
    return this.#steadyUs;
  }

  /** Moves both clocks on and wakes whoever slept until then, in order. */
  async advance(ms: number): Promise<void> {
    const untilUs = this.#steadyUs + ms * 1000;
    await settle();
    for (;;) {
      this.#sleepers.sort((a, b) => a.atUs - b.atUs);
      const next = this.#sleepers[0];
      if (!next || next.atUs > untilUs) break;
      this.#sleepers.shift();
      this.#wallUs += next.atUs - this.#steadyUs;
      this.#steadyUs = next.atUs;
      next.wake();
      await settle();
    }
    this.#wallUs += untilUs - this.#steadyUs;
    this.#steadyUs = untilUs;
    await settle();
  }

  /** The wall clock jumps; durations do not notice. */
  step(ms: number): void {
    this.#wallUs += ms * 1000;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { atUs: this.#steadyUs + ms * 1000, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }
}

/** Lets every promise that became ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
