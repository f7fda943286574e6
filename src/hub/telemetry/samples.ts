import type { Pool } from 'pg';
import type { Rows } from '#historian/format/rows.ts';
import { findPast } from './past.ts';

/**
 * All samples of one tag of a journal with from ≤ time < to, in the order of time: those that are sorted, and those that
 * came a moment ago.
 */
export async function samplesOf(
  pool: Pool,
  journal: number,
  number: number,
  fromUs: number,
  toUs: number,
): Promise<Rows> {
  const past = await findPast(pool, [{ journal, number }], { fromUs, toUs });
  return await past.rows();
}
