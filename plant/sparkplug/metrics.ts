import { DataType } from '#codec/sparkplug/datatype.ts';
import type { Metric, MetricValue, PropertySet } from '#codec/sparkplug/payload.ts';
import type { Signals } from '#plant/physics/measure.ts';
import { PACKAGING_LIMITS, type PackagingCommand } from '#plant/physics/packaging.ts';

/** A metric of the packaging's node or of one of its devices. */
export interface MetricSpec {
  readonly name: string;
  readonly type: keyof typeof DataType;
  readonly unit?: string;
  readonly range?: readonly [number, number];
  /** What a DCMD for it gives to the plant. */
  readonly command?: PackagingCommand;
  /** @param timeMs the node's own clock */
  read(signals: Signals, timeMs: number): MetricValue;
}

export const GROUP = 'plant';
export const NODE = 'packaging';
export const PACKER = 'case-packer';
export const PALLETIZER = 'palletizer';

const of = (signal: string, digits = 0) => {
  const scale = 10 ** digits;
  return (signals: Signals) => Math.round(Number(signals[signal] ?? 0) * scale) / scale;
};
const flag = (signal: string) => (signals: Signals) => signals[signal] === true;
const single = (signal: string, digits: number) => {
  const read = of(signal, digits);
  return (signals: Signals) => Math.fround(read(signals));
};
const limits = (command: PackagingCommand) => {
  const range = PACKAGING_LIMITS[command];
  return range ? { range } : {};
};

/** A drive, as its template says (Sparkplug 3.0, 6.4.15). */
const DRIVE = 'Drive';
const driveMetrics = (speed: number, current: number, starts: number): Metric[] => [
  { name: 'Speed', datatype: DataType.Float, value: Math.fround(Math.round(speed * 10) / 10) },
  { name: 'Current', datatype: DataType.Float, value: Math.fround(Math.round(current * 10) / 10) },
  { name: 'Starts', datatype: DataType.UInt32, value: starts },
];
const drive = (speed: number, current: number, starts: number): MetricValue => ({
  templateRef: DRIVE,
  isDefinition: false,
  metrics: driveMetrics(speed, current, starts),
});

/** Metrics of the node itself; `bdSeq` and the rebirth belong to the session and stand elsewhere. */
export const NODE_METRICS: readonly MetricSpec[] = [
  { name: 'Properties/Hardware', type: 'String', read: () => 'PLC 1512 with gateway' },
  { name: 'Properties/Firmware', type: 'String', read: () => '4.2.1' },
  {
    name: `_types_/${DRIVE}`,
    type: 'Template',
    read: () => ({ version: '1.0', isDefinition: true, metrics: driveMetrics(0, 0, 0) }),
  },
  {
    name: 'Bottles Waiting',
    type: 'UInt16',
    range: [0, 900],
    read: of('packerBuffer'),
  },
];

const cases = (s: Signals): bigint => BigInt(s.packerCases ?? 0);
const STATES = ['stopped', 'starved', 'running'] as const;

/** Content of the last five cases: their number, weight and whether they passed. */
function lastCases(s: Signals): MetricValue {
  const last = cases(s);
  return {
    columns: ['Number', 'Weight', 'Good'],
    types: [DataType.Int64, DataType.Float, DataType.Boolean],
    rows: [4n, 3n, 2n, 1n, 0n].map((back) => {
      const number = last - back;
      return [number, Math.fround(18.02 + Number((number * 7n) % 11n) / 100), number % 500n !== 0n];
    }),
  };
}

/** An order is ten thousand cases. */
const CASES_PER_ORDER = 10_000n;
const orderOf = (s: Signals): bigint => cases(s) / CASES_PER_ORDER;
const orderId = (s: Signals): string =>
  `9d5ae2c4-0b1f-4c7e-8a55-${orderOf(s).toString(16).padStart(12, '0')}`;

