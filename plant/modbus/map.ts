import { WORDS, type WordOrder, type WordType } from '#plant/modbus/words.ts';
import type { CommandName } from '#plant/physics/line.ts';

/** A value in the registers of a unit. */
export interface Register {
  readonly at: number;
  /** Signal of the line that it shows; see `measure.ts`. */
  readonly signal: string;
  readonly type: WordType;
  readonly order?: WordOrder;
  /** Engineering value of one count. */
  readonly factor?: number;
  /** Set-points: the command that a write gives. */
  readonly command?: CommandName;
}

/** A holding register whose bits are commands of their own. */
export interface BitRegister {
  readonly at: number;
  readonly bits: readonly CommandName[];
}

/** What one kind of unit offers. Everything not named here is refused with exception 2, holes too. */
export interface UnitMap {
  readonly input: readonly Register[];
  readonly holding: readonly Register[];
  readonly bitRegisters: readonly BitRegister[];
  readonly coils: readonly CommandName[];
  readonly discrete: readonly string[];
}

export interface DeviceMap {
  /** Unit id → kind of unit and the line (from 1) that it belongs to. */
  readonly units: { readonly [unit: number]: { readonly map: UnitMap; readonly line: number } };
}

/** Controller of a pump station. The hole at 6–7 is meant: nobody may read across it. */
export const PUMP_UNIT: UnitMap = {
  input: [
    { at: 0, signal: 'status', type: 'uint16' },
    { at: 1, signal: 'current', type: 'uint16', factor: 0.01 },
    { at: 2, signal: 'suctionPressure', type: 'int16', factor: 0.001 },
    { at: 3, signal: 'dischargePressure', type: 'uint16', factor: 0.001 },
    { at: 4, signal: 'bearingTemperature', type: 'int16', factor: 0.1 },
    { at: 5, signal: 'vibration', type: 'uint16', factor: 0.01 },
    { at: 8, signal: 'flow', type: 'float32' },
    { at: 10, signal: 'power', type: 'float32', order: 'little' },
    { at: 12, signal: 'speed', type: 'float32' },
    { at: 14, signal: 'runningS', type: 'uint32', order: 'little' },
    { at: 16, signal: 'starts', type: 'uint32' },
    { at: 18, signal: 'valvePosition', type: 'uint16', factor: 0.01 },
    { at: 19, signal: 'inflowPosition', type: 'uint16', factor: 0.01 },
    { at: 20, signal: 'inflow', type: 'float32', order: 'little' },
    { at: 22, signal: 'level', type: 'int16', factor: 0.01 },
  ],
  holding: [
    { at: 0, signal: 'speedSetpointRpm', type: 'float32', command: 'speedSetpointRpm' },
    { at: 2, signal: 'valveSetpointPct', type: 'uint16', factor: 0.01, command: 'valveSetpointPct' },
    { at: 3, signal: 'inflowSetpointPct', type: 'uint16', factor: 0.01, command: 'inflowSetpointPct' },
    { at: 5, signal: 'heartbeat', type: 'uint16', command: 'heartbeat' },
  ],
  bitRegisters: [{ at: 4, bits: ['beacon'] }],
  coils: ['pumpRun'],
  discrete: ['driveReady', 'remoteSelected', 'motorOk', 'levelLowLow', 'levelHighHigh'],
};

/** Energy meter behind the same gateway. Its maker sends the least significant word first. */
export const METER_UNIT: UnitMap = {
  input: [
    { at: 0, signal: 'energyWh', type: 'uint64', order: 'little' },
    { at: 4, signal: 'apparentEnergyVah', type: 'float64', order: 'little' },
    { at: 8, signal: 'voltage', type: 'uint16', factor: 0.1 },
  ],
  holding: [],
  bitRegisters: [],
  coils: [],
  discrete: [],
};

/** Controller of a filler. */
export const FILLER_UNIT: UnitMap = {
  input: [
    { at: 0, signal: 'fillerState', type: 'uint16' },
    { at: 1, signal: 'productTemperature', type: 'int16', factor: 0.01 },
    { at: 2, signal: 'rate', type: 'float32', order: 'little' },
    { at: 4, signal: 'bottles', type: 'uint64' },
    { at: 8, signal: 'rejects', type: 'uint32', order: 'little' },
  ],
  holding: [
    { at: 0, signal: 'targetPerMin', type: 'uint16', command: 'targetPerMin' },
    { at: 2, signal: 'product', type: 'uint16', command: 'product' },
  ],
  bitRegisters: [{ at: 1, bits: ['flush', 'resetFault'] }],
  coils: ['fillerRun'],
  discrete: ['guardClosed', 'bottleSupply', 'stopCircuit'],
};

/** First unit id of the energy meters; meter of line 1 is unit 11. */
const METER_BASE = 10;

export const DEVICE_MAPS = {
  pumps: {
    units: {
      1: { map: PUMP_UNIT, line: 1 },
      2: { map: PUMP_UNIT, line: 2 },
      3: { map: PUMP_UNIT, line: 3 },
      [METER_BASE + 1]: { map: METER_UNIT, line: 1 },
      [METER_BASE + 2]: { map: METER_UNIT, line: 2 },
      [METER_BASE + 3]: { map: METER_UNIT, line: 3 },
    },
  },
  bottling: {
    units: {
      1: { map: FILLER_UNIT, line: 1 },
      2: { map: FILLER_UNIT, line: 2 },
      3: { map: FILLER_UNIT, line: 3 },
    },
  },
} as const satisfies { readonly [name: string]: DeviceMap };
export type ModbusDeviceName = keyof typeof DEVICE_MAPS;

export const width = (register: Register): number => WORDS[register.type];
