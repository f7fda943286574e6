import { FILLER_LIMITS, type Filler, newFiller, stepFiller } from '#plant/physics/filler.ts';
import { lag } from '#plant/physics/motion.ts';
import type { Noise } from '#plant/physics/noise.ts';
import { type Fluid, newFluid, PRODUCTS } from '#plant/physics/product.ts';
import { newPump, PUMP_LIMITS, type Pump, stepPump } from '#plant/physics/pump.ts';
import { levelM, levelPct, newTank, stepTank, TANK, type Tank } from '#plant/physics/tank.ts';

/** What people and programs set on a line; `set` and the registers of the devices write these. */
export interface Commands {
  pumpRun: boolean;
  speedSetpointRpm: number;
  valveSetpointPct: number;
  inflowSetpointPct: number;
  beacon: boolean;
  fillerRun: boolean;
  targetPerMin: number;
  flush: boolean;
  /** Number of the product, from 1; see `product.ts`. */
  product: number;
  resetFault: boolean;
  /** Rising count of whoever supervises the line from above. */
  heartbeat: number;
  /** Key switch at the panel: remote operation allowed. Nothing but a hand at the panel turns it. */
  remote: boolean;
  guardClosed: boolean;
}

export type CommandName = keyof Commands;

/** Limits of the set-points that are numbers; the devices refuse what lies outside. */
export const COMMAND_LIMITS: { readonly [name in CommandName]?: readonly [number, number] } = {
  speedSetpointRpm: PUMP_LIMITS.speedRpm,
  valveSetpointPct: PUMP_LIMITS.valvePct,
  inflowSetpointPct: [0, 100],
  targetPerMin: FILLER_LIMITS.ratePerMin,
  product: [1, PRODUCTS.length],
};

/** Faults inside the process, as against faults of the devices that measure it. */
export interface ProcessFaults {
  wornBearing: boolean;
  /** From a new bearing to one that is worn out. */
  wearOverS: number;
  cavitation: boolean;
  stuckSensor: boolean;
  /** The inflow valve moves in jerks and stops short. */
  stickingValve: boolean;
  /** The drain valve of the tank does not close. */
  leak: boolean;
}

/** Those that are there or not. */
export type ProcessFault = Exclude<keyof ProcessFaults, 'wearOverS'>;

/** Time in which a bearing wears out unless somebody says another one. */
export const WEAR_S = 20;

export interface Line {
  readonly tank: Tank;
  readonly pump: Pump;
  readonly filler: Filler;
  readonly fluid: Fluid;
  readonly commands: Commands;
  readonly faults: ProcessFaults;
  airCel: number;
  humidityPct: number;
  timeS: number;
  /** Time since the heartbeat last changed; infinite until there was one. */
  heartbeatAgeS: number;
  /** Local protection of the pump's own controller has stopped it: the tank ran low. */
  dryRunTrip: boolean;
  /** Phase of this line's air, so that no two lines look alike. */
  readonly phase: number;
}

/** Without a new heartbeat this long the controller goes to its own set-point, by itself. */
export const HEARTBEAT_LIMIT_S = 15;
/** Speed of the controller's own choice when nobody supervises it any more. */
export const FALLBACK_RPM = 1800;

export const newLine = (number: number): Line => ({
  tank: newTank(34 + 8 * number),
  pump: newPump(),
  filler: newFiller(),
  fluid: newFluid(),
  commands: {
    pumpRun: true,
    speedSetpointRpm: 2400,
    valveSetpointPct: 70,
    inflowSetpointPct: 25,
    beacon: false,
    fillerRun: true,
    targetPerMin: 150,
    flush: false,
    product: 1,
    resetFault: false,
    heartbeat: 0,
    remote: true,
    guardClosed: true,
  },
  faults: {
    wornBearing: false,
    wearOverS: WEAR_S,
    cavitation: false,
    stuckSensor: false,
    stickingValve: false,
    leak: false,
  },
  airCel: 23,
  humidityPct: 46,
  timeS: 0,
  heartbeatAgeS: Number.POSITIVE_INFINITY,
  dryRunTrip: false,
  phase: number * 1.7,
});

/** Moves a line on. @param dtS at most some tenths of a second, or the tank's balance becomes coarse */
export function stepLine(line: Line, noise: Noise, dtS: number): void {
  line.timeS += dtS;
  stepAir(line, noise, dtS);
  stepController(line, dtS);
  const { commands, faults, fluid, pump, filler, tank } = line;
  stepFluid(fluid, commands.product, dtS);
  stepPump(
    pump,
    {
      run: commands.pumpRun && !line.dryRunTrip,
      speedSetpointRpm: commands.speedSetpointRpm,
      valveSetpointPct: commands.valveSetpointPct,
      wearPerS: faults.wornBearing ? 1 / faults.wearOverS : -MEND_PER_S,
      cavitating: faults.cavitation,
      tankLevelM: levelM(tank),
      airCel: line.airCel,
      fluid,
    },
    dtS,
  );
  stepFiller(
    filler,
    {
      run: commands.fillerRun && commands.guardClosed,
      targetPerMin: commands.targetPerMin,
      resetFault: commands.resetFault,
      flowM3h: pump.flowM3h,
      pumpPowerKw: pump.powerKw,
      cavitation: pump.cavitation,
    },
    dtS,
  );
  stepTank(
    tank,
    {
      valveSetpointPct: commands.inflowSetpointPct,
      netOutM3h: filler.takenM3h,
      sticking: faults.stickingValve,
      leaking: faults.leak,
    },
    dtS,
  );
}

/** A new bearing is put in within seconds: nobody wants to wait for it. */
const MEND_PER_S = 0.4;
/** Time constant of the change from one product to the next. */
const PIPE_S = 8;

function stepFluid(fluid: Fluid, product: number, dtS: number): void {
  const wanted = PRODUCTS[product - 1];
  if (!wanted) return;
  fluid.density = lag(fluid.density, wanted.density, PIPE_S, dtS);
  fluid.friction = lag(fluid.friction, wanted.friction, PIPE_S, dtS);
}

/** The line's own controller: protection and fallback stay with the machine, not with anybody above it. */
function stepController(line: Line, dtS: number): void {
  const level = levelPct(line.tank);
  if (level < TANK.lowLowPct) line.dryRunTrip = true;
  else if (level > TANK.lowLowPct + 10) line.dryRunTrip = false;
  const { below, above } = TANK.ownControl;
  if (level < below.levelPct) line.commands.inflowSetpointPct = below.valvePct;
  if (level > above.levelPct) line.commands.inflowSetpointPct = above.valvePct;
  const before = line.heartbeatAgeS;
  line.heartbeatAgeS += dtS;
  if (before < HEARTBEAT_LIMIT_S && line.heartbeatAgeS >= HEARTBEAT_LIMIT_S) {
    line.commands.speedSetpointRpm = FALLBACK_RPM;
  }
}

function stepAir(line: Line, noise: Noise, dtS: number): void {
  const slow = line.timeS / 700 + line.phase;
  const spread = Math.sqrt(dtS);
  line.airCel += (23 + 1.5 * Math.sin(slow) - line.airCel) * (dtS / 120) + noise.gauss(0.01 * spread);
  line.humidityPct += (46 - 4 * Math.sin(slow) - line.humidityPct) * (dtS / 120) + noise.gauss(0.04 * spread);
}

/** Gives a command to a line. Callers have checked name and limits. */
export function command(line: Line, name: CommandName, value: number | boolean): void {
  if (name === 'heartbeat' && line.commands.heartbeat !== value) line.heartbeatAgeS = 0;
  Object.assign(line.commands, { [name]: value });
}
