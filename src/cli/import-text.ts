import { bold, dim, number, red, table, valueText } from '#cli/text.ts';
import type { ImportReport } from '#contract/client.ts';
import { siteEntries } from '#exchange/naming.ts';

/** What an import understood and did, for people. */
export function importText(file: string, report: ImportReport): string {
  return [
    head(file, report),
    report.columns.length > 0 ? columns(report) : undefined,
    preview(report),
    refusals(report),
    unknown(report),
    end(report),
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

const moment = (us: number): string => new Date(us / 1000).toISOString().replace(/\.000Z$/, 'Z');

function head(
  file: string,
  { format, form, about, time, fromUs, toUs, rows, samples }: ImportReport,
): string {
  const understood = Object.entries(about).map(([what, value]) => `${what} ${value}`);
  const shape = form === 'wide' ? 'a column for each tag' : 'a line for each sample';
  const zone = time.zone === undefined ? 'no zone named; shown as UTC: say --zone' : time.zone;
  const span = fromUs === undefined || toUs === undefined ? '' : `, ${moment(fromUs)} to ${moment(toUs)}`;
  return [
    `${bold(file)}: ${format === 'csv' ? 'CSV' : 'Parquet'}, ${[...understood, shape].join(', ')}`,
    `times in ${time.column}: ${FORMATS[time.format] ?? time.format} (${zone})`,
    `${number(rows)} rows, ${number(samples)} samples${span}`,
  ].join('\n');
}

const FORMATS: { readonly [format: string]: string } = {
  iso: 'year-month-day',
  dmy: 'day.month.year',
  mdy: 'month/day/year',
  s: 'seconds since 1970',
  ms: 'milliseconds since 1970',
  us: 'microseconds since 1970',
  ns: 'nanoseconds since 1970',
};

function columns({ columns: all }: ImportReport): string {
  const rows = all.map(({ name, path, type, samples, refused }) => [
    name,
    path,
    type,
    number(samples),
    refused === 0 ? '' : red(number(refused)),
  ]);
  return table(['in the file', 'tag', 'type', 'samples', 'refused'], rows);
}

function preview({ preview: all, dryRun }: ImportReport): string | undefined {
  if (!dryRun || all.length === 0) return undefined;
  const rows = all.map(({ timeUs, path, value }) => [moment(timeUs), path, valueText(value)]);
  return table(['first samples', '', ''], rows);
}

function refusals({ refused, refusals: first }: ImportReport): string | undefined {
  if (refused === 0) return undefined;
  const lines = first.map(
    ({ line, name, why }) => `  line ${line}${name === undefined ? '' : `, ${name}`}: ${why}`,
  );
  const more = refused > first.length ? [dim(`  … and ${number(refused - first.length)} more`)] : [];
  return [
    red(`${number(refused)} could not be read and ${refused === 1 ? 'was' : 'were'} left out:`),
    ...lines,
    ...more,
  ].join('\n');
}

function unknown({ unknown: all }: ImportReport): string | undefined {
  if (all.length === 0) return undefined;
  return [
    red(
      `the site file has no tag for ${all
        .map(({ name }) => name)
        .slice(0, 10)
        .join(', ')}`,
    ),
    dim(
      'name their tags with --map NAME=PATH or --under PLACE, leave them out with --skip or --skip-unknown,',
    ),
    dim('keep them in the history alone with --undeclared, or give them a source in the site file:'),
    'tags:',
    siteEntries(all),
  ].join('\n');
}

function end({ dryRun, added = 0, samples, empty }: ImportReport): string {
  const nothing = empty === 0 ? '' : `; ${number(empty)} cells were empty`;
  if (dryRun) return `nothing was kept: a dry run${nothing}`;
  const known = samples - added;
  const before = known === 0 ? '' : `, ${number(known)} were there already`;
  return `${number(added)} samples are new in the history${before}${nothing}`;
}
