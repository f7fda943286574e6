import { Fault } from '#kernel/fault.ts';
import type { Cell, Table } from './table.ts';
import { guessTime, hasZone, TIME_FORMATS, type TimeFormat } from './times.ts';

/** A column for each tag, or a line for each sample with the name of its tag. */
export type Form = 'wide' | 'long';

export interface LayoutOptions {
  readonly form?: Form | undefined;
  /** Names of columns; guessed when absent. */
  readonly time?: string | undefined;
  readonly tag?: string | undefined;
  readonly value?: string | undefined;
  readonly quality?: string | undefined;
  readonly timeFormat?: TimeFormat | undefined;
}

/** What the columns of a table are; numbers are places, from 0. */
export interface Layout {
  readonly form: Form;
  readonly time: number;
  readonly timeFormat: TimeFormat;
  /** Whether its times name no zone. */
  readonly isLocal: boolean;
  /** Of a long table. */
  readonly tag: number;
  readonly quality: number | undefined;
  /** Where values stand: in a long table, the first of these that is not empty. */
  readonly values: readonly number[];
  /** Of a wide table: where the quality of a value column stands. */
  readonly qualities: ReadonlyMap<number, number>;
}

const TIMES = [
  'time',
  'timestamp',
  'datetime',
  'date_time',
  'date time',
  'date',
  'ts',
  't',
  '_time',
  'zeit',
  'zeitstempel',
  'datum',
];
const TAGS = [
  'tag',
  'tagname',
  'tag_name',
  'tag name',
  'path',
  'point',
  'name',
  'signal',
  'variable',
  'topic',
];
const VALUES = ['value', 'val', 'wert', 'values', 'integer', 'boolean', 'text', '_value'];
const QUALITIES = ['quality', 'status', 'qual', 'qualität', 'opcquality', 'statuscode'];
/** Behind the name of a column: the quality of its values. */
export const QUALITY_OF = '#quality';

/** What the columns are, by their names and by what stands in them. @throws Fault `exchange.usage`, `exchange.no-time`, `exchange.ambiguous-time` */
export function layoutOf(table: Table, options: LayoutOptions): Layout {
  const time = options.time === undefined ? guessTimeColumn(table) : placeOf(table, options.time, '--time');
  const timeFormat = options.timeFormat ?? formatOf(table, time);
  const moment = table.moments.get(table.columns[time] as string);
  const isLocal =
    moment?.isLocal ?? (!isEpoch(timeFormat) && cellsOf(table, time).some((cell) => !hasZone(String(cell))));
  const common = { time, timeFormat: moment ? 'us' : timeFormat, isLocal } as const;
  const tag = placed(table, options.tag, '--tag', TAGS);
  const values = VALUES.flatMap((name) => find(table, [name]) ?? []);
  const value = options.value === undefined ? values : [placeOf(table, options.value, '--value')];
  const form = options.form ?? (tag !== undefined && value.length > 0 ? 'long' : 'wide');
  if (form === 'long') {
    if (tag === undefined || value.length === 0)
      throw usage(
        'a long table needs a column of tags and one of values',
        'name them with --tag and --value',
      );
    const quality = placed(table, options.quality, '--quality', QUALITIES);
    return { ...common, form, tag, quality, values: value, qualities: new Map() };
  }
  const qualities = new Map<number, number>();
  const others = table.columns.flatMap((name, i) => {
    const of = name.endsWith(QUALITY_OF) ? table.columns.indexOf(name.slice(0, -QUALITY_OF.length)) : -1;
    if (of >= 0) qualities.set(of, i);
    return i === time || of >= 0 || name === '' ? [] : [i];
  });
  return { ...common, form, tag: -1, quality: undefined, values: others, qualities };
}

const isEpoch = (format: TimeFormat): boolean => ['s', 'ms', 'us', 'ns'].includes(format);

const cellsOf = ({ head }: Table, column: number): readonly Cell[] =>
  head.flatMap(({ cells }) => {
    const cell = cells[column];
    return cell === undefined || cell === null || cell === '' ? [] : [cell];
  });

function find({ columns }: Table, names: readonly string[]): number | undefined {
  for (const name of names) {
    const place = columns.findIndex((column) => column.toLowerCase() === name);
    if (place >= 0) return place;
  }
  return undefined;
}

const placed = (
  table: Table,
  given: string | undefined,
  option: string,
  names: readonly string[],
): number | undefined => (given === undefined ? find(table, names) : placeOf(table, given, option));

function placeOf({ columns }: Table, name: string, option: string): number {
  const place = columns.indexOf(name);
  if (place >= 0) return place;
  throw usage(`${option} ${name}: the file has no such column`, `it has ${columns.join(', ')}`);
}

function guessTimeColumn(table: Table): number {
  const named = find(table, TIMES);
  if (named !== undefined) return named;
  const [moment] = table.moments.keys();
  if (moment !== undefined) return table.columns.indexOf(moment);
  const found = table.columns.findIndex((_, i) => {
    const format = guessTime(cellsOf(table, i));
    return format !== undefined && !isEpoch(format);
  });
  if (found >= 0) return found;
  throw new Fault('exchange.no-time', `none of the columns ${table.columns.join(', ')} looks like a time`, {
    retry: 'never',
    hint: 'name it: --time COLUMN',
  });
}

function formatOf(table: Table, time: number): TimeFormat {
  const cells = cellsOf(table, time);
  const format = guessTime(cells);
  if (format !== undefined) return format;
  // A line or two that are no times are refused by themselves.
  const most = cells.filter((cell) => guessTime([cell]) !== undefined);
  const likely = most.length * 2 > cells.length ? guessTime(most) : undefined;
  if (likely !== undefined) return likely;
  if (cells.length === 0) return 'iso';
  throw new Fault(
    'exchange.no-time',
    `${table.columns[time]} holds ${String(cells[0])}, which is no time that is known here`,
    {
      retry: 'never',
      hint: `name another column with --time, or say how it is written: --time-format ${TIME_FORMATS.join(', ')}`,
    },
  );
}

const usage = (what: string, hint: string): Fault =>
  new Fault('exchange.usage', what, { retry: 'never', hint });
