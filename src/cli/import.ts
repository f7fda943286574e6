import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import { Exit } from '#cli/fail.ts';
import { importText } from '#cli/import-text.ts';
import { ProgressBar } from '#cli/progress-bar.ts';
import type { HistoryImportQuery, ImportLine, ImportReport } from '#contract/client.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

export interface ImportArguments {
  readonly dryRun?: boolean;
  readonly form?: 'long' | 'wide';
  readonly time?: string;
  readonly timeFormat?: NonNullable<HistoryImportQuery['timeFormat']>;
  readonly zone?: string;
  readonly tag?: string;
  readonly value?: string;
  readonly quality?: string;
  readonly map?: readonly string[];
  readonly under?: string;
  readonly skip?: readonly string[];
  readonly skipUnknown?: boolean;
  readonly undeclared?: boolean;
  readonly separator?: string;
  readonly decimal?: '.' | ',';
  readonly why?: string;
  readonly site?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** `holdfast import`: files into the history of a site, running or stopped, one after the other. */
export async function importFiles(files: readonly string[], options: ImportArguments): Promise<void> {
  for (const file of files) {
    const report = await importFile(file, options);
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else process.stdout.write(`${importText(basename(file), report)}\n`);
    const isRefused = report.dryRun && report.form === 'wide' && report.unknown.length > 0;
    if (isRefused && !options.skipUnknown) process.exitCode = Exit.invalid;
  }
}

async function importFile(file: string, options: ImportArguments): Promise<ImportReport> {
  const { format, size } = await look(file);
  const bar = new ProgressBar(process.stderr);
  const startMs = performance.now();
  try {
    for await (const line of await linesOf(file, format, options)) {
      if ('report' in line) return line.report;
      const seconds = (performance.now() - startMs) / 1000;
      bar.show(Math.min(1, line.bytes / size), line.rows, line.rows / seconds, 'rows');
    }
  } finally {
    bar.clear();
  }
  throw new Fault('cli.broken-off', `the site broke off while it took ${file}`, {
    hint: 'import it again: what was kept is not doubled',
  });
}

/** A Parquet file says so itself, whatever it is called. @throws Fault `cli.usage` */
async function look(file: string): Promise<{ readonly format: 'csv' | 'parquet'; readonly size: number }> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return { format: buffer.toString('latin1') === 'PAR1' ? 'parquet' : 'csv', size };
  } catch (error) {
    throw new Fault('cli.usage', `cannot read ${file}: ${messageOf(error)}`, { retry: 'never' });
  }
}

const TYPES = { csv: 'text/csv', parquet: 'application/vnd.apache.parquet' } as const;
const PIECE_BYTES = 2 ** 18;

async function linesOf(
  file: string,
  format: 'csv' | 'parquet',
  options: ImportArguments,
): Promise<AsyncIterable<ImportLine>> {
  const {
    site,
    data,
    json: _,
    dryRun,
    skipUnknown,
    undeclared,
    separator,
    map = [],
    skip = [],
    ...rest
  } = options;
  const dir = site === undefined ? await findKeptDir(data, 'journal') : (data ?? 'data');
  const address = await readAddress(dir);
  const given = { ...rest, ...(separator !== undefined && { separator: separatorOf(separator) }) };
  const by = userInfo().username;
  const name = basename(file);
  if (address) {
    const bytes = createReadStream(file, { highWaterMark: PIECE_BYTES });
    const flags = {
      ...(dryRun && { dryRun: 'true' as const }),
      ...(skipUnknown && { skipUnknown: 'true' as const }),
      ...(undeclared && { undeclared: 'true' as const }),
    };
    const query: HistoryImportQuery = { ...given, ...flags, map, skip, name, by };
    return new SiteClient(address, dir).api.historyImport({ type: TYPES[format], bytes }, query);
  }
  const { importStopped, readSiteText } = await import('#edge/main.ts');
  const { why, ...how } = given;
  const named = { map: pairs(map), skip: new Set(skip) };
  const asked = { name, by, why, options: { ...how, ...named, dryRun, skipUnknown, undeclared } };
  const text = site === undefined ? undefined : await readSiteText(site);
  return importStopped(dir, asked, { format, path: file }, text);
}

const separatorOf = (text: string): string => (/^(tab|\\t)$/i.test(text) ? '\t' : text);

/** @throws Fault `cli.usage` */
function pairs(map: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    map.map((one) => {
      const at = one.lastIndexOf('=');
      if (at > 0) return [one.slice(0, at), one.slice(at + 1)] as const;
      throw new Fault('cli.usage', `--map ${one}: no NAME=PATH`, { retry: 'never' });
    }),
  );
}
