import {
  analog,
  counter,
  FAST_MS,
  fixed,
  flag,
  type NodeSpec,
  type NodeValue,
  numberOf,
  rounded,
  SLOW_MS,
  setpoint,
} from '#plant/opcua/node.ts';
import { CIP_RECIPES, CIP_STEPS } from '#plant/physics/cip.ts';
import type { Signals } from '#plant/physics/measure.ts';
import { METERS, UTILITY_LIMITS } from '#plant/physics/utilities.ts';
import { LINES } from '#plant/physics/world.ts';

const limitsOf = (command: keyof typeof UTILITY_LIMITS): readonly [number, number] =>
  UTILITY_LIMITS[command] ?? [0, 0];

const BOILER: readonly NodeSpec[] = [
  analog('Boiler/Steam/Pressure', 'steamPressure', {
    unit: 'bar',
    range: [0, 12],
    digits: 3,
    fast: true,
    history: true,
  }),
  setpoint('Boiler/Steam/PressureSetpoint', 'steamSetpointBar', 'bar', limitsOf('steamSetpointBar')),
  analog('Boiler/Steam/Flow', 'steamFlow', {
    unit: 'kilogramPerHour',
    range: [0, 1200],
    digits: 1,
    history: true,
  }),
  analog('Boiler/Steam/Production', 'steamProduction', {
    unit: 'kilogramPerHour',
    range: [0, 1200],
    digits: 1,
  }),
  analog('Boiler/Steam/Temperature', (s) => saturationCel(Number(s.steamPressure)), {
    unit: 'celsius',
    range: [90, 220],
    digits: 1,
  }),
  counter('Boiler/Steam/Total', 'steamTotalKg', 'UInt64', 'kilogram'),
  flag('Boiler/Burner/Enable', 'burnerEnable', 'burnerEnable'),
  flag('Boiler/Burner/Flame', 'burnerOn'),
  analog('Boiler/Burner/FiringRate', 'burnerFiring', {
    unit: 'percent',
    range: [0, 100],
    digits: 1,
    fast: true,
  }),
  counter('Boiler/Burner/Starts', 'burnerStarts', 'UInt32'),
  analog('Boiler/Burner/RunningHours', 'burnerRunningS', { unit: 'hour', range: [0, 1e6], factor: 1 / 3600 }),
  analog('Boiler/Fuel/Flow', 'gasFlow', { unit: 'cubicMetrePerHour', range: [0, 110], digits: 1 }),
  counter('Boiler/Fuel/Total', 'gasTotalL', 'UInt64', 'litre'),
  fixed('Boiler/Fuel/Kind', 'String', 'natural gas H'),
  analog('Boiler/FlueGas/Temperature', 'flueGasTemperature', { unit: 'celsius', range: [0, 350], digits: 1 }),
  analog('Boiler/FlueGas/Oxygen', 'flueGasOxygen', { unit: 'percent', range: [0, 21], type: 'Float' }),
  analog('Boiler/Drum/Level', 'drumLevel', { unit: 'percent', range: [0, 100], digits: 1, history: true }),
  analog('Boiler/Feedwater/Valve', 'feedwaterValve', { unit: 'percent', range: [0, 100], digits: 1 }),
  counter('Boiler/Feedwater/Total', 'feedwaterTotalL', 'UInt64', 'litre'),
  ...nameplate('Boiler', 'Steamworks DK 1200', 'DK-1200-04417', Date.UTC(2026, 2, 3, 8)),
];

/** Saturated steam, within half a kelvin from 1 to 12 bar gauge. */
const saturationCel = (gaugeBar: number): number => 100 * Math.max(gaugeBar + 1.013, 0.5) ** 0.2504;

