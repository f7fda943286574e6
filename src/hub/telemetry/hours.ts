import type { PoolClient } from 'pg';
import { countsOf } from '#journal/hours.ts';
import { addCounts, readCounts, type TagCounts, writeCounts } from '#journal/tag-counts.ts';
import { byteas, int8s } from '../database/arrays.ts';

export interface Block {
  readonly upto: string;
  readonly rows: number;
  readonly body: Uint8Array;
}

/** Samples of blocks by hour of arrival at the site and tag. */
export function countBlocks(
  blocks: Iterable<Block>,
  hours = new Map<number, TagCounts>(),
): Map<number, TagCounts> {
  for (const { upto, rows, body } of blocks) {
    const seq = Number(upto);
    for (const { hourUs, counts } of countsOf({ seq, last: seq, rows, body }, 0)) {
      const known = hours.get(hourUs);
      if (known) addCounts(known, counts);
      else hours.set(hourUs, counts);
    }
  }
  return hours;
}

/** Adds to what is counted of a journal, in the transaction that takes the samples out of the inbox. */
export async function addHours(
  client: PoolClient,
  journal: number,
  hours: Map<number, TagCounts>,
): Promise<void> {
  const { rows } = await client.query<{ hour_us: string; counts: Buffer }>(
    'SELECT hour_us, counts FROM ledger_hours WHERE journal = $1 AND hour_us = ANY($2::bigint[]) FOR UPDATE',
    [journal, int8s([...hours.keys()])],
  );
  for (const { hour_us, counts } of rows) {
    const all = hours.get(Number(hour_us));
    if (all) addCounts(all, readCounts(counts));
  }
  await client.query(
    `INSERT INTO ledger_hours (journal, hour_us, counts) SELECT $1::integer, * FROM unnest($2::bigint[], $3::bytea[])
     ON CONFLICT (journal, hour_us) DO UPDATE SET counts = EXCLUDED.counts`,
    [journal, int8s([...hours.keys()]), byteas([...hours.values()].map(writeCounts))],
  );
}

/** Hours before a time become one of each journal, of which only the sums by tag are known. */
export async function joinOldHours(client: PoolClient, beforeUs: number): Promise<void> {
  const { rows } = await client.query<{ journal: number }>(
    'SELECT DISTINCT journal FROM ledger_hours WHERE hour_us > 0 AND hour_us < $1',
    [beforeUs],
  );
  for (const { journal } of rows) {
    await client.query('BEGIN');
    const { rows: old } = await client.query<{ counts: Buffer }>(
      'DELETE FROM ledger_hours WHERE journal = $1 AND hour_us > 0 AND hour_us < $2 RETURNING counts',
      [journal, beforeUs],
    );
    const sums: TagCounts = new Map();
    for (const { counts } of old) addCounts(sums, readCounts(counts));
    await addHours(client, journal, new Map([[0, sums]]));
    await client.query('COMMIT');
  }
}
