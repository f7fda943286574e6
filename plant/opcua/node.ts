import type { UnitName } from '#plant/opcua/units.ts';
import type { Signals } from '#plant/physics/measure.ts';
import type { UtilityCommand } from '#plant/physics/utilities.ts';

export type NodeType =
  | 'Boolean'
  | 'Byte'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'Int32'
  | 'Float'
  | 'Double'
  | 'String'
  | 'DateTime'
  | 'CipStep'
  | 'CompressorState'
  | 'CipReport';

export type NodeValue =
  | number
  | bigint
  | boolean
  | string
  | readonly number[]
  | readonly string[]
  | { readonly [field: string]: NodeValue };

/** A variable of the utilities' server. Times are numbers, ms since 1970. */
export interface NodeSpec {
  /** Browse names below `Utilities`, such as `Boiler/Steam/Pressure`; the node id is the same with dots. */
  readonly path: string;
  readonly type: NodeType;
  readonly description?: string;
  readonly array?: boolean;
  readonly unit?: UnitName;
  readonly range?: readonly [number, number];
  /** How often it is looked at; what has not changed is not touched. 0: never again. */
  readonly everyMs: number;
  /** Kept in memory, so that clients can fill a gap. */
  readonly history?: boolean;
  /** What a write gives to the plant. */
  readonly command?: UtilityCommand;
  read(signals: Signals): NodeValue;
}

export interface Quantity {
  readonly unit?: UnitName;
  readonly range: readonly [number, number];
  /** Decimals that the instrument shows. Default 2. */
  readonly digits?: number;
  readonly fast?: boolean;
  readonly history?: boolean;
  readonly type?: 'Float' | 'Double';
  readonly factor?: number;
}

export const FAST_MS = 250;
export const SLOW_MS = 1000;

/** A measured quantity. @param signal its name among the signals, or how to reckon it from them */
export function analog(
  path: string,
  signal: string | ((signals: Signals) => number),
  quantity: Quantity,
): NodeSpec {
  const { unit, range, digits = 2, fast = false, history = false, type = 'Double', factor = 1 } = quantity;
  const of = typeof signal === 'string' ? numberOf(signal) : signal;
  return {
    path,
    type,
    range,
    ...(unit && { unit }),
    ...(history && { history }),
    everyMs: fast ? FAST_MS : SLOW_MS,
    read: (signals) => rounded(of(signals) * factor, digits),
  };
}

/** A value that people may write; a limit outside of which it is refused is the range. */
export const setpoint = (
  path: string,
  command: UtilityCommand,
  unit: UnitName,
  range: readonly [number, number],
): NodeSpec => ({
  path,
  type: 'Double',
  unit,
  range,
  command,
  everyMs: FAST_MS,
  read: numberOf(command),
});

export const flag = (path: string, signal: string, command?: UtilityCommand): NodeSpec => ({
  path,
  type: 'Boolean',
  everyMs: FAST_MS,
  ...(command && { command }),
  read: (signals) => signals[signal] === true,
});

export const counter = (
  path: string,
  signal: string,
  type: 'UInt32' | 'UInt64',
  unit?: UnitName,
): NodeSpec => ({
  path,
  type,
  everyMs: SLOW_MS,
  ...(unit && { unit, range: [0, 2 ** (type === 'UInt64' ? 64 : 32)] }),
  read: (signals) => (type === 'UInt64' ? BigInt(signals[signal] ?? 0) : Number(signals[signal] ?? 0)),
});

/** What never changes: a serial number, a nameplate value. */
export const fixed = (path: string, type: NodeType, value: NodeValue, unit?: UnitName): NodeSpec => ({
  path,
  type,
  everyMs: 0,
  ...(unit && { unit, range: [0, 1.25 * Number(value)] }),
  ...(Array.isArray(value) && { array: true }),
  read: () => value,
});

export const numberOf =
  (signal: string) =>
  (signals: Signals): number =>
    Number(signals[signal] ?? 0);

export const rounded = (value: number, digits: number): number => {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
};