function compressor(number: number): readonly NodeSpec[] {
  const at = `CompressedAir/Compressor${number}`;
  const of = (name: string) => `compressor${number}${name}`;
  const enable = `compressor${number}Enable` as 'compressor1Enable';
  return [
    flag(`${at}/Enable`, enable, enable),
    { path: `${at}/State`, type: 'CompressorState', everyMs: FAST_MS, read: numberOf(of('State')) },
    analog(`${at}/Load`, of('Load'), { unit: 'percent', range: [0, 100], digits: 1, fast: true }),
    analog(`${at}/Power`, of('Power'), { unit: 'kilowatt', range: [0, 45] }),
    analog(`${at}/Oil/Temperature`, of('OilTemperature'), { unit: 'celsius', range: [0, 120], digits: 1 }),
    analog(`${at}/Oil/Pressure`, (s) => 1.4 + 0.016 * Number(s[of('Load')]), { unit: 'bar', range: [0, 6] }),
    analog(`${at}/Vibration/Velocity`, of('Vibration'), {
      unit: 'millimetrePerSecond',
      range: [0, 20],
      history: number === 1,
    }),
    spectrum(`${at}/Vibration/Spectrum`, of('Vibration'), 24 + number),
    analog(`${at}/RunningHours`, of('RunningS'), { unit: 'hour', range: [0, 1e6], factor: 1 / 3600 }),
    counter(`${at}/LoadCycles`, of('Loads'), 'UInt32'),
    ...nameplate(
      at,
      number === 3 ? 'Kaltluft VSD 37' : 'Kaltluft F30',
      `KL-${4400 + 17 * number}`,
      Date.UTC(2026, 4, number),
    ),
  ];
}

/** Velocity in bands of ten hertz: turning speed, its double, and a floor. */
function spectrum(path: string, signal: string, turningHz: number): NodeSpec {
  const shape = Array.from({ length: 32 }, (_, i) => {
    const hz = 10 * i + 5;
    const peak = (at: number, height: number) => height * Math.exp(-(((hz - at) / 9) ** 2));
    return 0.02 + peak(turningHz, 0.7) + peak(2 * turningHz, 0.25) + peak(8 * turningHz, 0.1);
  });
  return {
    path,
    type: 'Float',
    array: true,
    unit: 'millimetrePerSecond',
    range: [0, 20],
    everyMs: 2 * SLOW_MS,
    read: (s) => shape.map((part) => Math.fround(rounded(part * Number(s[signal] ?? 0), 3))),
  };
}

const AIR: readonly NodeSpec[] = [
  analog('CompressedAir/Header/Pressure', 'headerPressure', {
    unit: 'bar',
    range: [0, 10],
    digits: 3,
    fast: true,
    history: true,
  }),
  setpoint('CompressedAir/Header/PressureSetpoint', 'airSetpointBar', 'bar', limitsOf('airSetpointBar')),
  analog('CompressedAir/Header/Flow', 'airFlow', {
    unit: 'cubicMetrePerMinute',
    range: [0, 20],
    history: true,
  }),
  counter('CompressedAir/Header/Total', 'airTotalL', 'UInt64', 'litre'),
  analog('CompressedAir/Dryer/DewPoint', 'airDewPoint', { unit: 'celsius', range: [-20, 40], digits: 1 }),
  analog('CompressedAir/Dryer/Power', (s) => 1.1 + 0.05 * Number(s.airFlow), {
    unit: 'kilowatt',
    range: [0, 5],
  }),
  ...compressor(1),
  ...compressor(2),
  ...compressor(3),
];

function chiller(number: number): readonly NodeSpec[] {
  const at = `ChilledWater/Chiller${number}`;
  const of = (name: string) => `chiller${number}${name}`;
  const enable = `chiller${number}Enable` as 'chiller1Enable';
  return [
    flag(`${at}/Enable`, enable, enable),
    flag(`${at}/Running`, of('Run')),
    analog(`${at}/Load`, of('Load'), { unit: 'percent', range: [0, 100], digits: 1 }),
    analog(`${at}/Power`, of('Power'), { unit: 'kilowatt', range: [0, 60] }),
    analog(`${at}/Evaporator/Temperature`, of('Evaporator'), {
      unit: 'celsius',
      range: [-20, 40],
      digits: 1,
    }),
    analog(`${at}/Condenser/Temperature`, of('Condenser'), { unit: 'celsius', range: [0, 80], digits: 1 }),
    analog(`${at}/RunningHours`, of('RunningS'), { unit: 'hour', range: [0, 1e6], factor: 1 / 3600 }),
    ...nameplate(at, 'Polarwerk W180', `PW-${220 + number}`, Date.UTC(2026, 5, number)),
  ];
}

