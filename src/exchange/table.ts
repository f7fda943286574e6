import type { Value } from '#kernel/batch.ts';

/** What a table holds at one place: text from CSV, typed from Parquet; null where there is nothing. */
export type Cell = Value | null;

/** One row as it was read; `line` is the line of a CSV file, or the number of the row, from 1. */
export interface TableRow {
  readonly line: number;
  readonly cells: readonly Cell[];
  /** Why it cannot be read. */
  readonly problem?: string;
}

/** A file of rows under named columns, read once from its beginning, in parts of bounded size. */
export interface Table {
  readonly format: 'csv' | 'parquet';
  readonly columns: readonly string[];
  /** What was understood of it beside the columns, such as its separator; for people. */
  readonly about: { readonly [what: string]: string };
  /** How numbers are written in text. */
  readonly decimal: '.' | ',';
  /** The first rows, which come again with `parts`. */
  readonly head: readonly TableRow[];
  /** Columns that are moments already, µs since 1970, and whether they are of no zone. */
  readonly moments: ReadonlyMap<string, { readonly isLocal: boolean }>;
  parts(): AsyncIterable<readonly TableRow[]>;
}
