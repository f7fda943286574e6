import { type Block, type BlockLimits, readBlock } from '#journal/block.ts';
import { MARK_LATE } from '#journal/gather.ts';
import type { Batch } from '#kernel/batch.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

/** What a hub takes of one block. */
export const BLOCK_LIMITS: BlockLimits = { rows: 2 ** 20, unpackedBytes: 32 * 2 ** 20 };

export interface CarriedRows {
  readonly batch: Batch;
  /** 1 for each row that a device sent late, which says nothing of the present; absent where there is none. */
  readonly late?: Uint8Array;
}

/** See {@link carriedRows}. */
export const rowsOf = (seq: number, block: Uint8Array): Batch => carriedRows(seq, block).batch;

/**
 * All rows of a block in the order of arrival, checked: a hub believes no site.
 * @param seq that it must have
 * @throws Fault `uplink.malformed`
 */
export function carriedRows(seq: number, block: Uint8Array): CarriedRows {
  let read: ReturnType<typeof readBlock>;
  try {
    read = readBlock(seq, block, BLOCK_LIMITS);
  } catch (error) {
    throw malformed(messageOf(error));
  }
  let inMarks = 0;
  for (const rows of read.markRows) inMarks += rows;
  if (inMarks !== read.rows.rows) throw malformed(`its marks have ${inMarks} rows of ${read.rows.rows}`);
  checkTimes(read.rows.timeUs);
  checkWide(read.rows);
  const late = lateRows(read);
  return { batch: read.rows, ...(late && { late }) };
}

function lateRows({ kind, markRows, rows }: Block): Uint8Array | undefined {
  if (!kind.some((one) => one & MARK_LATE)) return undefined;
  const late = new Uint8Array(rows.rows);
  for (let m = 0, from = 0; m < kind.length; from += markRows[m++] as number)
    if ((kind[m] as number) & MARK_LATE) late.fill(1, from, from + (markRows[m] as number));
  return late;
}

function checkTimes(timeUs: Float64Array): void {
  for (let i = 0; i < timeUs.length; i++)
    if (!(Math.abs(timeUs[i] as number) <= 2 ** 53)) throw malformed(`row ${i} has the time ${timeUs[i]}`);
}

function checkWide({ rows, wide }: Batch): void {
  let last = -1;
  for (const row of wide?.row ?? []) {
    if (row <= last || row >= rows) throw malformed(`a wide value belongs to row ${row}`);
    last = row;
  }
}

const malformed = (what: string): Fault =>
  new Fault('uplink.malformed', `a block of the uplink cannot be read: ${what}`, {
    hint: 'Do both sides speak the same version?',
  });
