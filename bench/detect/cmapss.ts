import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Period } from '#decide/detectors/api.ts';
import { learnRemaining, RemainingLife } from '#decide/detectors/remaining.ts';
import type { Row } from '../table.ts';
import { walk } from './walk.ts';

/** Behind engine, cycle and three settings, which are no measurements. */
const SENSORS_FROM = 5;
const SENSORS = 21;
const FLIGHT_US = 3600e6;

/** NASA's turbofan engines FD001: how far off the estimate of what is left is at the last cycle that is told of. */
export function cmapss(folder: string): Row[] {
  const read = (name: string): number[][] =>
    gunzipSync(readFileSync(join(folder, name)))
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
  const learned = learnRemaining(runsOf(read('train_FD001.txt.gz')));
  const told = read('RUL_FD001.txt.gz').map(([left = Number.NaN]) => left);
  const ends = runsOf(read('test_FD001.txt.gz')).map(({ columns }) => {
    const detector = new RemainingLife(learned);
    walk(
      detector,
      columns,
      (row) => row * FLIGHT_US,
      () => {},
    );
    return detector;
  });
  const within = ends.filter(({ low, high }, i) => {
    const left = Math.min(125, told[i] ?? Number.NaN);
    return low <= left && left <= high;
  });
  const errors = ends.map(({ estimate }, i) => estimate - (told[i] ?? Number.NaN));
  const bounded = ends.map(({ estimate }, i) => estimate - Math.min(125, told[i] ?? Number.NaN));
  return [
    {
      what: 'C-MAPSS FD001: error of the life that is left',
      unit: 'cycles RMS',
      ours: rms(errors),
      goal: { most: 14 },
      note: `${ends.length} engines, beside what is told without a bound; settings by cross-validation on the engines learned from`,
    },
    {
      what: 'C-MAPSS FD001: the same, lives beyond 125 cycles counted as 125',
      unit: 'cycles RMS',
      ours: rms(bounded),
      less: true,
    },
    {
      what: 'C-MAPSS FD001: life within the interval that was told',
      unit: '%',
      ours: (100 * within.length) / ends.length,
      note: 'the interval is to hold 80 %',
    },
  ];
}

const rms = (errors: readonly number[]): number =>
  Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);

function runsOf(rows: readonly (readonly number[])[]): Period[] {
  const engines = Map.groupBy(rows, ([engine]) => engine);
  const signals = Array.from({ length: SENSORS }, (_, i) => `sensor ${i + 1}`);
  return [...engines.values()].map((own) => ({
    signals,
    columns: signals.map((_, i) => Float64Array.from(own, (row) => row[SENSORS_FROM + i] ?? Number.NaN)),
  }));
}
