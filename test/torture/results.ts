import type { Report } from './torture.ts';

/** One torture of one run, as JSON has it. */
export interface Result extends Partial<Report> {
  readonly name: string;
  readonly long: boolean;
  readonly seed: number;
  readonly seconds: number;
  /** Day on which it was run. */
  readonly on: string;
  readonly state: 'held' | 'broken' | 'skipped';
  /** What did not hold, or why it was not tried. */
  readonly why?: string;
}

/** Characters of what did not hold; all of it is in JSON, and was printed. */
const SHOWN = 120;

const number = new Intl.NumberFormat('en-GB');

function cells(result: Result): string[] {
  const { name, tried, rows, state, why, long, seconds, notes } = result;
  const reasons = rows?.reasons?.length ? ` (${rows.reasons.join(', ')})` : '';
  return [
    name,
    tried ? `${number.format(tried[0])} ${tried[1]}` : '',
    rows ? number.format(rows.acquired) : '',
    rows ? number.format(rows.stored) : '',
    rows ? `${number.format(rows.counted)}${reasons}` : '',
    rows ? number.format(rows.lost) : '',
    state === 'held' ? 'held' : `${state}: ${(why ?? '').split('\n')[0]?.slice(0, SHOWN)}`,
    `${long ? 'long' : 'short'}, ${number.format(Math.round(seconds))} s`,
    (notes ?? []).join('; '),
  ];
}

const HEAD = ['torture', 'tried', 'acquired', 'stored', 'counted losses', 'lost', 'outcome', 'form', 'notes'];

/** For the terminal. */
export function textTable(results: readonly Result[]): string {
  const rows = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}

const BEGIN = '<!-- results: begin -->';
const END = '<!-- results: end -->';

/** Puts the table of the results between the markers of a page. @throws when they are missing */
export function withTable(page: string, results: readonly Result[]): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the page has no ${BEGIN} and ${END}`);
  const line = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const head = [...HEAD, 'on'];
  const body = results.map((result) => line([...cells(result), result.on]));
  const table = [line(head), line(head.map(() => '---')), ...body].join('\n');
  return `${page.slice(0, from)}${BEGIN}\n${table}\n${page.slice(to)}`;
}

/** The newest result of each torture, in the order given. */
export function merged(old: readonly Result[], fresh: readonly Result[], order: readonly string[]): Result[] {
  const kept = fresh.filter(({ state }) => state !== 'skipped').map(withoutStack);
  const all = new Map([...old, ...kept].map((one) => [one.name, one]));
  return order.flatMap((name) => all.get(name) ?? []);
}

/** Where in the code it was is of the machine on which it ran. */
const withoutStack = (result: Result): Result =>
  result.why === undefined ? result : { ...result, why: result.why.split(/\n+ +at /)[0] ?? '' };
