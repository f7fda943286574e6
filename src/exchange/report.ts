import type { Json } from '#kernel/event.ts';
import type { TagType } from '#kernel/tag-table.ts';
import type { Form } from './layout.ts';
import type { Unknown } from './naming.ts';

/** A row, or a cell of one, that was left out. */
export interface Refusal {
  readonly line: number;
  /** Name of the column or of the tag; absent where the whole row is meant. */
  readonly name?: string;
  readonly why: string;
}

export interface ColumnReport {
  /** As the file calls it. */
  readonly name: string;
  readonly path: string;
  readonly type: TagType;
  readonly samples: number;
  readonly refused: number;
}

/** What an import understood and did; of a dry run, what it would have done. */
export interface ImportReport {
  readonly dryRun: boolean;
  readonly format: 'csv' | 'parquet';
  readonly form: Form;
  /** Such as the separator: for people. */
  readonly about: { readonly [what: string]: string };
  readonly time: { readonly column: string; readonly format: string; readonly zone?: string };
  readonly columns: readonly ColumnReport[];
  /** Names that no tag has; their rows were left out. */
  readonly unknown: readonly Unknown[];
  /** The first samples. */
  readonly preview: readonly { readonly timeUs: number; readonly path: string; readonly value: Json }[];
  readonly rows: number;
  readonly samples: number;
  /** New ones; the others were there already. Absent in a dry run. */
  readonly added?: number;
  /** Cells with nothing in them, and marks of gaps. */
  readonly empty: number;
  readonly refused: number;
  /** The first of them. */
  readonly refusals: readonly Refusal[];
  /** Times of the first and the last sample; absent where there is none. */
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly digest: string;
}

const MOST_TOLD = 20;

/** Counts what was left out, and keeps the first of it. */
export class Refusals {
  count = 0;
  readonly first: Refusal[] = [];

  add(line: number, why: string, name?: string): void {
    this.count++;
    if (this.first.length < MOST_TOLD) this.first.push({ line, why, ...(name !== undefined && { name }) });
  }
}
