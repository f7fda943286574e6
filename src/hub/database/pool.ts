import pg, { type ClientConfig, type Pool } from 'pg';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';

const CONNECTIONS = 10;

/** Connections to the database. One that breaks fails the query under way, and nothing else: the next gets another one. */
export function openPool(connection: ClientConfig, log: Pick<Log, 'warn'>): Pool {
  const pool = new pg.Pool({ ...connection, max: CONNECTIONS });
  // Of a connection that nobody uses just now.
  pool.on('error', (error) => log.warn({ error: messageOf(error) }, 'a connection to the database broke'));
  // Between two queries of one who has it: the next query says so. Unheard it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
