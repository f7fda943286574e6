import { type Clock, type ClockRecord, timeOff } from '#kernel/clock.ts';
import type { SiteEvent } from '#kernel/event.ts';

/** A difference between wall and steady clock that grows by more than this at once is a jump, not drift. */
const JUMP_US = 1_000_000;
/** Reading one clock after the other takes less. */
const STEP_US = 10_000;

/** The wall clock was set: when, on the steady clock, and by how much. */
export interface Step {
  readonly steadyUs: number;
  readonly byUs: number;
}

/**
 * Notices that the wall clock jumped. Nothing else happens: durations run on the steady clock, and nothing expires.
 * IEC 62443-3-3 SR 2.11 asks for time stamps that can be trusted: a jump is therefore a security event.
 */
export class ClockWatch {
  readonly #clock: Clock;
  #offsetUs: number;
  #jumps = 0;
  #corrected: Step | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetUs = clock.nowUs() - clock.steadyUs();
  }

  get jumps(): number {
    return this.#jumps;
  }

  /** The last step that was seen, small ones too. A clock that is slowly trimmed makes none. */
  get corrected(): Step | undefined {
    return this.#corrected;
  }

  /** At start: the wall clock says less than at the end of the last run, or more than it can have been off. */
  atStart(last: ClockRecord | undefined): SiteEvent | undefined {
    const jumpUs = last ? timeOff(last, this.#clock.nowUs()).jumpUs : 0;
    return jumpUs === 0 ? undefined : this.#jump(jumpUs);
  }

  check(): SiteEvent | undefined {
    const steadyUs = this.#clock.steadyUs();
    const offsetUs = this.#clock.nowUs() - steadyUs;
    const byUs = offsetUs - this.#offsetUs;
    if (Math.abs(byUs) > STEP_US) this.#corrected = { steadyUs, byUs };
    this.#offsetUs = offsetUs;
    return Math.abs(byUs) > JUMP_US ? this.#jump(byUs) : undefined;
  }

  #jump(byUs: number): SiteEvent {
    this.#jumps++;
    return {
      kind: 'security',
      name: 'security.clock-jump',
      subject: 'clock',
      timeUs: this.#clock.nowUs(),
      detail: { byS: Math.round(byUs / 1e6) },
    };
  }
}
