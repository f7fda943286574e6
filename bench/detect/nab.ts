import { learnUnusual, Unusual } from '#decide/detectors/unusual.ts';
import type { Row } from '../table.ts';
import { nabFiles, type Series } from './nab-files.ts';
import { normalised, PROFILES, type Profile, probation, type Tally, tally, total } from './nab-score.ts';
import { walk } from './walk.ts';
import { windowedGaussian } from './windowed-gaussian.ts';

/** After a detection nothing is said for this part of the rows that nobody is judged by. */
const REST = 0.35;

/** How far beyond the limit each row is. */
function ratios({ value, timeUs }: Series): Float64Array {
  const detector = new Unusual(learnUnusual({ signals: ['value'], columns: [new Float64Array(0)] }, []));
  const out = new Float64Array(value.length);
  const time = (row: number): number => timeUs[row] ?? 0;
  walk(detector, [value], time, (row) => {
    out[row] = detector.ratio;
  });
  return out;
}

/** Rows above the threshold, of each rest the first. */
export function detections(scores: Float64Array, threshold: number, rest: number, from: number): number[] {
  const rows: number[] = [];
  let until = from;
  for (let row = from; row < scores.length; row++) {
    if (row < until || !((scores[row] as number) >= threshold)) continue;
    rows.push(row);
    until = row + Math.max(1, rest);
  }
  return rows;
}

interface Scored extends Series {
  readonly scores: Float64Array;
}

function tallyAt(files: readonly Scored[], threshold: number, rest: number, profile: Profile): Tally {
  return total(
    files.map(({ value, windows, scores }) => {
      const from = probation(value.length);
      return tally(value.length, windows, detections(scores, threshold, rest * from, from), profile);
    }),
  );
}

/** The threshold of the best standard score; the benchmark lets each detector have one for all files. */
function bestThreshold(files: readonly Scored[], thresholds: readonly number[], rest: number): number {
  const scoreOf = (threshold: number): number =>
    normalised(tallyAt(files, threshold, rest, PROFILES.standard), PROFILES.standard);
  return thresholds.reduce((best, one) => (scoreOf(one) > scoreOf(best) ? one : best));
}

/** Numenta Anomaly Benchmark. */
export function nab(folder: string): Row[] {
  const series = nabFiles(folder);
  const files = series.map((one): Scored => ({ ...one, scores: ratios(one) }));
  const plain = series.map((one): Scored => ({ ...one, scores: windowedGaussian(one.value) }));
  const counts = tallyAt(files, 1, REST, PROFILES.standard);
  const tails = Array.from({ length: 40 }, (_, i) => 1 - 10 ** (-i / 3));
  const gaussian = bestThreshold(plain, tails, 0);
  const peer = {
    name: 'windowed Gaussian',
    value: normalised(tallyAt(plain, gaussian, 0, PROFILES.standard), PROFILES.standard),
  };
  const weeks =
    files.reduce((sum, { timeUs }) => sum + ((timeUs.at(-1) ?? 0) - (timeUs[0] ?? 0)), 0) / WEEK_US;
  return [
    {
      what: 'NAB standard',
      unit: 'points',
      ours: normalised(counts, PROFILES.standard),
      goal: { least: 65 },
      peer,
      note: `${files.length} files, ${counts.windows} windows; looks, weights and limit were chosen on these files`,
    },
    {
      what: 'NAB standard, limit from the other half',
      unit: 'points',
      ours: acrossHalves(files),
      goal: { least: 65 },
      note: 'each half judged with the limit that was best on the other half; looks and weights were chosen on all of them',
    },
    ...(['fewFalse', 'fewMissed'] as const).map(
      (name): Row => ({
        what: `NAB ${name === 'fewFalse' ? 'few false alarms' : 'few misses'}`,
        unit: 'points',
        ours: normalised(tallyAt(files, 1, REST, PROFILES[name]), PROFILES[name]),
      }),
    ),
    { what: 'NAB: windows missed', unit: '%', ours: (100 * counts.missed) / counts.windows, less: true },
    {
      what: 'NAB: false alarms',
      unit: 'a week',
      ours: counts.wrong / weeks,
      less: true,
      note: `${counts.wrong} over ${weeks.toFixed(0)} weeks of all files together`,
    },
  ];
}

const WEEK_US = 7 * 86_400e6;

function acrossHalves(files: readonly Scored[]): number {
  const thresholds = Array.from({ length: 30 }, (_, i) => 0.4 + 0.04 * i);
  const halves = [0, 1].map((half) => {
    const others = files.filter((_, i) => i % 2 !== half);
    const threshold = bestThreshold(others, thresholds, REST);
    return tallyAt(
      files.filter((_, i) => i % 2 === half),
      threshold,
      REST,
      PROFILES.standard,
    );
  });
  return normalised(total(halves), PROFILES.standard);
}
