import { open } from 'node:fs/promises';
import * as zlib from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  type ParquetScan,
  parquetMetadataAsync,
  parquetScan,
  type SchemaElement,
} from 'hyparquet';
import { compressors as others } from 'hyparquet-compressors';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Cell, Table, TableRow } from './table.ts';

const ROWS_A_PART = 8192;
const HEAD_ROWS = 200;

/** Those that Node brings are many times as quick, and end where a page claims less than it holds. */
const compressors: Compressors = {
  ...others,
  GZIP: (input, maxOutputLength) => zlib.gunzipSync(input, { maxOutputLength }),
  BROTLI: (input, maxOutputLength) => zlib.brotliDecompressSync(input, { maxOutputLength }),
  ZSTD: (input, maxOutputLength) => zlib.zstdDecompressSync(input, { maxOutputLength }),
};

/** Moments stay what they are stored as: dates of JavaScript would lose the µs. */
const parsers = {
  timestampFromMilliseconds: (ms: bigint) => Number(ms) * 1000,
  timestampFromMicroseconds: (us: bigint) => Number(us),
  timestampFromNanoseconds: (ns: bigint) => Number(ns / 1000n),
  dateFromDays: (days: number) => days * 86_400e6,
};

/**
 * A Parquet file, read some rows of one row group at a time; all compressions. The caller closes it.
 * @throws Fault `exchange.no-table`
 */
export async function openParquet(path: string): Promise<Table & AsyncDisposable> {
  const file = await open(path).catch((error) => {
    throw noTable(`cannot read ${path}: ${messageOf(error)}`);
  });
  try {
    const buffer = bufferOf(file, (await file.stat()).size);
    const metadata = await parquetMetadataAsync(buffer, { parsers }).catch((error) => {
      throw noTable(`this is no Parquet file: ${messageOf(error)}`);
    });
    const fields = fieldsOf(metadata);
    const columns = fields.map(({ name }) => name);
    const scan = await parquetScan({ file: buffer, metadata, compressors, parsers });
    const first = scan.ranges[0]?.rowEnd ?? 0;
    return {
      format: 'parquet',
      columns,
      about: { codec: metadata.row_groups[0]?.columns[0]?.meta_data?.codec ?? 'none' },
      decimal: '.',
      head: (await partOf(scan, columns, 0, Math.min(HEAD_ROWS, first))) ?? [],
      moments: momentsOf(fields),
      parts: () => partsOf(scan, columns),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function bufferOf(file: Awaited<ReturnType<typeof open>>, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      return bytes.buffer.slice(0, bytesRead);
    },
  };
}

/** Columns of plain values; groups (lists, structures) have no place in a table of samples. */
function fieldsOf({ schema }: FileMetaData): readonly SchemaElement[] {
  const [root, ...rest] = schema;
  if (rest.length !== root?.num_children || rest.some(({ num_children }) => num_children))
    throw noTable('the file holds lists or structures', 'write a table with plain columns');
  if (rest.length < 2) throw noTable('the file has one column only');
  return rest;
}

function momentsOf(fields: readonly SchemaElement[]): Table['moments'] {
  const found = new Map<string, { readonly isLocal: boolean }>();
  for (const { name, type, converted_type: converted, logical_type: logical } of fields) {
    if (logical?.type === 'TIMESTAMP') found.set(name, { isLocal: !logical.isAdjustedToUTC });
    else if (type === 'INT96' || converted?.startsWith('TIMESTAMP_')) found.set(name, { isLocal: false });
    else if (logical?.type === 'DATE' || converted === 'DATE') found.set(name, { isLocal: true });
  }
  return found;
}

/** Each column of a row group is decoded once: parts are cut out of that. */
async function* partsOf(scan: ParquetScan, names: readonly string[]): AsyncIterable<readonly TableRow[]> {
  for (const { rowStart, rowEnd } of scan.ranges) {
    const columns = await columnsOf(scan, names, rowStart, rowEnd);
    for (let from = rowStart; from < rowEnd; from += ROWS_A_PART)
      yield rowsOf(columns, from, Math.min(rowEnd, from + ROWS_A_PART), rowStart);
  }
}

async function partOf(scan: ParquetScan, names: readonly string[], from: number, to: number) {
  return from === to ? [] : rowsOf(await columnsOf(scan, names, from, to), from, to, from);
}

type Columns = readonly ArrayLike<unknown>[];

async function columnsOf(
  scan: ParquetScan,
  names: readonly string[],
  rowStart: number,
  rowEnd: number,
): Promise<Columns> {
  const columns: ArrayLike<unknown>[] = [];
  try {
    for (const column of names) columns.push(await scan.readColumn({ column, rowStart, rowEnd }));
  } catch (error) {
    const where = `rows ${rowStart + 1} to ${rowEnd}`;
    throw noTable(`${where} cannot be read: ${messageOf(error)}`, 'the file may be cut off or damaged');
  }
  return columns;
}

const rowsOf = (columns: Columns, from: number, to: number, first: number): TableRow[] =>
  Array.from({ length: to - from }, (_, i) => ({
    line: from + i + 1,
    cells: columns.map((column) => (column[from + i - first] ?? null) as Cell),
  }));

const noTable = (what: string, hint = 'is it the right file?'): Fault =>
  new Fault('exchange.no-table', what, { retry: 'never', hint });
