/**
 * Two clocks, because a plant's wall clock jumps (no battery, late NTP, a wrong hand). The wall clock stamps what
 * people read; the steady clock measures every duration, delay, lease and time-out.
 */
export interface Clock {
  /** Wall clock, µs since 1970. May jump either way. */
  nowUs(): number;
  /**
   * Never runs backwards, nor leaps because the wall clock does, not even across restarts; µs. Equal to the wall clock
   * when the first run began, and as far from it as that has jumped since.
   */
  steadyUs(): number;
  /** Resolves after the time on the steady clock; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Both clocks of a site at one moment of an earlier run. */
export interface ClockRecord {
  readonly steadyUs: number;
  readonly wallUs: number;
}

/**
 * Longest time that a site is believed to have been off. A wall clock further ahead is taken for wrong: a shelving that
 * lasts too long is seen and ended by hand, one that ends because of a wrong clock was ended by nobody.
 */
const MOST_OFF_US = 30 * 86_400e6;
/** The record may be made a moment after the clock was read, and clocks are trimmed. */
const TRIM_US = 1_000_000;

/**
 * How long the site was off, by the wall clock.
 * @returns `offUs`, by which durations go on; 0 where the clock cannot be believed, which `jumpUs` then tells: how far it
 *   stands from where it was
 */
export function timeOff(
  last: ClockRecord,
  nowUs: number,
): { readonly offUs: number; readonly jumpUs: number } {
  const byUs = nowUs - last.wallUs;
  if (byUs < -TRIM_US || byUs > MOST_OFF_US) return { offUs: 0, jumpUs: byUs };
  return { offUs: Math.max(0, byUs), jumpUs: 0 };
}

/**
 * The machine's own clocks.
 * @param last of the run before: the steady clock goes on from there by the time that the site was off, as far as the
 *   wall clock can be believed. Absent, it begins at the wall clock.
 */
export function systemClock(last?: ClockRecord): Clock {
  const wallUs = () => Date.now() * 1000;
  const nowUs = wallUs();
  const anchorUs = last ? last.steadyUs + timeOff(last, nowUs).offUs : nowUs;
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
