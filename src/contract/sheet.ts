import papaparse from 'papaparse';
import type { Problem } from '#contract/model.ts';
import type { Entry } from '#contract/site-edit.ts';
import { cellText, type Decimal, type ReadCell, readCell } from '#contract/tag-cells.ts';
import { COLUMNS, columnOf, FROM_TYPE, flat, kindOf, PATH } from '#contract/tag-columns.ts';
import { nearest } from '#kernel/nearest.ts';

/* Tags as a table (CSV, RFC 4180) that Excel opens by a double click. */

/** With it Excel takes the file for UTF-8. */
const BOM = '\ufeff';

export interface SheetRow {
  readonly path: string;
  readonly entry: Entry;
  /** Name of the type that makes the tag; absent for a tag of the site file itself. */
  readonly fromType?: string | undefined;
}

/** Always there, so that an empty table shows what can be filled in. */
const MAIN = ['description', 'type', 'unit', 'range.low', 'range.high', 'access', 'deadband', 'source'];

/** @param semicolon `;` between cells and decimal commas */
export function sheetText(rows: readonly SheetRow[], semicolon: boolean): string {
  const decimal: Decimal = semicolon ? ',' : '.';
  const cells = rows.map((row) => ({ ...row, cells: flat(row.entry) }));
  const used = new Set(cells.flatMap((row) => [...row.cells.keys()]));
  const known = COLUMNS.filter((column) => used.has(column) || MAIN.includes(column));
  const addresses = [...used].filter((column) => column === 'address' || column.startsWith('address.'));
  const behind = known.indexOf('source') + 1;
  const maps = [...used].filter((column) => !known.includes(column) && !addresses.includes(column));
  const columns = [...known.slice(0, behind), ...addresses, ...known.slice(behind), ...maps];
  const marked = rows.some(({ fromType }) => fromType !== undefined);
  const head = [PATH, ...(marked ? [FROM_TYPE] : []), ...columns];
  const lines = cells.map((row) => [
    row.path,
    ...(marked ? [row.fromType ?? ''] : []),
    ...columns.map((column) => cellText(row.cells.get(column), kindOf(column) ?? 'any', decimal)),
  ]);
  const text = papaparse.unparse([head, ...lines], { delimiter: semicolon ? ';' : ',', newline: '\r\n' });
  return `${BOM}${text}\r\n`;
}

/** A row as it was read. */
export interface SheetLine {
  readonly line: number;
  readonly path: string;
  /** What stands in the marker column. */
  readonly fromType: string;
  /** Of every column that the table has, but path and marker. */
  readonly cells: ReadonlyMap<string, SheetCell>;
}

export interface SheetCell extends ReadCell {
  readonly text: string;
}

export interface Sheet {
  readonly lines: readonly SheetLine[];
  readonly problems: readonly Problem[];
  readonly decimal: Decimal;
  /** Where a column stands, from 1; 1 for one that the table does not have. */
  position(column: string): number;
  /** What people should know besides: an encoding that had to be guessed. */
  readonly notes: readonly string[];
}

/** Reads a table. Never throws: everything wrong in it comes at once, with line and cell. */
export function readSheet(bytes: Uint8Array): Sheet {
  const { text, notes } = decoded(bytes);
  const sep = /^sep=(.)\r?\n/i.exec(text);
  const body = sep ? text.slice(sep[0].length) : text;
  const delimiter = sep?.[1] ?? delimiterOf(body);
  const { data, errors } = papaparse.parse<string[]>(body, { delimiter });
  const reader = new Reader(delimiter === ',' ? '.' : ',');
  const starts = lineNumbers(data, sep ? 2 : 1);
  for (const { row, message } of errors)
    reader.report(
      starts[row ?? 0] ?? 1,
      1,
      `this is no table: ${message}`,
      'is a quote missing or too many?',
    );
  if (reader.head(data[0] ?? [], starts[0] ?? 1))
    for (const [i, cells] of data.entries()) if (i > 0) reader.row(cells, starts[i] ?? 1);
  return reader.sheet(notes);
}

function decoded(bytes: Uint8Array): { readonly text: string; readonly notes: readonly string[] } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe)
    return { text: new TextDecoder('utf-16le').decode(bytes), notes: [] };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), notes: [] };
  } catch {
    const note =
      'the table is not in UTF-8 and was read as Windows-1252: look at its umlauts, or save it as "CSV UTF-8"';
    return { text: new TextDecoder('windows-1252').decode(bytes), notes: [note] };
  }
}

