import type { Row } from './table.ts';

/** What came of several runs. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A row over all runs. */
export interface Figure extends Omit<Row, 'ours' | 'peer'> {
  readonly ours: Spread;
  readonly peer?: Spread & { readonly name: string };
  /** How many times better ours is, run by run: what slows the machine down for a while slows both. */
  readonly ratio?: Spread;
  /** How many runs gave it. */
  readonly runs: number;
}

/** Puts the rows of all runs together, in the order of the run that has most of them. */
export function gathered(runs: readonly (readonly Row[])[]): Figure[] {
  const fullest = runs.reduce((most, rows) => (rows.length > most.length ? rows : most), []);
  return fullest.map((first) => {
    const rows = runs.flatMap((run) => run.filter((row) => keyOf(row) === keyOf(first)));
    return figureOf(rows);
  });
}

/** What tells the rows of a bench apart. */
const keyOf = ({ what, growth }: Row): string => JSON.stringify([what, growth?.table, growth?.at]);

function figureOf(rows: readonly Row[]): Figure {
  const ours = spreadOf(rows.map((row) => row.ours));
  const beside = rows.filter((row) => row.peer !== undefined);
  // What a note tells of its run goes with the figure that stands beside it.
  const typical = nearest(rows, ours.median);
  const { peer, ours: _, ...rest } = typical;
  const name = peer?.name ?? beside[0]?.peer?.name;
  return {
    ...rest,
    ours,
    ...(name !== undefined && {
      peer: { name, ...spreadOf(beside.map((row) => row.peer?.value ?? Number.NaN)) },
      ratio: spreadOf(beside.map(ratioOf)),
    }),
    runs: rows.length,
  };
}

/** Of an even number the mean of the two in the middle. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return { median: (low + high) / 2, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** Of so many times, one after the other. */
export async function medianMs(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    await work();
    took.push(performance.now() - begun);
  }
  return spreadOf(took).median;
}

function nearest(rows: readonly Row[], value: number): Row {
  const distance = (row: Row) => Math.abs(row.ours - value);
  return rows.reduce((best, row) => (distance(row) < distance(best) ? row : best));
}

/** How many times better ours is: more where more is better, less where less is. */
export function ratioOf({ ours, peer, goal, less }: Row): number {
  if (!peer) return Number.NaN;
  return less || (goal && 'most' in goal) ? peer.value / ours : ours / peer.value;
}
