import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allocRows, type Rows } from '#historian/format/rows.ts';
import { DEVICE_MAPS, type Register } from '#plant/modbus/map.ts';
import { fromWords, toWords } from '#plant/modbus/words.ts';
import { NODES } from '#plant/opcua/nodes.ts';
import { command } from '#plant/physics/line.ts';
import type { Signals } from '#plant/physics/measure.ts';
import { utilityCommand } from '#plant/physics/utilities.ts';
import { createWorld, type World } from '#plant/physics/world.ts';
import { START_US } from './mix.ts';

const SKAB = process.env.SKAB ?? join(import.meta.dirname, '../../../shared/data/skab/data');

/** Each column of each recording is a series. */
export function skab(): Rows[] {
  const files = readdirSync(SKAB, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.csv'),
  );
  return files.flatMap((name) => {
    const [head = '', ...lines] = readFileSync(join(SKAB, name), 'utf8').trim().split('\n');
    const cells = lines.map((line) => line.split(';'));
    return head
      .split(';')
      .slice(1)
      .map((_, column) => {
        const rows = allocRows(cells.length);
        cells.forEach((cell, i) => {
          rows.timeUs[i] = Date.parse(`${cell[0]}Z`.replace(' ', 'T')) * 1000;
          rows.value[i] = Number(cell[column + 1]);
        });
        return rows;
      });
  });
}

interface Instrument {
  readonly read: (lines: readonly Signals[], utilities: Signals) => number;
}

/**
 * The simulated plant, its own physics a second at a time, as its Modbus registers and OPC UA nodes show it: each of
 * them a series. Deterministic.
 */
export function plant(seconds: number): { readonly registers: Rows[]; readonly nodes: Rows[] } {
  const world = createWorld(1, false);
  const registers = registersOf();
  const nodes = NODES.filter(({ type, array, everyMs }) => !array && everyMs > 0 && NUMBERS.has(type)).map(
    ({ read }): Instrument => ({ read: (_, utilities) => Number(read(utilities)) }),
  );
  const all = [...registers, ...nodes];
  const series = all.map(() => allocRows(seconds));
  for (let second = 0; second < seconds; second++) {
    if (second % 10 === 0) operate(world, second);
    world.step(1);
    const lines = world.measure();
    const utilities = world.measureUtilities();
    for (const [i, { read }] of all.entries()) {
      const { timeUs, value } = series[i] as Rows;
      timeUs[second] = START_US + second * 1_000_000;
      value[second] = read(lines, utilities);
    }
  }
  return { registers: series.slice(0, registers.length), nodes: series.slice(registers.length) };
}

const NUMBERS: ReadonlySet<string> = new Set([
  'Float',
  'Double',
  'UInt32',
  'UInt64',
  'Int16',
  'Int32',
  'UInt16',
  'Boolean',
]);

function registersOf(): Instrument[] {
  return Object.values(DEVICE_MAPS).flatMap(({ units }) =>
    Object.values(units).flatMap(({ map, line }) =>
      map.input.map((register): Instrument => ({ read: (lines) => shown(register, lines[line - 1] ?? {}) })),
    ),
  );
}

/** As a reader of the register gets it: counts times factor, to the digits of the factor. */
function shown({ signal, type, order = 'big', factor }: Register, signals: Signals): number {
  const measured = signals[signal] ?? 0;
  const counts = factor === undefined ? measured : Number(measured) / factor;
  const read = fromWords(toWords(counts, type, order), type, order);
  if (factor === undefined) return read;
  const perUnit = Math.round(1 / factor);
  return read / perUnit;
}

/** What somebody at the panels does: everything runs, set-points change now and then, and the lines are supervised. */
function operate(world: World, second: number): void {
  for (const [i, line] of world.lines.entries()) {
    command(line, 'heartbeat', Math.floor(second / 10) % 65_536);
    if (second === 0) {
      command(line, 'pumpRun', true);
      command(line, 'fillerRun', true);
    }
    if (second % 1800 === 600 * i) command(line, 'speedSetpointRpm', 1500 + 300 * ((second / 600) % 4));
  }
  if (second > 0) return;
  for (const name of ['burnerEnable', 'compressor1Enable', 'compressor2Enable', 'chiller1Enable'] as const) {
    utilityCommand(world.utilities, name, true, START_US / 1000);
  }
}