export const PACKER_METRICS: readonly MetricSpec[] = [
  { name: 'State', type: 'UInt8', range: [0, 2], read: of('packerState') },
  { name: 'State Name', type: 'String', read: (s) => STATES[Number(s.packerState ?? 0)] ?? 'unknown' },
  { name: 'Run', type: 'Boolean', command: 'packerRun', read: flag('packerRun') },
  { name: 'Speed', type: 'Double', unit: '1/min', range: [0, 60], read: of('packerSpeed', 2) },
  {
    name: 'Speed Setpoint',
    type: 'Double',
    unit: '1/min',
    command: 'packerSpeedSetpoint',
    ...limits('packerSpeedSetpoint'),
    read: of('packerSpeedSetpoint', 2),
  },
  { name: 'Cases', type: 'UInt64', read: cases },
  { name: 'Rejected', type: 'UInt32', read: of('packerRejected') },
  { name: 'Good Cases', type: 'Int64', read: (s) => cases(s) - BigInt(s.packerRejected ?? 0) },
  { name: 'Glue/Temperature', type: 'Float', unit: 'Cel', range: [0, 250], read: single('packerGlue', 1) },
  {
    name: 'Glue/Setpoint',
    type: 'Float',
    unit: 'Cel',
    command: 'packerGlueSetpointCel',
    ...limits('packerGlueSetpointCel'),
    read: single('packerGlueSetpointCel', 1),
  },
  { name: 'Glue/Zones', type: 'FloatArray', unit: 'Cel', read: zones },
  { name: 'Air/Pressure', type: 'Float', unit: 'bar', range: [0, 10], read: single('packerAir', 2) },
  // The head wears into its format: its play changes slowly with the cases.
  {
    name: 'Head/Offset',
    type: 'Int8',
    unit: 'mm',
    read: (s) => Math.round(6 * Math.sin(Number(cases(s) % 629n) / 100)),
  },
  {
    name: 'Head/Force',
    type: 'Int16',
    unit: 'N',
    read: (s) => Math.round(-40 * Number(s.packerCurrent ?? 0)),
  },
  { name: 'Head/Position', type: 'Int32', unit: 'um', read: (s) => -Number(cases(s) % 600n) * 1000 },
  { name: 'Drive', type: 'Template', read: packerDrive },
  { name: 'Last Cases', type: 'DataSet', read: lastCases },
  { name: 'Order/Number', type: 'String', read: (s) => `A-${orderOf(s)}` },
  { name: 'Order/Id', type: 'UUID', read: orderId },
  {
    name: 'Order/Note',
    type: 'Text',
    read: (s) => `Order A-${orderOf(s)}: cases of twelve, glue at ${of('packerGlueSetpointCel')(s)} °C`,
  },
  { name: 'Order/Began', type: 'DateTime', read: (s) => 1_767_225_600_000n + orderOf(s) * 3_600_000n },
  {
    name: 'Order/Mark',
    type: 'Bytes',
    read: (s) => Buffer.from(orderOf(s).toString(16).padStart(16, '0'), 'hex'),
  },
];

function zones(s: Signals): MetricValue {
  const glue = of('packerGlue', 0)(s);
  return [glue - 3, glue - 1, glue, glue + 1];
}

function packerDrive(s: Signals): MetricValue {
  const speed = Number(s.packerSpeed ?? 0);
  return drive(speed * 32, of('packerCurrent', 1)(s), 411);
}

export const PALLETIZER_METRICS: readonly MetricSpec[] = [
  { name: 'Run', type: 'Boolean', command: 'palletizerRun', read: flag('palletizerRun') },
  { name: 'Moving', type: 'Boolean', read: flag('palletizerMoving') },
  { name: 'Layer', type: 'UInt8', range: [0, 8], read: of('palletizerLayer') },
  {
    name: 'Layers',
    type: 'UInt8',
    command: 'palletizerLayers',
    ...limits('palletizerLayers'),
    read: of('palletizerLayers'),
  },
  { name: 'Cases In Layer', type: 'UInt8', range: [0, 10], read: of('palletizerCases') },
  { name: 'Pallets', type: 'UInt32', read: of('palletizerPallets') },
  { name: 'Lift', type: 'Double', unit: 'mm', range: [0, 2000], read: of('palletizerLift', 0) },
  { name: 'Waiting', type: 'UInt16', range: [0, 40], read: of('palletizerWaiting') },
  {
    name: 'Drive',
    type: 'Template',
    read: (s) => drive(s.palletizerMoving === true ? 920 : 0, s.palletizerMoving === true ? 6.4 : 0, 90),
  },
  {
    name: 'Grippers',
    type: 'BooleanArray',
    read: (s) => [1, 2, 3, 4].map((n) => Number(s.palletizerCases ?? 0) >= 2 * n),
  },
];

/** Unit and limits, by the names that hosts know. */
export function propertiesOf({ unit, range, command }: MetricSpec): PropertySet {
  const properties: [string, { type: number; value: string | number | boolean }][] = [];
  if (unit !== undefined) properties.push(['engUnit', { type: DataType.String, value: unit }]);
  if (range) {
    properties.push(['engLow', { type: DataType.Double, value: range[0] }]);
    properties.push(['engHigh', { type: DataType.Double, value: range[1] }]);
  }
  properties.push(['readOnly', { type: DataType.Boolean, value: command === undefined }]);
  return new Map(properties);
}