const CHILLED: readonly NodeSpec[] = [
  analog('ChilledWater/Supply/Temperature', 'chilledSupply', {
    unit: 'celsius',
    range: [0, 30],
    fast: true,
    history: true,
  }),
  setpoint(
    'ChilledWater/Supply/TemperatureSetpoint',
    'chilledSetpointCel',
    'celsius',
    limitsOf('chilledSetpointCel'),
  ),
  analog('ChilledWater/Return/Temperature', 'chilledReturn', { unit: 'celsius', range: [0, 30] }),
  analog('ChilledWater/Flow', 'chilledFlow', { unit: 'cubicMetrePerHour', range: [0, 60], digits: 1 }),
  analog('ChilledWater/Cooling', 'cooling', { unit: 'kilowatt', range: [0, 400], digits: 1 }),
  ...chiller(1),
  ...chiller(2),
];

const recipeName = (number: NodeValue | undefined): string => CIP_RECIPES[Number(number)]?.name ?? 'unknown';

const CIP: readonly NodeSpec[] = [
  { path: 'Cip/Step', type: 'CipStep', everyMs: FAST_MS, read: numberOf('cipStep') },
  {
    path: 'Cip/Recipe',
    type: 'String',
    everyMs: SLOW_MS,
    read: (s) => recipeName(Number(s.cipActiveRecipe)),
  },
  fixed(
    'Cip/Recipes',
    'String',
    CIP_RECIPES.map(({ name }) => name),
  ),
  flag('Cip/Running', 'cipRun'),
  analog('Cip/Elapsed', 'cipElapsed', { unit: 'second', range: [0, 7200], digits: 0 }),
  analog('Cip/Progress', 'cipProgress', { unit: 'percent', range: [0, 100], digits: 1 }),
  analog('Cip/Supply/Temperature', 'cipSupply', {
    unit: 'celsius',
    range: [0, 100],
    digits: 1,
    history: true,
  }),
  analog('Cip/Return/Temperature', 'cipReturn', { unit: 'celsius', range: [0, 100], digits: 1 }),
  analog('Cip/Return/Conductivity', 'cipConductivity', {
    unit: 'millisiemensPerCentimetre',
    range: [0, 200],
  }),
  analog('Cip/Supply/Flow', 'cipFlow', { unit: 'cubicMetrePerHour', range: [0, 30], digits: 1 }),
  analog('Cip/Tanks/Caustic', 'cipCaustic', { unit: 'percent', range: [0, 100], digits: 1, type: 'Float' }),
  analog('Cip/Tanks/Acid', 'cipAcid', { unit: 'percent', range: [0, 100], digits: 1, type: 'Float' }),
  analog('Cip/Tanks/Water', 'cipWater', { unit: 'percent', range: [0, 100], digits: 1, type: 'Float' }),
  counter('Cip/Runs', 'cipRuns', 'UInt32'),
  { path: 'Cip/LastReport', type: 'CipReport', everyMs: SLOW_MS, read: report },
];

function report(s: Signals): NodeValue {
  const recipe = Number(s.reportRecipe ?? 0);
  return {
    number: Number(s.reportNumber ?? 0),
    recipe: recipeName(recipe),
    started: Number(s.reportStartedMs ?? 0),
    duration: rounded(Number(s.reportSeconds ?? 0), 1),
    peakTemperature: rounded(Number(s.reportPeakCel ?? 0), 1),
    peakConductivity: rounded(Number(s.reportPeakMsCm ?? 0), 1),
    water: BigInt(s.reportWaterL ?? 0),
    steps: (CIP_RECIPES[recipe]?.steps ?? []).map(({ step }) => CIP_STEPS[step] ?? ''),
    complete: s.reportComplete === true,
  };
}

/** What a line takes, and its energy meter. */
function line(number: number): readonly NodeSpec[] {
  const of = (name: string) => `line${number}${name}`;
  const at = `Line${number}`;
  return [
    analog(`${at}/Steam/Flow`, of('Steam'), { unit: 'kilogramPerHour', range: [0, 300], digits: 1 }),
    counter(`${at}/Steam/Total`, of('SteamTotal'), 'UInt64', 'kilogram'),
    analog(`${at}/Air/Flow`, of('Air'), { unit: 'cubicMetrePerMinute', range: [0, 8] }),
    counter(`${at}/Air/Total`, of('AirTotal'), 'UInt64', 'litre'),
    analog(`${at}/Water/Flow`, of('Water'), { unit: 'cubicMetrePerHour', range: [0, 40], type: 'Float' }),
    counter(`${at}/Water/Total`, of('WaterTotal'), 'UInt64', 'litre'),
    ...meter(`${at}/Meter`, METERS.length + number, `line ${number}`),
  ];
}

