import type { Detector, Period } from '#decide/detectors/api.ts';

export const MINUTE_US = 60e6;

/** Normal noise, the same for the same seed. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A period whose rows are told one by one. */
export function period(
  signals: readonly string[],
  rows: number,
  row: (index: number) => readonly number[],
): Period {
  const columns = signals.map(() => new Float64Array(rows));
  for (let index = 0; index < rows; index++)
    for (const [i, value] of row(index).entries()) (columns[i] as Float64Array)[index] = value;
  return { signals, columns };
}

/**
 * Shows rows, a minute apart from the first moment on.
 * @param rows the last signal may be one of texts @returns what is found after each
 */
export function show(
  detector: Detector,
  rows: readonly (readonly (number | string)[])[],
  first = 0,
): boolean[] {
  const values = new Float64Array(detector.learned.signals.length);
  return rows.map((row, i) => {
    values.set(row.map((one) => (typeof one === 'string' ? Number.NaN : one)));
    const last = row.at(-1);
    detector.observe(values, (first + i) * MINUTE_US, typeof last === 'string' ? last : undefined);
    return detector.found;
  });
}

export const rowsOf = ({ columns }: Period): number[][] =>
  Array.from(columns[0] ?? [], (_, row) => columns.map((column) => column[row] as number));
