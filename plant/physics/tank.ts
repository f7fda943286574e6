import { clamp, ramp } from '#plant/physics/motion.ts';

/** Feed tank of a line, filled through an inflow valve from the mains. */
export interface Tank {
  volumeM3: number;
  /** Where the actuator of the inflow valve is; the valve itself, unless it sticks, is there too. */
  inflowDrivePct: number;
  inflowValvePct: number;
  inflowM3h: number;
  /** What ran off through the overflow, since the start: part of the mass balance. */
  spilledM3: number;
  /** The same for what ran off through a leak. */
  leakedM3: number;
  leakM3h: number;
}

export interface TankInputs {
  readonly valveSetpointPct: number;
  /** What leaves the line: what the pump takes minus what comes back from the filler. */
  readonly netOutM3h: number;
  readonly sticking: boolean;
  readonly leaking: boolean;
}

export const TANK = {
  capacityM3: 0.8,
  heightM: 2.4,
  /** Flow of the mains through the fully open valve. */
  mainsM3h: 30,
  valvePctPerS: 12,
  /** A valve that sticks stands until its actuator is so far away, and then slips until it is so near. */
  stickPct: 14,
  slipPct: 6,
  /** Through the drain of a full tank that is not quite closed. */
  leakM3h: 2.4,
  lowLowPct: 8,
  highHighPct: 95,
  /** The line's own coarse level control, for when nobody above it does better: at each end, valve position. */
  ownControl: { below: { levelPct: 18, valvePct: 75 }, above: { levelPct: 88, valvePct: 20 } },
} as const;

export const newTank = (levelPct: number): Tank => ({
  volumeM3: (TANK.capacityM3 * levelPct) / 100,
  inflowDrivePct: 25,
  inflowValvePct: 25,
  inflowM3h: 0,
  spilledM3: 0,
  leakedM3: 0,
  leakM3h: 0,
});

export const levelPct = (tank: Tank): number => (tank.volumeM3 / TANK.capacityM3) * 100;
export const levelM = (tank: Tank): number => (tank.volumeM3 / TANK.capacityM3) * TANK.heightM;

export function stepTank(tank: Tank, inputs: TankInputs, dtS: number): void {
  stepInflowValve(tank, inputs, dtS);
  tank.inflowM3h = (TANK.mainsM3h * tank.inflowValvePct) / 100;
  // Torricelli: with the root of the head above it.
  tank.leakM3h = inputs.leaking ? TANK.leakM3h * Math.sqrt(levelM(tank) / TANK.heightM) : 0;
  tank.leakedM3 += (tank.leakM3h * dtS) / 3600;
  const netM3h = tank.inflowM3h - inputs.netOutM3h - tank.leakM3h;
  const wanted = tank.volumeM3 + (netM3h * dtS) / 3600;
  tank.volumeM3 = clamp(wanted, 0, TANK.capacityM3);
  tank.spilledM3 += Math.max(wanted - TANK.capacityM3, 0);
}

function stepInflowValve(tank: Tank, { valveSetpointPct, sticking }: TankInputs, dtS: number): void {
  tank.inflowDrivePct = ramp(tank.inflowDrivePct, valveSetpointPct, TANK.valvePctPerS, dtS);
  const behind = tank.inflowDrivePct - tank.inflowValvePct;
  if (!sticking) tank.inflowValvePct = ramp(tank.inflowValvePct, tank.inflowDrivePct, FREED_PCT_PER_S, dtS);
  else if (Math.abs(behind) > TANK.stickPct)
    tank.inflowValvePct = tank.inflowDrivePct - Math.sign(behind) * TANK.slipPct;
}

/** A valve that no longer sticks comes after its actuator at once, but does not jump. */
const FREED_PCT_PER_S = 50;
