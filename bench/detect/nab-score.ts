/*
 * The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, and its published rules), written anew: the first
 * detection inside a window earns more the earlier it comes; each detection outside costs a little, less just behind a
 * window; a window without a detection costs one. 0 is a detector that never speaks, 100 one that is always right.
 */

/** Rows of the first and the last moment of a labelled window. */
export type Window = readonly [first: number, last: number];

/** What a right, a wrong and a missed detection weigh. */
export interface Profile {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
}

export const PROFILES = {
  standard: { truePositive: 1, falsePositive: 0.11, falseNegative: 1 },
  fewFalse: { truePositive: 1, falsePositive: 0.22, falseNegative: 1 },
  fewMissed: { truePositive: 1, falsePositive: 0.11, falseNegative: 2 },
} as const satisfies Record<string, Profile>;

/** Counts beside the score, over one file or many. */
export interface Tally {
  readonly raw: number;
  readonly windows: number;
  readonly missed: number;
  /** Detections outside of windows, and rows outside of them. */
  readonly wrong: number;
  readonly rowsOutside: number;
}

/** First rows of a file that nobody is judged by: 15 %, at most 750. */
export const probation = (rows: number): number => Math.floor(0.15 * Math.min(rows, 5000));

/** @param found rows at which something was found, each of them a detection */
export function tally(
  rows: number,
  windows: readonly Window[],
  found: readonly number[],
  profile: Profile,
): Tally {
  const begin = probation(rows);
  const judged = found.filter((row) => row >= begin);
  let raw = 0;
  let missed = 0;
  for (const window of windows) {
    const first = judged.find((row) => inside(row, window));
    if (first === undefined) missed++;
    raw += first === undefined ? -profile.falseNegative : profile.truePositive * early(first, window);
  }
  const outside = judged.filter((row) => !windows.some((window) => inside(row, window)));
  for (const row of outside) raw += profile.falsePositive * behind(row, windows);
  const within = windows.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return { raw, windows: windows.length, missed, wrong: outside.length, rowsOutside: rows - begin - within };
}

export function total(tallies: readonly Tally[]): Tally {
  const sum = (field: keyof Tally): number => tallies.reduce((all, one) => all + one[field], 0);
  return {
    raw: sum('raw'),
    windows: sum('windows'),
    missed: sum('missed'),
    wrong: sum('wrong'),
    rowsOutside: sum('rowsOutside'),
  };
}

/** From 0, which never speaks, to 100. */
export function normalised({ raw, windows }: Tally, profile: Profile): number {
  const never = -windows * profile.falseNegative;
  return (100 * (raw - never)) / (windows * profile.truePositive - never);
}

const inside = (row: number, [first, last]: Window): boolean => row >= first && row <= last;

/** From 1 at the begin of the window down to almost 0 at its end. */
function early(row: number, [first, last]: Window): number {
  const place = -(last - row + 1) / (last - first + 1);
  return sigmoid(place) / sigmoid(-1);
}

/** −1, and less of it just behind a window: there it is late rather than wrong. */
function behind(row: number, windows: readonly Window[]): number {
  const before = windows.findLast(([, last]) => last < row);
  if (!before) return -1;
  const place = (row - before[1]) / (before[1] - before[0]);
  return place > 3 ? -1 : sigmoid(place);
}

/** 1 for −∞, 0 at 0, −1 for ∞. */
const sigmoid = (place: number): number => 2 / (1 + Math.exp(5 * place)) - 1;
