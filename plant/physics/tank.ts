import { clamp, ramp } from '#plant/physics/motion.ts';

/** Feed tank of a line, filled through an inflow valve from the mains. */
export interface Tank {
  volumeM3: number;
  inflowValvePct: number;
  inflowM3h: number;
  /** What ran off through the overflow, since the start: part of the mass balance. */
  spilledM3: number;
}

export const TANK = {
  capacityM3: 0.8,
  heightM: 2.4,
  /** Flow of the mains through the fully open valve. */
  mainsM3h: 30,
  valvePctPerS: 12,
  lowLowPct: 8,
  highHighPct: 95,
  /** The line's own coarse level control, for when nobody above it does better: at each end, valve position. */
  ownControl: { below: { levelPct: 18, valvePct: 75 }, above: { levelPct: 88, valvePct: 20 } },
} as const;

export const newTank = (levelPct: number): Tank => ({
  volumeM3: (TANK.capacityM3 * levelPct) / 100,
  inflowValvePct: 25,
  inflowM3h: 0,
  spilledM3: 0,
});

export const levelPct = (tank: Tank): number => (tank.volumeM3 / TANK.capacityM3) * 100;
export const levelM = (tank: Tank): number => (tank.volumeM3 / TANK.capacityM3) * TANK.heightM;

/** @param netOutM3h what leaves the line: what the pump takes minus what comes back from the filler */
export function stepTank(tank: Tank, valveSetpointPct: number, netOutM3h: number, dtS: number): void {
  tank.inflowValvePct = ramp(tank.inflowValvePct, valveSetpointPct, TANK.valvePctPerS, dtS);
  tank.inflowM3h = (TANK.mainsM3h * tank.inflowValvePct) / 100;
  const wanted = tank.volumeM3 + ((tank.inflowM3h - netOutM3h) * dtS) / 3600;
  tank.volumeM3 = clamp(wanted, 0, TANK.capacityM3);
  tank.spilledM3 += Math.max(wanted - TANK.capacityM3, 0);
}