/** A three-phase energy meter. @param number from 1 */
function meter(at: string, number: number, feeds: string): readonly NodeSpec[] {
  const of = (name: string) => `meter${number}${name}`;
  const power = (s: Signals) => Number(s[of('Power')] ?? 0);
  const factor = 0.9 + 0.01 * (number % 7);
  const apparent = (s: Signals) => power(s) / factor;
  const volts = (s: Signals, phase: number) =>
    Number(s[of('Voltage')] ?? 0) / Math.sqrt(3) + 0.4 * (phase - 2);
  const amperes = (s: Signals, phase: number) =>
    ((apparent(s) * 1000) / 3 / Math.max(volts(s, phase), 1)) * (1 + 0.02 * (phase - 2));
  return [
    analog(`${at}/ActivePower`, power, { unit: 'kilowatt', range: [0, 400], history: number <= 2 }),
    analog(`${at}/ReactivePower`, (s) => power(s) * Math.tan(Math.acos(factor)), {
      unit: 'kilovar',
      range: [0, 400],
    }),
    analog(`${at}/ApparentPower`, apparent, { unit: 'kilovoltampere', range: [0, 400] }),
    analog(`${at}/PowerFactor`, () => factor, { range: [0, 1], type: 'Float' }),
    analog(`${at}/Frequency`, 'frequency', { unit: 'hertz', range: [45, 55], type: 'Float' }),
    ...[1, 2, 3].flatMap((phase) => [
      analog(`${at}/L${phase}/Voltage`, (s) => volts(s, phase), { unit: 'volt', range: [0, 300], digits: 1 }),
      analog(`${at}/L${phase}/Current`, (s) => amperes(s, phase), {
        unit: 'ampere',
        range: [0, 800],
        digits: 1,
      }),
    ]),
    counter(`${at}/Energy`, of('Energy'), 'UInt64', 'wattHour'),
    counter(`${at}/ReactiveEnergy`, of('Reactive'), 'UInt64'),
    { path: `${at}/LastReset`, type: 'DateTime', everyMs: SLOW_MS, read: numberOf(of('ResetMs')) },
    fixed(`${at}/Feeds`, 'String', feeds),
    fixed(`${at}/NominalVoltage`, 'Float', 400, 'volt'),
    fixed(`${at}/TransformerRatio`, 'UInt16', number === 1 ? 160 : 20),
    fixed(`${at}/Firmware`, 'String', '2.11.4'),
    fixed(`${at}/SerialNumber`, 'String', `EM3-${70_000 + 131 * number}`),
  ];
}

function nameplate(at: string, model: string, serial: string, serviceMs: number): readonly NodeSpec[] {
  return [
    fixed(`${at}/Nameplate/Model`, 'String', model),
    fixed(`${at}/Nameplate/SerialNumber`, 'String', serial),
    fixed(`${at}/Nameplate/LastService`, 'DateTime', serviceMs),
  ];
}

const zone = (s: Signals, i: number): number =>
  rounded(
    21 + 0.6 * i + 0.03 * Number(s.compressor1OilTemperature ?? 0) + 0.004 * Number(s.steamFlow ?? 0),
    1,
  );

const HALL: readonly NodeSpec[] = [
  {
    path: 'Hall/ZoneTemperatures',
    type: 'Double',
    array: true,
    unit: 'celsius',
    range: [0, 50],
    everyMs: 2 * SLOW_MS,
    read: (s) => Array.from({ length: 8 }, (_, i) => zone(s, i)),
  },
  fixed('Hall/ZoneNames', 'String', [
    'dock',
    'packaging',
    'line 1',
    'line 2',
    'line 3',
    'boiler',
    'air',
    'store',
  ]),
];

const BY_LINE = Array.from({ length: LINES }, (_, i) => i + 1);

/** Browse names of the energy meters, whose counters `ResetCounter` sets to zero; in the order of `Utilities.meters`. */
export const METER_PATHS: readonly string[] = [
  ...METERS.map((name) => `Energy/${name.replaceAll(' ', '')}`),
  ...BY_LINE.map((number) => `Line${number}/Meter`),
];

/** All variables of the utilities' server. */
export const NODES: readonly NodeSpec[] = [
  ...BOILER,
  ...AIR,
  ...CHILLED,
  ...CIP,
  ...METERS.flatMap((name, i) => meter(METER_PATHS[i] as string, i + 1, name.toLowerCase())),
  ...BY_LINE.flatMap(line),
  ...HALL,
];
