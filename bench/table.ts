import { cellsOf, HEAD } from './cells.ts';
import { type Figure, gathered } from './runs.ts';

/** One figure of a bench. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** The same by a peer or a plain program, in the same run. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** Whether less is better; so it is with a goal of at most. */
  readonly less?: boolean;
  /** At least, or at most, in the same unit; what the design asks for. */
  readonly goal?: { readonly least: number } | { readonly most: number };
  /** Least ratio to the peer that the design asks for. */
  readonly goalRatio?: number;
  readonly note?: string;
  /** A point of a table that shows how a cost grows: the name of that table, what grows, and how far it has grown here. */
  readonly growth?: { readonly table: string; readonly axis: string; readonly at: number };
}

/** Measures; `quick` asks for short runs. */
export type Bench = (quick: boolean) => Promise<readonly Row[]> | readonly Row[];

/** What a bench does as a program: prints its table, or for `--json` its rows, one a line. */
export async function report(bench: Bench): Promise<void> {
  const rows = await bench(process.argv.includes('--quick'));
  const json = process.argv.includes('--json');
  process.stdout.write(
    json ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : table(gathered([rows])),
  );
}

/** For a terminal. */
export function table(figures: readonly Figure[]): string {
  const cells = [HEAD, ...figures.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ');
  return `${cells.map((row) => line(row).trimEnd()).join('\n')}\n`;
}
