import type { PoolClient } from 'pg';

export const DAY_US = 86_400_000_000;
/** Days whose samples have a partition of their own: what comes further back or ahead is kept with the day it came on. */
const BACK_DAYS = 400;
const AHEAD_DAYS = 1;

export const dayOf = (timeUs: number): number => Math.floor(timeUs / DAY_US);

/** Where the samples of a day are kept. @param today as the database has it */
export function placeOf(day: number, today: number): { readonly day: number; readonly odd: boolean } {
  const odd = day < today - BACK_DAYS || day > today + AHEAD_DAYS;
  return { day: odd ? today : day, odd };
}

export const dateText = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

const nameOf = (day: number): string => `telemetry_${dateText(day).replaceAll('-', '')}`;

/** Makes those that are missing, which nobody can read or write the table beside until the transaction ends. */
export async function ensurePartitions(client: PoolClient, days: Iterable<number>): Promise<void> {
  for (const day of [...days].sort((a, b) => a - b)) {
    const { rows } = await client.query<{ there: string | null }>('SELECT to_regclass($1) AS there', [
      nameOf(day),
    ]);
    if (rows[0]?.there) continue;
    // Another hub may have made it in this moment.
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${nameOf(day)} PARTITION OF telemetry FOR VALUES FROM ('${dateText(day)}') TO ('${dateText(day + 1)}')`,
    );
  }
}

/** Days that have a partition, oldest first. */
export async function partitionDays(client: PoolClient): Promise<number[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'telemetry'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => {
    const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
    return dayOf(Date.UTC(Number(year), Number(month) - 1, Number(day)) * 1000);
  });
}

export async function dropPartition(client: PoolClient, day: number): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${nameOf(day)}`);
}