/** What stands most often in the first line: no head of ours has one of these characters in it. */
function delimiterOf(text: string): string {
  const head = text.slice(0, Math.max(0, text.search(/[\r\n]/)) || text.length);
  const count = (mark: string) => head.split(mark).length;
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

/** First line of each row: a cell may have several. */
function lineNumbers(rows: readonly (readonly string[])[], first: number): number[] {
  let line = first;
  return rows.map((cells) => {
    const at = line;
    line += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
    return at;
  });
}

const PATH_FORM = /^[a-z][a-z0-9_-]*(\/[a-z0-9_-]+)*$/;

class Reader {
  readonly #decimal: Decimal;
  readonly #problems: Problem[] = [];
  readonly #lines: SheetLine[] = [];
  readonly #first = new Map<string, number>();
  #columns: (string | undefined)[] = [];

  constructor(decimal: Decimal) {
    this.#decimal = decimal;
  }

  report(line: number, column: number, message: string, hint?: string): void {
    this.#problems.push({ line, column, message, ...(hint !== undefined && { hint }), severity: 'error' });
  }

  /** @returns whether rows can be read */
  head(cells: readonly string[], line: number): boolean {
    this.#columns = cells.map((cell, i) => {
      if (cell.trim() === '') return undefined;
      const column = columnOf(cell);
      if (column !== undefined && kindOf(column) === undefined && column !== PATH && column !== FROM_TYPE)
        return undefined;
      if (column === undefined) {
        const guess = nearest(cell.trim(), [PATH, ...COLUMNS]);
        const hint = guess ? `did you mean ${guess}?` : 'remove it; fields of addresses are called address.…';
        this.report(line, i + 1, `no tag has a field ${cell.trim()}`, hint);
      }
      return column;
    });
    for (const [i, column] of this.#columns.entries()) {
      if (column !== undefined && this.#columns.indexOf(column) < i)
        this.report(line, i + 1, `the column ${column} is there twice`, 'keep one of them');
    }
    if (this.#columns.includes(PATH)) return true;
    this.report(
      line,
      1,
      'the table has no column path',
      'name the columns in the first line, as `tags export` does',
    );
    return false;
  }

  row(cells: readonly string[], line: number): void {
    if (cells.every((cell) => cell.trim() === '')) return;
    const read = new Map<string, SheetCell>();
    let path = '';
    let fromType = '';
    for (const [i, raw] of cells.entries()) {
      const cell = raw.replaceAll('\r\n', '\n');
      const column = this.#columns[i];
      const isText = column === PATH || column === FROM_TYPE;
      if (column === PATH) path = cell.trim();
      else if (column === FROM_TYPE) fromType = cell.trim();
      if (isText) continue;
      if (column === undefined) {
        if (cell.trim() !== '' && i >= this.#columns.length)
          this.report(
            line,
            i + 1,
            `a cell without a head: ${cell.trim()}`,
            'is there a separator too many in this line?',
          );
        continue;
      }
      const value = readCell(cell, column, this.#decimal);
      if (typeof value === 'string') this.report(line, i + 1, `${column}: ${value}`);
      else read.set(column, { ...value, text: cell.trim() });
    }
    if (this.#isPath(path, line)) this.#lines.push({ line, path, fromType, cells: read });
  }

  #isPath(path: string, line: number): boolean {
    const column = this.#columns.indexOf(PATH) + 1;
    const first = this.#first.get(path);
    if (path === '') this.report(line, column, 'the row has no path', 'write one, or remove the row');
    else if (!PATH_FORM.test(path))
      this.report(
        line,
        column,
        `${path} is no path`,
        'small letters, digits, _ and -, joined by /: line1/press/pressure',
      );
    else if (first !== undefined)
      this.report(
        line,
        column,
        `the path ${path} is there twice, first in line ${first}`,
        'keep one of them',
      );
    else {
      this.#first.set(path, line);
      return true;
    }
    return false;
  }

  sheet(notes: readonly string[]): Sheet {
    return {
      lines: this.#lines,
      problems: this.#problems,
      decimal: this.#decimal,
      position: (column) => Math.max(0, this.#columns.indexOf(column)) + 1,
      notes,
    };
  }
}
