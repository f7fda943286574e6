import type { Detector } from '#decide/detectors/api.ts';

/** Shows a detector the rows of columns in their order; `tell` hears after each. */
export function walk(
  detector: Detector,
  columns: readonly Float64Array[],
  timeUs: (row: number) => number,
  tell: (row: number) => void,
): void {
  const values = new Float64Array(columns.length);
  const rows = columns[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < values.length; i++) values[i] = columns[i]?.[row] ?? Number.NaN;
    detector.observe(values, timeUs(row));
    tell(row);
  }
}
