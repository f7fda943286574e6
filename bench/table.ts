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
}

/** Measures; `quick` asks for short runs. */
export type Bench = (quick: boolean) => Promise<readonly Row[]> | readonly Row[];

/** What a bench does as a program: prints its table, or for `--json` its rows, one a line. */
export async function report(bench: Bench): Promise<void> {
  const rows = await bench(process.argv.includes('--quick'));
  const json = process.argv.includes('--json');
  process.stdout.write(json ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : table(rows));
}

const HEAD = ['what', 'ours', 'peer', 'ratio', 'goal', ''];

export function table(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ');
  return `${cells.map((row) => line(row).trimEnd()).join('\n')}\n`;
}

function cellsOf(row: Row): string[] {
  const { what, unit, ours, peer, note } = row;
  return [
    what,
    `${figure(ours)} ${unit}`,
    peer ? `${figure(peer.value)} (${peer.name})` : '',
    peer ? `${figure(ratioOf(row))} ×` : '',
    goalText(row),
    note ?? '',
  ];
}

/** How many times better ours is: more where more is better, less where less is. */
function ratioOf({ ours, peer, goal, less }: Row): number {
  if (!peer) return Number.NaN;
  return less || (goal && 'most' in goal) ? peer.value / ours : ours / peer.value;
}

function goalText(row: Row): string {
  const { goal, goalRatio, ours } = row;
  const goals: string[] = [];
  if (goal && 'least' in goal) goals.push(verdict(`≥ ${figure(goal.least)}`, ours >= goal.least));
  if (goal && 'most' in goal) goals.push(verdict(`≤ ${figure(goal.most)}`, ours <= goal.most));
  if (goalRatio !== undefined) goals.push(verdict(`≥ ${goalRatio} ×`, ratioOf(row) >= goalRatio));
  return goals.join(', ');
}

const verdict = (goal: string, reached: boolean): string => `${goal} ${reached ? 'reached' : 'missed'}`;

/** Three significant digits, with thousands apart. */
function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
