import type { Clock } from '#kernel/clock.ts';

/** The two clocks are never read at once: what they differ by counts from here on, so that a moment keeps its name. */
const LEAST_JUMP_US = 500_000;
const AHEAD_US = new WeakMap<Clock, number>();

/** A steady time as people read it. */
export function wallUs(clock: Clock, steadyUs: number): number {
  if (steadyUs === 0) return 0; // never yet
  const nowUs = clock.nowUs() - clock.steadyUs();
  const known = AHEAD_US.get(clock) ?? 0;
  const aheadUs = Math.abs(nowUs - known) < LEAST_JUMP_US ? known : nowUs;
  AHEAD_US.set(clock, aheadUs);
  return Math.round(steadyUs + aheadUs);
}
