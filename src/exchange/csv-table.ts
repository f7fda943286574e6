import { CsvReader, type CsvRecord } from '#codec/csv/reader.ts';
import { Fault } from '#kernel/fault.ts';
import type { Table, TableRow } from './table.ts';

/** What is looked at before anything is decided. */
const HEAD_BYTES = 64 * 1024;
const HEAD_ROWS = 200;
const SEPARATORS = [',', ';', '\t', '|'];
const NAMES: { readonly [separator: string]: string } = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
};

export interface CsvOptions {
  /** Guessed when absent. */
  readonly separator?: string | undefined;
  readonly decimal?: '.' | ',' | undefined;
}

/**
 * A CSV file from its bytes, as they come: UTF-8, UTF-16 with its mark, or Windows-1252. Separator and decimal mark are
 * guessed from its beginning. @throws Fault `exchange.no-table`
 */
export async function openCsv(bytes: AsyncIterable<Uint8Array>, options: CsvOptions): Promise<Table> {
  const source = bytes[Symbol.asyncIterator]();
  const head = await headOf(source);
  if (head.isEmpty) throw noTable('the file is empty', 'is it the right one?');
  const { decoder, encoding } = encodingOf(head.bytes, head.isWhole);
  const text = decoder.decode(head.bytes, { stream: true });
  const said = /^sep=(.)\r?\n/i.exec(text);
  const body = said ? text.slice(said[0].length) : text;
  const separator = options.separator ?? said?.[1] ?? separatorOf(body);
  const firstLine = said ? 2 : 1;
  const sample = [...new CsvReader(separator, firstLine).feed(body)].slice(0, HEAD_ROWS + 1);
  if (head.isWhole) sample.splice(0, sample.length, ...whole(separator, firstLine, body));
  const [first, ...rows] = sample;
  const columns = columnsOf(first);
  const decimal = options.decimal ?? decimalOf(rows, separator);
  const reader = new CsvReader(separator, firstLine);
  return {
    format: 'csv',
    columns,
    about: { separator: NAMES[separator] ?? separator, decimal, encoding },
    decimal,
    head: rows.map((row) => rowOf(row, columns.length)),
    moments: new Map(),
    async *parts() {
      let isHead = true;
      const told = function* (records: Iterable<CsvRecord>): Iterable<TableRow> {
        for (const record of records) {
          if (!isHead) yield rowOf(record, columns.length);
          isHead = false;
        }
      };
      yield [...told(reader.feed(body))];
      for (let next = await source.next(); !next.done; next = await source.next()) {
        yield [...told(reader.feed(decoder.decode(next.value, { stream: true })))];
      }
      yield [...told(reader.feed(decoder.decode())), ...told(reader.end())];
    },
  };
}

function whole(separator: string, line: number, body: string): CsvRecord[] {
  const reader = new CsvReader(separator, line);
  return [...reader.feed(body), ...reader.end()].slice(0, HEAD_ROWS + 1);
}

interface Head {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
  readonly isEmpty: boolean;
}

async function headOf(source: AsyncIterator<Uint8Array>): Promise<Head> {
  const parts: Uint8Array[] = [];
  let count = 0;
  let isWhole = false;
  while (count < HEAD_BYTES && !isWhole) {
    const { value, done } = await source.next();
    if (done) isWhole = true;
    else {
      parts.push(value);
      count += value.length;
    }
  }
  return { bytes: Buffer.concat(parts), isWhole, isEmpty: count === 0 };
}

/** The mark of UTF-8 goes by itself. A character that the end of the head cuts in two is no sign of another encoding. */
function encodingOf(head: Uint8Array, isWhole: boolean): { decoder: TextDecoder; encoding: string } {
  const marked =
    head[0] === 0xff && head[1] === 0xfe
      ? 'utf-16le'
      : head[0] === 0xfe && head[1] === 0xff
        ? 'utf-16be'
        : '';
  if (marked) return { decoder: new TextDecoder(marked), encoding: marked.toUpperCase() };
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: !isWhole });
    return { decoder: new TextDecoder('utf-8'), encoding: 'UTF-8' };
  } catch {
    return { decoder: new TextDecoder('windows-1252'), encoding: 'Windows-1252' };
  }
}

/** The one by which the first rows have the same cells as the head, and most of them. */
function separatorOf(body: string): string {
  const score = (separator: string): number => {
    const records = [...new CsvReader(separator).feed(body)].slice(0, HEAD_ROWS);
    const width = records[0]?.cells.length ?? body.split(/\r?\n/)[0]?.split(separator).length ?? 1;
    if (width < 2) return 0;
    const same = records.filter(({ cells }) => cells.length === width).length;
    return width + 1000 * (same / Math.max(1, records.length));
  };
  return SEPARATORS.reduce((best, one) => (score(one) > score(best) ? one : best));
}

function columnsOf(head: CsvRecord | undefined): readonly string[] {
  if (!head || head.problem !== undefined)
    throw noTable(
      `the first line cannot be read${head?.problem ? `: ${head.problem}` : ''}`,
      'a table begins with a line of column names, separated by commas, semicolons or tabs',
    );
  const names = head.cells.map((cell) => cell.trim());
  if (names.length < 2)
    throw noTable('the first line has one column only', 'say what separates the cells: --separator ";"');
  if (names.every((name) => name === '' || /^[-\d.,:T /]+Z?$/.test(name)))
    throw noTable('the first line holds values, not names', 'put a line with the names of the columns first');
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) < i);
  if (twice !== undefined) throw noTable(`the column ${twice} is there twice`, 'rename one of them');
  return names;
}

/** A comma within a number is one where the cells are separated by something else, and no number has a point. */
function decimalOf(rows: readonly CsvRecord[], separator: string): '.' | ',' {
  if (separator === ',') return '.';
  const cells = rows.flatMap((row) => row.cells);
  const has = (form: RegExp) => cells.some((cell) => form.test(cell.trim()));
  return has(/^[-+]?\d*,\d+$/) && !has(/^[-+]?\d+\.\d+$/) ? ',' : '.';
}

function rowOf({ line, cells, problem }: CsvRecord, width: number): TableRow {
  if (problem !== undefined) return { line, cells, problem };
  // Some programs end each line with a separator.
  const own = cells.length === width + 1 && cells[width] === '' ? cells.slice(0, width) : cells;
  if (own.length === width) return { line, cells: own };
  return { line, cells: [], problem: `${own.length} cells, where the first line names ${width} columns` };
}

const noTable = (what: string, hint: string): Fault =>
  new Fault('exchange.no-table', what, { retry: 'never', hint });
