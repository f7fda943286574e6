import { clamp, lag, ramp } from '#plant/physics/motion.ts';

/** Stopped, running without load, compressing. */
export const COMPRESSOR_STATES = ['stopped', 'idling', 'loaded'] as const;

export interface Compressor {
  run: boolean;
  loaded: boolean;
  /** Share of what it can deliver. */
  loadPct: number;
  powerKw: number;
  oilCel: number;
  vibrationMmS: number;
  runningS: number;
  loads: number;
}

/** Compressed air: two machines that load and unload, one with a drive that follows the demand. */
export interface Air {
  readonly compressors: readonly Compressor[];
  headerBar: number;
  demandM3Min: number;
  dryerDewCel: number;
  airL: number;
}

export const AIR = {
  /** Free air that each machine delivers at full load. */
  m3Min: [4.5, 4.5, 6],
  receiverM3: 4,
  /** The fixed machines load below the set-point less this, and unload above the set-point and this. */
  bandBar: [0.35, 0.25],
  fullKw: [30, 30, 37],
} as const;

export const newAir = (): Air => ({
  compressors: [newCompressor(true, 412), newCompressor(false, 1733), newCompressor(true, 65)],
  headerBar: 7,
  demandM3Min: 7,
  dryerDewCel: 3,
  airL: 731_882_400_120,
});

const newCompressor = (run: boolean, loads: number): Compressor => ({
  run,
  loaded: run,
  loadPct: run ? 60 : 0,
  powerKw: run ? 20 : 0,
  oilCel: run ? 78 : 24,
  vibrationMmS: run ? 2.2 : 0.1,
  runningS: 30_000_000 + loads * 3600,
  loads,
});

export interface AirInputs {
  readonly setpointBar: number;
  readonly demandM3Min: number;
  readonly allowed: readonly boolean[];
  readonly roomCel: number;
}

export function stepAir(air: Air, inputs: AirInputs, dtS: number): void {
  let delivered = 0;
  for (const [i, machine] of air.compressors.entries()) {
    stepCompressor(machine, i, air.headerBar, inputs, dtS);
    delivered += (machine.loadPct / 100) * (AIR.m3Min[i] ?? 0);
  }
  air.demandM3Min = inputs.demandM3Min * clamp(air.headerBar / 6, 0, 1.3);
  const surplus = (delivered - air.demandM3Min) / 60;
  air.headerBar = clamp(air.headerBar + (surplus * dtS) / AIR.receiverM3, 0, 10);
  air.airL += (air.demandM3Min * 1000 * dtS) / 60;
  air.dryerDewCel = lag(air.dryerDewCel, 2 + 0.15 * air.demandM3Min, 60, dtS);
}

function stepCompressor(
  machine: Compressor,
  i: number,
  headerBar: number,
  { setpointBar, allowed, roomCel }: AirInputs,
  dtS: number,
): void {
  const follows = i === 2;
  const [below, above] = AIR.bandBar;
  machine.run = allowed[i] ?? false;
  // The second machine helps a little later than the first, or both would hunt.
  const low = setpointBar - below - 0.15 * i;
  const loads = machine.run && (machine.loaded ? headerBar < setpointBar + above : headerBar < low);
  if (loads && !machine.loaded) machine.loads++;
  machine.loaded = follows ? machine.run : loads;
  const following = clamp(50 + 250 * (setpointBar - headerBar), 0, 100);
  const wanted = machine.loaded ? (follows ? following : 100) : 0;
  machine.loadPct = ramp(machine.loadPct, wanted, 40, dtS);
  const full = AIR.fullKw[i] ?? 0;
  machine.powerKw = machine.run ? full * (0.28 + (0.72 * machine.loadPct) / 100) : 0.1;
  machine.oilCel = lag(
    machine.oilCel,
    machine.run ? roomCel + 42 + 0.22 * machine.loadPct : roomCel,
    90,
    dtS,
  );
  machine.vibrationMmS = lag(machine.vibrationMmS, machine.run ? 1.4 + 0.012 * machine.loadPct : 0.1, 1, dtS);
  if (machine.run) machine.runningS += dtS;
}
