import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Period } from '#decide/detectors/api.ts';

export interface Recording extends Period {
  readonly name: string;
  /** 1 where the publishers say that something was wrong. */
  readonly labels: Uint8Array;
}

/** All labelled files of the Skoltech Anomaly Benchmark below a folder, in the order of their names. */
export function skabFiles(folder: string): Recording[] {
  return globSync('{valve1,valve2,other}/*.csv', { cwd: folder })
    .sort()
    .map((name) => read(folder, name));
}

function read(folder: string, name: string): Recording {
  const [head = '', ...lines] = readFileSync(join(folder, name), 'utf8').trim().split('\n');
  const signals = head.trim().split(';').slice(1, -2);
  const cells = lines.map((line) => line.split(';').map(Number));
  return {
    name,
    signals,
    columns: signals.map((_, i) => Float64Array.from(cells, (row) => row[i + 1] ?? Number.NaN)),
    labels: Uint8Array.from(cells, (row) => row[signals.length + 1] ?? 0),
  };
}
