import type { Batch } from '#kernel/batch.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

/*
 * What reading asks of whoever knows a language for expressions. The historian knows none: its reader's thread is
 * started with one by the program that has both.
 */

export interface Calculator {
  /** Tags whose rows it wants, with the numbers that they carry. */
  readonly tags: readonly { readonly path: string; readonly number: number }[];
  /** How much of the past before a moment its value may rest on. */
  readonly windowUs: number;
  /** When {@link pass} has something to do; Infinity when nothing waits. µs since 1970, as the rows. */
  readonly nextUs: number;
  /** Takes rows of one time, not before those of the last call. @returns rows of the result, ascending in time */
  step(batch: Batch): Batch | undefined;
  /** Time passes without rows. */
  pass(atUs: number): Batch | undefined;
}

/** @throws Fault `history.expression` with the column of each mistake */
export type MakeCalculator = (expression: string, asset: string, known: readonly TagInfo[]) => Calculator;
