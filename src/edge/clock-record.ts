import type { Journal } from '#journal/api.ts';
import type { Clock, ClockRecord } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';

/** Key of both clocks at one moment, in the journal's state. */
export const CLOCK_STATE = 'clock';

/** Far less than the longest time that a site is believed to have been off. */
const AGAIN_US = 86_400e6;
/** The clocks drift: this much is nothing to a duration over a restart. */
const DRIFT_US = 1_000_000;

/**
 * Both clocks when the last run ended; undefined for a new folder. The steady time of what was journaled last is newer
 * than the record, and the clocks stood as far apart as the record says, which is renewed when that changes.
 */
export function lastClocks({ opened }: Pick<Journal, 'opened'>): ClockRecord | undefined {
  const { lastSteadyUs } = opened;
  const stored = opened.state.get(CLOCK_STATE) as { steadyUs: number; wallUs: number } | undefined;
  // A journal from before there was such a record: the clocks were equal whenever a run began.
  const record = stored ?? { steadyUs: lastSteadyUs, wallUs: lastSteadyUs };
  const steadyUs = Math.max(record.steadyUs, lastSteadyUs);
  return steadyUs > 0 ? { steadyUs, wallUs: record.wallUs + steadyUs - record.steadyUs } : undefined;
}

/** Keeps on record how far wall and steady clock stand apart. */
export class ClockKeeper {
  readonly #clock: Clock;
  readonly #save: (state: Json) => void;
  #saved: ClockRecord | undefined;

  constructor(clock: Clock, save: (state: Json) => void) {
    this.#clock = clock;
    this.#save = save;
  }

  /** Saves only what is news, so that an idle site writes nothing. */
  look(): void {
    const steadyUs = this.#clock.steadyUs();
    const wallUs = this.#clock.nowUs();
    const saved = this.#saved;
    if (saved && steadyUs - saved.steadyUs < AGAIN_US) {
      const driftUs = wallUs - steadyUs - (saved.wallUs - saved.steadyUs);
      if (Math.abs(driftUs) < DRIFT_US) return;
    }
    this.#saved = { steadyUs, wallUs };
    this.#save({ steadyUs, wallUs });
  }
}
