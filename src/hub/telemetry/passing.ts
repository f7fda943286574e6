import type { Pool, PoolClient } from 'pg';
import { Fault } from '#kernel/fault.ts';

/* Whether samples are passed on to a stream outside: for all processes of the hub alike, whatever each was started with. */

/**
 * @param keep whether they are stored here as well
 * @param waitingBytes of sorted samples that wait, at most
 */
export async function beginPassing(pool: Pool, keep: boolean, waitingBytes: number): Promise<void> {
  await pool.query(
    `INSERT INTO stream_passing AS p (unkept_since, waiting_bytes) VALUES (CASE WHEN $1 THEN NULL ELSE now() END, $2)
     ON CONFLICT (one) DO UPDATE SET unkept_since = CASE WHEN $1 THEN NULL ELSE coalesce(p.unkept_since, now()) END,
       waiting_bytes = EXCLUDED.waiting_bytes`,
    [keep, waitingBytes],
  );
}

/** What waits is dropped; what the stream has stays there. @returns since when it was passed on; undefined: it was not */
export async function endPassing(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ since: Date }>('DELETE FROM stream_passing RETURNING since');
  await pool.query('DELETE FROM telemetry_outbox WHERE NOT EXISTS (SELECT FROM stream_passing)');
  return rows[0]?.since;
}

export async function passingSince(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ since: Date }>('SELECT since FROM stream_passing');
  return rows[0]?.since;
}

/** Since when samples are not stored here; undefined: they are. */
export async function unkeptSince(client: Pick<PoolClient, 'query'>): Promise<Date | undefined> {
  const { rows } = await client.query<{ since: Date | null }>(
    'SELECT unkept_since AS since FROM stream_passing',
  );
  return rows[0]?.since ?? undefined;
}

/** An answer without them would look as if there were none. @throws Fault `hub.samples-elsewhere` */
export async function mustBeKept(pool: Pool, toUs: number): Promise<void> {
  const since = await unkeptSince(pool);
  if (!since || toUs <= since.getTime() * 1000) return;
  const text = since.toISOString();
  throw new Fault('hub.samples-elsewhere', `since ${text} samples are passed on and not stored here`, {
    retry: 'never',
    hint: `ask whatever reads the stream, or for a time before ${text}`,
  });
}

/** Sets aside what the stream has not got of a journal, before it goes from the inbox. */
export async function leaveForStream(client: PoolClient, journal: number, upTo: string): Promise<void> {
  await client.query(
    `INSERT INTO telemetry_outbox (journal, upto, rows, received, body)
     SELECT journal, upto, rows, received, body FROM telemetry_inbox
     WHERE journal = $1 AND upto <= $2 AND EXISTS (SELECT FROM stream_passing)
       AND upto > coalesce((SELECT p.upto FROM stream_positions p WHERE p.journal = $1), 0)`,
    [journal, upTo],
  );
}
