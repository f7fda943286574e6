import { age, bold, dim, fit, number, table, yellow } from '#cli/text.ts';
import type {
  BacktestDifference,
  BacktestReport,
  BacktestSubject,
  BacktestTally,
} from '#contract/backtest.ts';

const MOST_LINES = 40;
const MOST_NAMED = 5;
const SECOND_US = 1_000_000;

/**
 * A back-test for people: what it was about, counts, a picture over time, differences in their order.
 * @param columns of the terminal; elsewhere nothing is cut
 */
export function backtestText(report: BacktestReport, columns: number | undefined): string {
  const { subjects } = report;
  const parts = [headOf(report)];
  if (subjects.length > 0) parts.push(countsOf(report), pictureOf(report, columns ?? 100));
  parts.push(differencesOf(report, columns ?? Number.POSITIVE_INFINITY));
  return parts.join('\n\n');
}

const time = (us: number): string => `${new Date(us / 1000).toISOString().slice(0, 19).replace('T', ' ')}`;
const past = ({ against }: BacktestReport): string => OTHER[against];
const OTHER = { record: 'recorded', current: 'current', nothing: 'past' } as const;
const AGAINST = {
  record: 'what the site recorded',
  current: 'the site file that runs now',
  nothing: 'nothing: what it would have found',
} as const;

function headOf(report: BacktestReport): string {
  const { file, data, fromUs, toUs, rows, rowsPerS } = report;
  const from = report.past === 'journal' ? 'the journal' : 'the historian';
  const took = `${number(rows)} samples at ${number(rowsPerS)}/s`;
  const lines = [
    `${bold(file)} against ${AGAINST[report.against]}, ${from} of ${data}`,
    `${time(fromUs)} to ${time(toUs)} UTC (${age((toUs - fromUs) / 1000)}), ${took}`,
    ...named('tags that this past does not have', report.unknownTags),
    ...named('tags without a sample in this time', report.silentTags),
    ...report.notes,
  ];
  return lines.join('\n');
}

function named(what: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const more = paths.length > MOST_NAMED ? `, and ${paths.length - MOST_NAMED} more` : '';
  return [yellow(`${paths.length} ${what}: ${paths.slice(0, MOST_NAMED).join(', ')}${more}`)];
}

const nameOf = ({ kind, id, to }: BacktestSubject): string =>
  to === undefined ? `${kind} ${id}` : `${id} → ${to}`;

function countsOf(report: BacktestReport): string {
  const rows = report.subjects.map((subject) => {
    const { file, past: was } = subject;
    const first = file ?? was;
    return [
      nameOf(subject),
      countText(file),
      countText(was),
      activeText(file),
      activeText(was),
      first?.firstUs === undefined ? '–' : time(first.firstUs),
      first?.lastUs === undefined ? '–' : time(first.lastUs),
    ];
  });
  const other = past(report);
  return table(['', 'file', other, 'active', `${other} active`, 'first', 'last'], rows);
}

function countText(tally: BacktestTally | undefined): string {
  if (!tally) return '0';
  return tally.refused ? `${tally.count} (${tally.refused} refused)` : String(tally.count);
}

const activeText = (tally: BacktestTally | undefined): string =>
  tally?.activeUs === undefined ? '–' : age(Math.round(tally.activeUs / 1000));

const BOTH = '█';
const ONLY_FILE = '▀';
const ONLY_PAST = '▄';

/** A line a subject; a character is a stretch of time, its upper half the file and its lower half the past. */
function pictureOf(report: BacktestReport, columns: number): string {
  const { fromUs, toUs, subjects } = report;
  const nameWidth = Math.min(Math.max(...subjects.map((one) => nameOf(one).length)), 40);
  const width = Math.max(20, Math.min(columns - nameWidth - 2, 100));
  const cell = Math.max(toUs - fromUs, SECOND_US) / width;
  const lines = subjects.map((subject) => {
    const [file, was] = [subject.file, subject.past].map((tally) => cellsOf(tally, fromUs, cell, width));
    const cells = Array.from({ length: width }, (_, i) => {
      if (file?.[i] && was?.[i]) return BOTH;
      return file?.[i] ? ONLY_FILE : was?.[i] ? ONLY_PAST : dim('·');
    });
    return `${fit(nameOf(subject), nameWidth).padEnd(nameWidth)}  ${cells.join('')}`;
  });
  const scale = `${' '.repeat(nameWidth)}  ${time(fromUs).slice(11)}${time(toUs)
    .slice(11)
    .padStart(width - 8)}`;
  const legend = `${ONLY_FILE} only the file, ${ONLY_PAST} only ${past(report)}, ${BOTH} both`;
  return [...lines, dim(scale), dim(legend)].join('\n');
}

function cellsOf(tally: BacktestTally | undefined, fromUs: number, cell: number, width: number): Uint8Array {
  const cells = new Uint8Array(width);
  const { spans = [] } = tally ?? {};
  for (let i = 0; i + 1 < spans.length; i += 2) {
    const first = Math.max(0, Math.floor(((spans[i] ?? 0) - fromUs) / cell));
    const last = Math.min(width - 1, Math.floor(((spans[i + 1] ?? 0) - fromUs) / cell));
    cells.fill(1, first, last + 1);
  }
  return cells;
}

function differencesOf(report: BacktestReport, columns: number): string {
  const { differences, differenceCount } = report;
  if (differenceCount === 0) return 'no difference';
  const lines = differences.slice(0, MOST_LINES).map((one) => fit(lineOf(one, past(report)), columns));
  const more = differenceCount - lines.length;
  const rest = more > 0 ? [dim(`and ${number(more)} more; --json has the first 1000`)] : [];
  return [bold(`${number(differenceCount)} differences`), ...lines, ...rest].join('\n');
}

function lineOf({ timeUs, in: side, kind, id, what, refused }: BacktestDifference, other: string): string {
  const who = side === 'file' ? '+ file' : `- ${other}`;
  const no = refused === undefined ? '' : `  (refused, ${refused})`;
  return `${time(timeUs)}  ${who.padEnd(2 + Math.max(4, other.length))}  ${kind} ${id}: ${what}${no}`;
}
