import { readFile } from 'node:fs/promises';
import { printProblems } from '#cli/check.ts';
import { printJson, validSite, writeSite } from '#cli/commission/site.ts';
import { Exit, notWritten } from '#cli/fail.ts';
import { dim, yellow } from '#cli/text.ts';
import type { Problem } from '#contract/model.ts';
import { readSheet, type Sheet, type SheetRow, sheetText } from '#contract/sheet.ts';
import { planImport, rowsOf } from '#contract/sheet-import.ts';
import { editTags } from '#contract/site-edit.ts';
import { tagPlaces } from '#contract/tag-places.ts';
import { checkSite } from '#edge/blueprint.ts';
import { type Change, siteChanges } from '#edge/change.ts';
import { changeLine } from '#edge/change-text.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurably } from '#platform/files.ts';

export interface ExportOptions {
  readonly site: string;
  readonly output?: string;
  readonly semicolon?: boolean;
  readonly json?: boolean;
}

export interface ImportOptions {
  readonly site: string;
  readonly dryRun?: boolean;
  readonly removeMissing?: boolean;
  readonly json?: boolean;
}

const say = (text: string) => process.stderr.write(`${dim(text)}\n`);

export async function exportTags(options: ExportOptions): Promise<void> {
  const { site: file, output, semicolon = false, json } = options;
  const blueprint = await validSite(file, json);
  if (!blueprint) return;
  const rows = rowsOf(blueprint);
  const text = json ? jsonText(rows) : sheetText(rows, semicolon);
  if (output === undefined) process.stdout.write(text);
  else put(output, text);
  say(`${rows.length} tags${output === undefined ? '' : ` written to ${output}`}`);
}

/** As the site file has them: an object a tag. */
const jsonText = (rows: readonly SheetRow[]): string =>
  `${JSON.stringify(
    rows.map(({ entry, ...row }) => ({ ...row, ...entry })),
    null,
    2,
  )}\n`;

/** @throws Fault `cli.not-written` */
function put(output: string, text: string): void {
  try {
    replaceDurably(output, text);
  } catch (error) {
    throw notWritten(output, error);
  }
}

/** All that is wrong in the table at once, and then nothing is written. */
export async function importTags(table: string, options: ImportOptions): Promise<void> {
  const { site: file, json, dryRun = false } = options;
  const blueprint = await validSite(file, json);
  if (!blueprint) return;
  const sheet = readSheet(await contents(table));
  const { notes } = sheet;
  if (!json) for (const note of notes) process.stderr.write(`${yellow('note')}: ${note}\n`);
  const { edits, problems } = planImport(sheet, blueprint, options.removeMissing ?? false);
  const text = editTags(blueprint.text, edits);
  const checked = await checkSite(text);
  const found = [...sheet.problems, ...problems];
  const others: Problem[] = [];
  if (!checked.blueprint) placed(text, checked.problems, sheet, found, others);
  if (found.length + others.length > 0 || !checked.blueprint) {
    const sorted = found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    process.exitCode = Exit.invalid;
    if (json) {
      const all = [[table, sorted] as const, [file, others] as const];
      const problems = all.flatMap(([file, some]) => some.map((one) => ({ file, ...one })));
      return printJson({ ok: false, notes, problems });
    }
    printProblems(table, sorted, process.stderr);
    printProblems(`${file} (as it would be)`, others, process.stderr);
    say('nothing was written');
    return;
  }
  const changes = siteChanges(blueprint, checked.blueprint);
  const isWritten = !dryRun && changes.length > 0;
  if (isWritten) await writeSite(file, blueprint.text, text);
  if (json) return printJson({ ok: true, written: isWritten, notes, changes });
  for (const change of changes) process.stdout.write(`${changeLine(change)}\n`);
  say(`${sumOf(changes, sheet.lines.length)}${dryRun ? '; nothing was written (--dry-run)' : ''}`);
}

async function contents(table: string): Promise<Uint8Array> {
  return await readFile(table).catch((error) => {
    throw new Fault('tags.unreadable', `cannot read ${table}: ${messageOf(error)}`, {
      retry: 'never',
      hint: '`holdfast tags export --site site.yaml -o tags.csv` makes a table to begin with',
      cause: error,
    });
  });
}

/**
 * Problems of the site file as it would be, at the cells that make them.
 * @param found takes those of rows that have no problem of their own yet @param others those that no cell made
 */
function placed(
  text: string,
  problems: readonly Problem[],
  sheet: Sheet,
  found: Problem[],
  others: Problem[],
): void {
  const placeOf = tagPlaces(text);
  const lines = new Map(sheet.lines.map((line) => [line.path, line]));
  const told = new Set(found.map(({ line }) => line));
  for (const problem of problems) {
    if (problem.severity !== 'error') continue;
    const place = placeOf(problem.line, problem.column);
    const line = place && lines.get(place.path);
    if (!line) {
      // A row that could not be read may be what is missing here.
      if (found.length === 0) others.push(problem);
    } else if (!told.has(line.line)) {
      found.push({ ...problem, line: line.line, column: positionOf(place.field, line.cells.keys(), sheet) });
    }
  }
}

/** The column of a field, else of the first field in it: `range` stands in `range.low`. */
function positionOf(field: string, columns: Iterable<string>, sheet: Sheet): number {
  const all = [...columns];
  const column = all.find((one) => one === field) ?? all.find((one) => one.startsWith(`${field}.`));
  return field === '' || column === undefined ? sheet.position('path') : sheet.position(column);
}

function sumOf(changes: readonly Change[], rows: number): string {
  const count = (what: Change['what']) => changes.filter((change) => change.what === what).length;
  const [added, changed, removed] = [count('added'), count('changed'), count('removed')];
  const parts = [`${added} added`, `${changed} changed`, `${rows - added - changed} as they were`];
  if (removed > 0) parts.push(`${removed} removed`);
  return parts.join(', ');
}
