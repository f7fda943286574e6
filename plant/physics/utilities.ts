import { type Air, newAir, stepAir } from '#plant/physics/air.ts';
import { type Boiler, newBoiler, stepBoiler } from '#plant/physics/boiler.ts';
import { type Cip, endCip, newCip, startCip, stepCip } from '#plant/physics/cip.ts';
import type { Line } from '#plant/physics/line.ts';
import { clamp, lag } from '#plant/physics/motion.ts';
import type { Packaging } from '#plant/physics/packaging.ts';

/** What the OPC UA server of the utilities lets people set. */
export interface UtilityCommands {
  steamSetpointBar: number;
  burnerEnable: boolean;
  airSetpointBar: number;
  compressor1Enable: boolean;
  compressor2Enable: boolean;
  compressor3Enable: boolean;
  chilledSetpointCel: number;
  chiller1Enable: boolean;
  chiller2Enable: boolean;
  /** For the cleaning that `cipRun` then starts. */
  cipRecipe: number;
  cipSeconds: number;
  cipRun: boolean;
  /** Number of the meter whose counters go to zero, from 1; 0: none. */
  resetMeter: number;
}
export type UtilityCommand = keyof UtilityCommands;

export const UTILITY_LIMITS: { readonly [name in UtilityCommand]?: readonly [number, number] } = {
  steamSetpointBar: [3, 9],
  airSetpointBar: [5, 8],
  chilledSetpointCel: [3, 12],
  cipRecipe: [0, 2],
  cipSeconds: [10, 7200],
};

export interface Chiller {
  run: boolean;
  loadPct: number;
  powerKw: number;
  evaporatorCel: number;
  condenserCel: number;
  runningS: number;
}

/** An energy meter, or the counters of one line. */
export interface Meter {
  powerKw: number;
  /** What the counter shows is this and `energyWh`, which stays small enough to count single watt hours. */
  baseWh: bigint;
  energyWh: number;
  reactiveVarh: number;
  resetMs: number;
}

/** What a line takes of the utilities. */
export interface Consumption {
  steamKgH: number;
  steamKg: number;
  airM3Min: number;
  airL: number;
  waterM3H: number;
  waterL: number;
}

export interface Utilities {
  readonly air: Air;
  readonly boiler: Boiler;
  readonly cip: Cip;
  readonly chillers: readonly Chiller[];
  chilledSupplyCel: number;
  chilledReturnCel: number;
  chilledFlowM3H: number;
  coolingKw: number;
  /** One for each line. */
  readonly consumption: readonly Consumption[];
  /** One for each of `METERS`. */
  readonly meters: readonly Meter[];
  readonly commands: UtilityCommands;
}

/** Energy meters of the utilities; the lines' own come after them. */
export const METERS = [
  'Incomer',
  'Compressors',
  'Chillers',
  'Boiler house',
  'Lighting',
  'Packaging',
] as const;

export function newUtilities(lines: number): Utilities {
  return {
    air: newAir(),
    boiler: newBoiler(),
    cip: newCip(),
    chillers: [newChiller(true), newChiller(false)],
    chilledSupplyCel: 6,
    chilledReturnCel: 10.5,
    chilledFlowM3H: 22,
    coolingKw: 110,
    consumption: Array.from({ length: lines }, (_, i) => ({
      steamKgH: 120,
      steamKg: 5_120_400 + 310 * i,
      airM3Min: 2.1,
      airL: 210_300_400_500 + 7 * i,
      waterM3H: 8,
      waterL: 81_240_000 + 13 * i,
    })),
    meters: Array.from({ length: METERS.length + lines }, (_, i) => ({
      powerKw: 0,
      // The oldest counter is beyond what a double holds exactly.
      baseWh: i === 0 ? 9_007_199_254_740_993n : BigInt(7_199_254_740 - i * 311_000_417),
      energyWh: 0,
      reactiveVarh: 1_204_500_300 + 77 * i,
      resetMs: Date.UTC(2025, 0, 1),
    })),
    commands: {
      steamSetpointBar: 7,
      burnerEnable: true,
      airSetpointBar: 7,
      compressor1Enable: true,
      compressor2Enable: true,
      compressor3Enable: true,
      chilledSetpointCel: 6,
      chiller1Enable: true,
      chiller2Enable: true,
      cipRecipe: 2,
      cipSeconds: 1800,
      cipRun: false,
      resetMeter: 0,
    },
  };
}

const newChiller = (run: boolean): Chiller => ({
  run,
  loadPct: run ? 70 : 0,
  powerKw: run ? 25 : 0.2,
  evaporatorCel: run ? 2 : 12,
  condenserCel: run ? 38 : 24,
  runningS: run ? 42_000_000 : 21_500_000,
});

