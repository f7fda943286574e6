import type { Pool, PoolClient } from 'pg';
import { Fault } from '#kernel/fault.ts';

/** One step of the tables from one version of Holdfast to a later one. Never changed once released. */
export interface Migration {
  /** Number and name, such as `0001-identities`: the order, and how it is remembered. */
  readonly name: string;
  readonly sql: string;
}

/** Any number that nobody else in this database uses for an advisory lock: `hold` in ASCII. */
const LOCK = 0x686f6c64;

/**
 * Brings the tables to this version, each step in a transaction of its own. Several hubs may start at once: one does it,
 * the others wait.
 * @returns names of the steps that were done now
 * @throws Fault `hub.database-newer` where a later version of Holdfast was here
 */
export async function migrate(pool: Pool, migrations: readonly Migration[]): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    try {
      return await missing(client, migrations);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    }
  } finally {
    client.release();
  }
}

async function missing(client: PoolClient, migrations: readonly Migration[]): Promise<string[]> {
  await client.query(
    'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, done timestamptz NOT NULL DEFAULT now())',
  );
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
  const known = new Set(migrations.map(({ name }) => name));
  const foreign = rows.find(({ name }) => !known.has(name));
  if (foreign) {
    throw new Fault(
      'hub.database-newer',
      `the database has ${foreign.name}, which this version does not know`,
      {
        retry: 'never',
        hint: 'run the version of Holdfast that was here last, or a later one',
      },
    );
  }
  const done = new Set(rows.map(({ name }) => name));
  const todo = migrations.filter(({ name }) => !done.has(name));
  for (const { name, sql } of todo) await step(client, name, sql);
  return todo.map(({ name }) => name);
}

async function step(client: PoolClient, name: string, sql: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO migrations (name) VALUES ($1)', [name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // the connection may be what failed
    throw Fault.from(error, 'hub.migration', `the tables could not be brought to ${name}`);
  }
}
