import type { PoolClient } from 'pg';
import { dateText, dayOf } from '../telemetry/partitions.ts';

const PARENT = 'telemetry_rows';
const ODD = 'telemetry_rows_odd';

const nameOf = (day: number): string => `${PARENT}_${dateText(day).replaceAll('-', '')}`;
const momentOf = (day: number): string => `${dateText(day)} 00:00:00+00`;

async function isThere(client: PoolClient, day: number): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    nameOf(day),
  ]);
  return rows[0]?.there === true;
}

/** Makes those that are missing. What is kept as odd of such a day, because it came too early, goes there. */
export async function ensureRowPartitions(client: PoolClient, days: Iterable<number>): Promise<void> {
  for (const day of [...days].sort((a, b) => a - b)) {
    if (await isThere(client, day)) continue;
    // As those who read lock them: the whole before its parts. Else each could wait for the other.
    await client.query(`LOCK TABLE ${PARENT} IN ACCESS EXCLUSIVE MODE`);
    // Another hub may have made it meanwhile.
    if (await isThere(client, day)) continue;
    const span = [momentOf(day), momentOf(day + 1)];
    const early = `FROM ${ODD} WHERE at >= '${span[0]}' AND at < '${span[1]}'`;
    await client.query(`CREATE TEMP TABLE early_rows ON COMMIT DROP AS SELECT * ${early}`);
    await client.query(`DELETE ${early}`);
    await client.query(
      `CREATE TABLE ${nameOf(day)} PARTITION OF ${PARENT} FOR VALUES FROM ('${span[0]}') TO ('${span[1]}')`,
    );
    await client.query(`INSERT INTO ${PARENT} SELECT * FROM early_rows ON CONFLICT DO NOTHING`);
    await client.query('DROP TABLE early_rows');
  }
}

/**
 * Removes days before this one, and what is kept as odd by when it came.
 * @returns how many days went
 */
export async function removeOldRows(client: PoolClient, firstDay: number, days: number): Promise<number> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass',
    [PARENT],
  );
  const old = rows.filter(({ name }) => {
    const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
    return (
      day !== undefined && dayOf(Date.UTC(Number(year), Number(month) - 1, Number(day)) * 1000) < firstDay
    );
  });
  for (const { name } of old) await client.query(`DROP TABLE IF EXISTS ${name}`);
  await client.query(`DELETE FROM ${ODD} WHERE received < now() - make_interval(days => $1)`, [days]);
  return old.length;
}
