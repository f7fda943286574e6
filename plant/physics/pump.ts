import { clamp, lag, ramp } from '#plant/physics/motion.ts';
import type { Fluid } from '#plant/physics/product.ts';

/** A centrifugal pump with its drive and its discharge valve. Pressures are gauge pressures. */
export interface Pump {
  speedRpm: number;
  valvePct: number;
  flowM3h: number;
  headM: number;
  suctionBar: number;
  dischargeBar: number;
  powerKw: number;
  currentA: number;
  bearingCel: number;
  vibrationMmS: number;
  /** 0 is new, 1 is worn out. */
  wear: number;
  /** 0 is none, 1 is a strainer blocked so far that the pump cavitates. */
  cavitation: number;
  runningS: number;
  starts: number;
  energyWh: number;
  apparentEnergyVah: number;
}

export interface PumpInputs {
  readonly run: boolean;
  readonly speedSetpointRpm: number;
  readonly valveSetpointPct: number;
  /** Negative while it is mended. */
  readonly wearPerS: number;
  readonly cavitating: boolean;
  readonly tankLevelM: number;
  readonly airCel: number;
  readonly fluid: Fluid;
}

/** What the drive and the actuators accept; a set-point outside is refused by the device. */
export const PUMP_LIMITS = {
  speedRpm: [600, 3000],
  valvePct: [10, 100],
} as const;

export const PUMP = {
  nominalRpm: 2900,
  accelRpmPerS: 180,
  valvePctPerS: 10,
  /** Head of the closed pump at nominal speed, and how fast it falls with the flow. */
  shutOffM: 40,
  headPerFlow2: 0.02,
  /** Static head and friction of the pipe with the valve fully open. */
  staticM: 5,
  frictionPerFlow2: 0.024,
  bestFlowM3h: 21,
  bearingTauS: 25,
} as const;

const BAR_PER_M = 0.0981;

export const newPump = (): Pump => ({
  speedRpm: 2400,
  valvePct: 70,
  flowM3h: 18,
  headM: 20,
  suctionBar: 0.2,
  dischargeBar: 2.2,
  powerKw: 1.9,
  currentA: 4.5,
  bearingCel: 42,
  vibrationMmS: 1.7,
  wear: 0,
  cavitation: 0,
  runningS: 8_400_000,
  starts: 1274,
  energyWh: 4_812_654_321,
  apparentEnergyVah: 5_661_946_260.5,
});

export function stepPump(pump: Pump, inputs: PumpInputs, dtS: number): void {
  if (inputs.run && pump.speedRpm === 0) pump.starts++;
  const target = inputs.run ? clamp(inputs.speedSetpointRpm, ...PUMP_LIMITS.speedRpm) : 0;
  pump.speedRpm = ramp(pump.speedRpm, target, PUMP.accelRpmPerS, dtS);
  pump.valvePct = ramp(pump.valvePct, inputs.valveSetpointPct, PUMP.valvePctPerS, dtS);
  pump.wear = clamp(pump.wear + inputs.wearPerS * dtS, 0, 1);
  pump.cavitation = ramp(pump.cavitation, inputs.cavitating ? 1 : 0, 0.5, dtS);
  if (pump.speedRpm > 0) pump.runningS += dtS;
  stepHydraulics(pump, inputs.tankLevelM, inputs.fluid);
  stepElectrics(pump, inputs.fluid, dtS);
  stepBearing(pump, inputs.airCel, dtS);
}

/** Where the pump's curve, moved to its speed by the affinity laws, meets the curve of the pipe. */
function stepHydraulics(pump: Pump, tankLevelM: number, fluid: Fluid): void {
  const ratio = pump.speedRpm / PUMP.nominalRpm;
  const shutOff = PUMP.shutOffM * ratio ** 2 * (1 - 0.35 * pump.cavitation);
  const opening = Math.max(pump.valvePct / 100, 0.05);
  const friction = PUMP.headPerFlow2 + (PUMP.frictionPerFlow2 * fluid.friction) / opening ** 2;
  const dry = tankLevelM <= 0;
  pump.flowM3h = dry ? 0 : Math.sqrt(Math.max(shutOff - PUMP.staticM, 0) / friction);
  pump.headM = dry ? 0 : shutOff - PUMP.headPerFlow2 * pump.flowM3h ** 2;
  const strainerM = 0.004 * pump.flowM3h ** 2 + 6 * pump.cavitation * ratio ** 2;
  const barPerM = BAR_PER_M * fluid.density;
  pump.suctionBar = (tankLevelM + 1.5 - strainerM) * barPerM;
  pump.dischargeBar = pump.suctionBar + pump.headM * barPerM;
}

function stepElectrics(pump: Pump, { density }: Fluid, dtS: number): void {
  const ratio = pump.speedRpm / PUMP.nominalRpm;
  const hydraulicKw = (9.81 * density * pump.flowM3h * Math.max(pump.headM, 0)) / 3600;
  const offBest = ratio > 0 ? pump.flowM3h / (PUMP.bestFlowM3h * ratio) - 1 : 0;
  const efficiency = clamp(0.74 - 0.5 * offBest ** 2 - 0.2 * pump.cavitation, 0.2, 1);
  const frictionKw = 0.25 * ratio ** 2 * (1 + 0.8 * pump.wear);
  pump.powerKw = ratio > 0 ? (hydraulicKw / efficiency + frictionKw) / 0.9 + 0.04 : 0.02;
  const activeA = (pump.powerKw * 1000) / (Math.sqrt(3) * 400 * 0.85);
  pump.currentA = ratio > 0 ? activeA + 1.1 : 0;
  pump.energyWh += (pump.powerKw * 1000 * dtS) / 3600;
  pump.apparentEnergyVah += (pump.powerKw * 1000 * dtS) / 3600 / 0.85;
}

/** Wear shows in the vibration at once; it warms the bearing when there is much of it, with the bearing's thermal mass. */
function stepBearing(pump: Pump, airCel: number, dtS: number): void {
  const ratio = pump.speedRpm / PUMP.nominalRpm;
  const rise = 26 * ratio ** 1.5 * (1 + 3 * pump.wear ** 3 + 0.2 * pump.cavitation);
  pump.bearingCel = lag(pump.bearingCel, airCel + rise, PUMP.bearingTauS, dtS);
  const running = ratio > 0.02 ? 0.5 : 0.05;
  const byspeed = (1.6 + 7 * pump.wear + 2.2 * pump.cavitation) * ratio ** 2;
  pump.vibrationMmS = lag(pump.vibrationMmS, running + byspeed, 0.6, dtS);
}
