import { join } from 'node:path';
import { DRIFT, Drift, type DriftSettings, learnDrift } from '#decide/detectors/drift.ts';
import type { Row } from '../table.ts';
import { type Confusion, confusion, f1, falseAlarms, misses, pooled } from './confusion.ts';
import { type Recording, skabFiles } from './skab-files.ts';
import { walk } from './walk.ts';

/** As published: the first rows of each file are learned from, whatever they are; all others are judged. */
const LEARNED = 400;
const SECOND_US = 1e6;

/** Rows at which drift is found, of one recording. */
export function found(recording: Recording, settings: DriftSettings): Uint8Array {
  const { signals, columns, labels } = recording;
  const period = { signals, columns: columns.map((column) => column.subarray(0, LEARNED)) };
  const detector = new Drift(learnDrift(period, settings));
  const said = new Uint8Array(labels.length);
  const time = (row: number): number => row * SECOND_US;
  walk(detector, columns, time, (row) => {
    said[row] = detector.found ? 1 : 0;
  });
  return said;
}

const judged = (recording: Recording, settings: DriftSettings): Confusion =>
  confusion(found(recording, settings), recording.labels, LEARNED);

/** Skoltech Anomaly Benchmark, outlier task. */
export function skab(folder: string): Row[] {
  const recordings = skabFiles(join(folder, 'data'));
  const all = recordings.map((recording) => judged(recording, DRIFT));
  const chosen = acrossHalves(recordings);
  const rows = (what: string, counts: Confusion, note: string): Row[] => [
    { what: `SKAB ${what}: F1`, unit: '', ours: f1(counts), goal: { least: 0.84 }, peer: PUBLISHED.f1, note },
    {
      what: `SKAB ${what}: false alarms`,
      unit: '% of rows',
      ours: falseAlarms(counts),
      goal: { most: 13.5 },
      peer: PUBLISHED.falseAlarms,
    },
    {
      what: `SKAB ${what}: missed`,
      unit: '% of rows',
      ours: misses(counts),
      goal: { most: 22 },
      peer: PUBLISHED.missed,
    },
  ];
  return [
    ...rows(
      'as it comes',
      pooled(all),
      `${recordings.length} files; form and defaults were chosen on these files`,
    ),
    ...rows(
      'settings from the other half',
      chosen,
      'each half judged with the settings that were best on the other half; the form was found on all of them',
    ),
  ];
}

/** The best published of the whole set, Conv-AE. */
const PUBLISHED = {
  f1: { name: 'Conv-AE', value: 0.78 },
  falseAlarms: { name: 'Conv-AE', value: 13.55 },
  missed: { name: 'Conv-AE', value: 28.02 },
} as const;

/** What there is to choose from. */
const CHOICES: readonly DriftSettings[] = [0.1, 0.15, 0.2].flatMap((fast) =>
  [1 / 30, 1 / 50, 1 / 75, 1 / 100, 1 / 200].flatMap((slow) =>
    [1, 1.25, 1.5, 2].flatMap((limit) =>
      [3, 4].map((hold): DriftSettings => ({ ...DRIFT, fast, slow, limit, hold })),
    ),
  ),
);

/** Every second file chooses settings for the others, both ways. No blind test: the form of the detector has seen them all. */
function acrossHalves(recordings: readonly Recording[]): Confusion {
  const counts = CHOICES.map((settings) => recordings.map((recording) => judged(recording, settings)));
  const halves = [0, 1].map((half) => {
    const mine = (files: readonly Confusion[]): Confusion => pooled(files.filter((_, i) => i % 2 === half));
    const others = (files: readonly Confusion[]): Confusion => pooled(files.filter((_, i) => i % 2 !== half));
    const best = counts.reduce((most, files) => (f1(others(files)) > f1(others(most)) ? files : most));
    return mine(best);
  });
  return pooled(halves);
}
