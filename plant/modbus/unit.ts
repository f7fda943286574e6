import { type Register, type UnitMap, width } from '#plant/modbus/map.ts';
import { fromWords, toWords } from '#plant/modbus/words.ts';
import { COMMAND_LIMITS, type CommandName } from '#plant/physics/line.ts';
import type { Signals } from '#plant/physics/measure.ts';

/** Exception codes of the Modbus Application Protocol 1.1b3, section 7. */
export const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3, noSuchUnit: 11 } as const;

/** What the device answers instead of data. `modbusErrorCode` is where the server library looks for the code. */
export class ModbusException extends Error {
  readonly modbusErrorCode: number;
  constructor(code: number, message: string) {
    super(message);
    this.modbusErrorCode = code;
  }
}

/** A command given by a write; the value is in engineering units. */
export type Give = (name: CommandName, value: number | boolean) => void;

/** One unit of a device: its registers over the present signals of its line. Knows no sockets. */
export interface Unit {
  readInput(at: number, count: number): number[];
  readHolding(at: number, count: number): number[];
  /** All or nothing: a write that touches part of a value, or has one value out of its limits, changes nothing. */
  writeHolding(at: number, words: readonly number[]): void;
  /** Function 22: result = (present AND andMask) OR (orMask AND NOT andMask). */
  maskWrite(at: number, andMask: number, orMask: number): void;
  readCoil(at: number): boolean;
  writeCoil(at: number, value: boolean): void;
  readDiscrete(at: number): boolean;
}

export function createUnit(map: UnitMap, signals: () => Signals, give: Give): Unit {
  const inputs = imageOf(map.input, []);
  const holdings = imageOf(map.holding, map.bitRegisters);
  const readHolding = (at: number, count: number) => pick(holdings(signals()), at, count);
  const writeHolding = (at: number, words: readonly number[]) => {
    for (const [name, value] of commandsIn(map, at, words)) give(name, value);
  };
  return {
    readInput: (at, count) => pick(inputs(signals()), at, count),
    readHolding,
    writeHolding,
    maskWrite(at, andMask, orMask) {
      const [present = 0] = readHolding(at, 1);
      writeHolding(at, [(present & andMask) | (orMask & ~andMask & 0xffff)]);
    },
    readCoil: (at) => signals()[coilAt(map, at)] === true,
    writeCoil: (at, value) => give(coilAt(map, at), value),
    readDiscrete: (at) => signals()[known(map.discrete[at], 'discrete input', at)] === true,
  };
}

const coilAt = (map: UnitMap, at: number): CommandName => known(map.coils[at], 'coil', at);

function known<T>(found: T | undefined, what: string, at: number): T {
  if (found !== undefined) return found;
  throw new ModbusException(EXCEPTION.illegalAddress, `no ${what} ${at}`);
}

type Image = ReadonlyMap<number, number>;

/** Registers by address, made once for each set of signals: what is read together is of one moment. */
function imageOf(
  registers: readonly Register[],
  bitRegisters: UnitMap['bitRegisters'],
): (signals: Signals) => Image {
  let of: Signals | undefined;
  let image: Image = new Map();
  return (signals) => {
    if (signals !== of)
      image = new Map([...valueWords(registers, signals), ...bitWords(bitRegisters, signals)]);
    of = signals;
    return image;
  };
}

function* valueWords(registers: readonly Register[], signals: Signals): Iterable<[number, number]> {
  for (const { at, signal, type, order = 'big', factor = 1 } of registers) {
    const value = signals[signal] ?? 0;
    const raw = factor === 1 ? value : Number(value) / factor;
    for (const [i, word] of toWords(raw, type, order).entries()) yield [at + i, word];
  }
}

function* bitWords(registers: UnitMap['bitRegisters'], signals: Signals): Iterable<[number, number]> {
  for (const { at, bits } of registers) {
    yield [at, bits.reduce((word, name, i) => word | (Number(signals[name] === true) << i), 0)];
  }
}

function pick(image: Image, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => known(image.get(at + i), 'register', at + i));
}

function commandsIn(map: UnitMap, at: number, words: readonly number[]): [CommandName, number | boolean][] {
  const given: [CommandName, number | boolean][] = [];
  for (let i = 0; i < words.length; ) {
    const bits = map.bitRegisters.find((one) => one.at === at + i);
    if (bits) {
      given.push(...bitCommands(bits.bits, words[i] as number));
      i++;
      continue;
    }
    const register = map.holding.find((one) => one.at === at + i);
    const length = register ? width(register) : 0;
    if (!register?.command || i + length > words.length) {
      throw new ModbusException(EXCEPTION.illegalAddress, `no whole value at register ${at + i}`);
    }
    given.push([register.command, setpoint(register, register.command, words.slice(i, i + length))]);
    i += length;
  }
  return given;
}

function bitCommands(bits: readonly CommandName[], word: number): [CommandName, boolean][] {
  if (word >> bits.length !== 0) {
    throw new ModbusException(EXCEPTION.illegalValue, `bits above ${bits.length - 1} mean nothing`);
  }
  return bits.map((name, i) => [name, ((word >> i) & 1) === 1]);
}

function setpoint(register: Register, command: CommandName, words: readonly number[]): number {
  const raw = fromWords(words, register.type, register.order ?? 'big');
  const value = raw * (register.factor ?? 1);
  const [low, high] = COMMAND_LIMITS[command] ?? [0, 0xffff];
  if (value >= low && value <= high) return value;
  throw new ModbusException(EXCEPTION.illegalValue, `${command} takes ${low} to ${high}, not ${value}`);
}
