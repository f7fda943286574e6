import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Window } from './nab-score.ts';

export interface Series {
  readonly name: string;
  readonly timeUs: Float64Array;
  readonly value: Float64Array;
  readonly windows: readonly Window[];
}

/** Those of the Numenta Anomaly Benchmark that are there, in the order of the list of labels. */
export function nabFiles(folder: string): Series[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8')) as Record<
    string,
    readonly (readonly [string, string])[]
  >;
  return Object.entries(labels).flatMap(([name, windows]): Series[] => {
    const file = join(folder, 'data', name);
    return existsSync(file) ? [read(name, file, windows)] : [];
  });
}

function read(name: string, file: string, windows: readonly (readonly [string, string])[]): Series {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  const times = lines.map((line) => line.slice(0, 19));
  return {
    name,
    timeUs: Float64Array.from(times, (time) => Date.parse(`${time.replace(' ', 'T')}Z`) * 1000),
    value: Float64Array.from(lines, (line) => Number(line.slice(line.indexOf(',') + 1))),
    windows: windows.map(
      ([first, last]): Window => [times.indexOf(first.slice(0, 19)), times.lastIndexOf(last.slice(0, 19))],
    ),
  };
}
