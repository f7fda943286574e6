import { isDeepStrictEqual } from 'node:util';
import type { Problem, SiteModel, TagModel } from '#contract/model.ts';
import type { Plugins } from '#contract/plugins.ts';
import type { Sheet, SheetLine, SheetRow } from '#contract/sheet.ts';
import { TagEntry } from '#contract/site.ts';
import { type Entry, type TagEdits, tagsAsWritten } from '#contract/site-edit.ts';
import { cellText } from '#contract/tag-cells.ts';
import { flat, kindOf, nested } from '#contract/tag-columns.ts';

/** A site file that holds, with its text. */
export interface SheetSite {
  readonly text: string;
  readonly model: SiteModel;
  readonly plugins: Plugins;
}

/** The tags of a site as rows: those of the file as they are written there, those of types as they were made. */
export function rowsOf({ text, model }: Pick<SheetSite, 'text' | 'model'>): SheetRow[] {
  const written = tagsAsWritten(text);
  return model.tags.map((tag) => {
    const own = written[tag.path];
    return own === undefined || tag.where[0] === 'types'
      ? { path: tag.path, entry: entryOfType(tag), fromType: String(tag.where[1]) }
      : { path: tag.path, entry: own };
  });
}

const DEFAULTS: Entry = TagEntry.parse({});

/** What a type gave the tag, without what is a default anyway. */
function entryOfType({ path: _, asset: __, where: ___, ...entry }: TagModel): Entry {
  return Object.fromEntries(
    Object.entries(entry).filter(([field, value]) => value !== undefined && DEFAULTS[field] !== value),
  );
}

export interface SheetPlan {
  readonly edits: TagEdits;
  readonly problems: readonly Problem[];
}

/** What a table says that the site file does not. Rows with a problem change nothing. */
export function planImport(sheet: Sheet, site: SheetSite, removeMissing: boolean): SheetPlan {
  const rows = new Map(rowsOf(site).map((row) => [row.path, row]));
  const put = new Map<string, Entry>();
  const problems: Problem[] = [];
  for (const line of sheet.lines) {
    const row = rows.get(line.path);
    const problem = markerProblem(line, row, sheet);
    if (problem) problems.push(problem);
    else if (row?.fromType === undefined)
      put.set(line.path, entryOfLine(line, row?.entry ?? {}, sheet, site));
  }
  const named = new Set(sheet.lines.map(({ path }) => path));
  const missing = [...rows.values()].filter((row) => row.fromType === undefined && !named.has(row.path));
  return { edits: { put, remove: new Set(removeMissing ? missing.map(({ path }) => path) : []) }, problems };
}

/** Tags of types are the type's: a table may carry them, and may not change them. */
function markerProblem(line: SheetLine, row: SheetRow | undefined, sheet: Sheet): Problem | undefined {
  const problem = (column: string, message: string, hint: string): Problem => ({
    line: line.line,
    column: sheet.position(column),
    message,
    hint,
    severity: 'error',
  });
  if (row?.fromType !== undefined) {
    const cells = flat(row.entry);
    const other = [...line.cells].find(
      ([column, { text, value }]) =>
        text !== shown(cells.get(column), column, sheet) && !isDeepStrictEqual(value, cells.get(column)),
    );
    return (
      other &&
      problem(
        other[0],
        `${line.path} is made by type ${row.fromType}: a table cannot change its ${other[0]}`,
        `change types.${row.fromType} in the site file, for all assets of the type at once`,
      )
    );
  }
  if (line.fromType === '' || row) return undefined;
  return problem(
    'from type',
    `${line.path} was made by type ${line.fromType}, and this site makes no such tag`,
    'add the asset to the site file, or empty this cell to make it a tag of its own',
  );
}

const shown = (value: unknown, column: string, { decimal }: Sheet): string =>
  cellText(value, kindOf(column) ?? 'any', decimal).trim();

/** The entry with what the cells say; a column that the table does not have is left as it is. */
function entryOfLine(line: SheetLine, before: Entry, sheet: Sheet, site: SheetSite): Entry {
  const cells = flat(before);
  const either = new Map<string, string>();
  for (const [column, { value, orText, text }] of line.cells) {
    if (value === undefined) cells.delete(column);
    // As it was written: what a table cannot tell apart stays what it was.
    else if (!cells.has(column) || shown(cells.get(column), column, sheet) !== text) {
      cells.set(column, value);
      if (orText !== undefined && column.startsWith('address.')) either.set(column, orText);
    }
  }
  return settled(cells, either, site);
}

/** Most cells of one address of which both readings are tried together. */
const MOST_EITHER = 8;

/** Where a cell may be a number or a text that looks like one, the address schema of the source decides. */
function settled(cells: Map<string, unknown>, either: ReadonlyMap<string, string>, site: SheetSite): Entry {
  const entry = nested(cells);
  const source = site.model.sources.find(({ id }) => id === entry.source);
  const schema = source && site.plugins.sources[source.kind]?.address;
  const open = [...either].slice(0, MOST_EITHER);
  if (!schema || open.length === 0) return entry;
  for (let mask = 0; mask < 1 << open.length; mask++) {
    const tried = new Map(cells);
    for (const [i, [column, text]] of open.entries()) if (mask & (1 << i)) tried.set(column, text);
    const candidate = nested(tried);
    if (schema.safeParse(candidate.address).success) return candidate;
  }
  return entry;
}