/** Moves the utilities on, by what the lines and the packaging take of them. */
export function stepUtilities(
  utilities: Utilities,
  lines: readonly Line[],
  packaging: Packaging,
  dtS: number,
): void {
  const { air, boiler, cip, commands, consumption } = utilities;
  const cleaning = cip.step !== 0;
  for (const [i, line] of lines.entries()) {
    const used = consumption[i];
    if (used) stepConsumption(used, line, dtS);
  }
  const sum = (of: (used: Consumption) => number) => consumption.reduce((all, used) => all + of(used), 0);
  stepBoiler(
    boiler,
    {
      enabled: commands.burnerEnable,
      setpointBar: commands.steamSetpointBar,
      demandKgH: 90 + sum((used) => used.steamKgH) + (cleaning ? 260 : 0),
    },
    dtS,
  );
  stepAir(
    air,
    {
      setpointBar: commands.airSetpointBar,
      demandM3Min: 0.7 + sum((used) => used.airM3Min) + 0.02 * packaging.packer.speedPerMin,
      allowed: [commands.compressor1Enable, commands.compressor2Enable, commands.compressor3Enable],
      roomCel: lines[0]?.airCel ?? 23,
    },
    dtS,
  );
  stepCip(cip, boiler.pressureBar, dtS);
  // The bit that started the cleaning tells whether it goes on.
  commands.cipRun = cip.step !== 0;
  stepChilledWater(utilities, lines, dtS);
  stepMeters(utilities, lines, packaging, dtS);
}

function stepConsumption(used: Consumption, { filler, tank, commands }: Line, dtS: number): void {
  const flushing = commands.flush && filler.state === 'stopped';
  used.steamKgH = lag(used.steamKgH, 25 + 0.6 * filler.ratePerMin + (flushing ? 60 : 0), 15, dtS);
  used.airM3Min = lag(used.airM3Min, 0.3 + 0.012 * filler.ratePerMin, 2, dtS);
  used.waterM3H = tank.inflowM3h + (flushing ? 2 : 0);
  used.steamKg += (used.steamKgH * dtS) / 3600;
  used.airL += (used.airM3Min * 1000 * dtS) / 60;
  used.waterL += (used.waterM3H * 1000 * dtS) / 3600;
}

function stepChilledWater(utilities: Utilities, lines: readonly Line[], dtS: number): void {
  const { commands, chillers, air } = utilities;
  const products = lines.reduce((kw, { filler }) => kw + 8 + 0.18 * filler.ratePerMin, 0);
  const wanted = products + 0.15 * air.compressors.reduce((kw, { powerKw }) => kw + powerKw, 0);
  const allowed = [commands.chiller1Enable, commands.chiller2Enable];
  const errorK = utilities.chilledSupplyCel - commands.chilledSetpointCel;
  let coolingKw = 0;
  for (const [i, chiller] of chillers.entries()) {
    // The second one helps when the first cannot hold the temperature.
    const needed = i === 0 || errorK > 1 || (chiller.run && errorK > -0.5);
    chiller.run = (allowed[i] ?? false) && needed;
    const loadPct = chiller.run ? clamp(wanted / 1.6 + 25 * errorK, 10, 100) : 0;
    chiller.loadPct = lag(chiller.loadPct, loadPct, 8, dtS);
    chiller.powerKw = chiller.run ? 3 + 0.34 * chiller.loadPct : 0.2;
    chiller.evaporatorCel = lag(
      chiller.evaporatorCel,
      chiller.run ? utilities.chilledSupplyCel - 4 : 12,
      20,
      dtS,
    );
    chiller.condenserCel = lag(chiller.condenserCel, chiller.run ? 28 + 0.14 * chiller.loadPct : 24, 20, dtS);
    if (chiller.run) chiller.runningS += dtS;
    coolingKw += 1.6 * chiller.loadPct;
  }
  utilities.coolingKw = coolingKw;
  // Water in the circuit, 6 m3: a kilowatt warms it by a kelvin in seven hours.
  const next = utilities.chilledSupplyCel + ((wanted - coolingKw) * dtS) / (6000 * 4.19);
  utilities.chilledSupplyCel = clamp(next, 0.5, 25);
  utilities.chilledReturnCel =
    utilities.chilledSupplyCel + (wanted * 3.6) / (utilities.chilledFlowM3H * 4.19);
}

function stepMeters(
  { meters, air, boiler, chillers }: Utilities,
  lines: readonly Line[],
  packaging: Packaging,
  dtS: number,
): void {
  const own = [
    air.compressors.reduce((kw, { powerKw }) => kw + powerKw, 0),
    chillers.reduce((kw, { powerKw }) => kw + powerKw, 0) + 5.5,
    2 + 0.06 * boiler.firingPct,
    8.4,
    3 + 0.09 * packaging.packer.speedPerMin + (packaging.palletizer.moving ? 4 : 0),
    ...lines.map(
      ({ pump, filler }) => pump.powerKw + (filler.ratePerMin > 0 ? 2.2 + 0.018 * filler.ratePerMin : 0.4),
    ),
  ];
  const total = own.reduce((sum, kw) => sum + kw, 0) * 1.02;
  for (const [i, kw] of [total, ...own].entries()) {
    const meter = meters[i];
    if (!meter) continue;
    meter.powerKw = kw;
    meter.energyWh += (kw * 1000 * dtS) / 3600;
    meter.reactiveVarh += (kw * 420 * dtS) / 3600;
  }
}

/** Gives a command to the utilities. Callers have checked its limits. */
export function utilityCommand(
  utilities: Utilities,
  name: UtilityCommand,
  value: number | boolean,
  nowMs: number,
): void {
  const { commands, cip, meters } = utilities;
  if (name === 'cipRun') {
    if (value === true) startCip(cip, commands.cipRecipe, commands.cipSeconds, nowMs);
    else endCip(cip, false);
  }
  if (name === 'resetMeter') {
    const meter = meters[Number(value) - 1];
    if (meter) Object.assign(meter, { baseWh: 0n, energyWh: 0, reactiveVarh: 0, resetMs: nowMs });
    return;
  }
  Object.assign(commands, { [name]: value });
}
