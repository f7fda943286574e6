import { cellsOf, HEAD, shown, withSpread } from './cells.ts';
import type { Machine } from './machine.ts';
import type { Figure } from './runs.ts';

/* Results as Markdown. */

/** What `scripts/bench --write` keeps of one bench. */
export interface Result {
  /** ISO 8601, when the first of its runs began. */
  readonly date: string;
  /** Of the program that was measured: short commit, with + where files had changed. */
  readonly commit: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

/** By bench, in the order in which they run. */
export type Results = Readonly<Record<string, Result>>;

export function page(results: Results): string {
  const parts = Object.entries(results).map(([bench, result]) => section(bench, result));
  return `${PREFACE}\n${parts.join('\n')}`;
}

const PREFACE = `# Results

Written by \`scripts/bench --write\`; do not edit. [Figures](../../docs/figures.md) tells what is measured how, and what was asked for.

Each figure is the median of its runs, behind it the least and the most. The benches take turns: each runs once, ours and the
peer one after the other, then all of them again. The ratio is taken run by run; above 1 ours is better.
`;

function section(bench: string, { date, commit, machine, figures }: Result): string {
  const plain = figures.filter((figure) => figure.growth === undefined);
  const tables = [...new Set(figures.flatMap(({ growth }) => (growth ? [growth.table] : [])))];
  const parts = [
    `## ${bench}`,
    `${date.slice(0, 10)}, ${commit}; ${machineText(machine)}.`,
    ...(plain.length > 0 ? [markdown(HEAD, plain.map(cellsOf))] : []),
    ...tables.map((name) => growthTable(name, figures)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function machineText({ processor, cores, memoryGb, system, fsyncMs, load, versions }: Machine): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} × ${processor}, ${memoryGb} GB, ${system}, an fsync of 4 KiB takes ${shown(fsyncMs)} ms, load ${shown(load)} at the start; ${named.join(', ')}`;
}

/** A line for each step of growth, a column for each thing that is measured. */
function growthTable(name: string, all: readonly Figure[]): string {
  const figures = all.filter(({ growth }) => growth?.table === name);
  const columns = [...new Set(figures.map(({ what, unit }) => `${what}, ${unit}`))];
  const steps = [...new Set(figures.map(({ growth }) => growth?.at ?? 0))];
  const lines = steps.map((step) => {
    const here = figures.filter(({ growth }) => growth?.at === step);
    const cells = columns.map((column) => {
      const figure = here.find(({ what, unit }) => `${what}, ${unit}` === column);
      return figure ? withSpread(figure.ours) : '';
    });
    return [shown(step), ...cells, notesOf(here)];
  });
  return `### ${name}\n\n${markdown([figures[0]?.growth?.axis ?? '', ...columns, ''], lines)}`;
}

const notesOf = (figures: readonly Figure[]): string =>
  [...new Set(figures.flatMap(({ note }) => (note === undefined ? [] : [note])))].join('; ');

/** A table; a bar in a cell would end it. */
export function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [row(head), `|${head.map(() => '---|').join('')}`, ...lines.map(row)].join('\n');
}

/**
 * Puts text between two markers, each on a line of its own, and leaves all else.
 * @throws where a marker is missing, stands twice or in the wrong order
 */
export function between(text: string, begin: string, end: string, body: string): string {
  const parts = text.split(`${begin}\n`);
  const tail = parts[1]?.split(`${end}\n`);
  if (parts.length !== 2 || tail?.length !== 2)
    throw new Error(`expected one line ${begin} and after it one line ${end}`);
  return `${parts[0]}${begin}\n${body.trimEnd()}\n${end}\n${tail[1]}`;
}
