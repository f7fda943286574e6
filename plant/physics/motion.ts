/** Moves towards a target at a limited rate: drives and valve actuators. @param perS largest change a second */
export function ramp(present: number, target: number, perS: number, dtS: number): number {
  const most = perS * dtS;
  return present + clamp(target - present, -most, most);
}

/** First-order lag, exact for any step: thermal masses, filters. @param tauS time constant */
export function lag(present: number, target: number, tauS: number, dtS: number): number {
  return target + (present - target) * Math.exp(-dtS / tauS);
}

export const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);
