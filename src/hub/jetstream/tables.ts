import type { Pool, PoolClient } from 'pg';
import type { Position } from './position.ts';

/** A journal of which samples wait. */
export interface Due {
  readonly journal: number;
  readonly site: string;
  readonly uuid: string;
  /** Where the stream has it, as far as is known. */
  readonly position: Position;
  readonly seq: number;
  /** Samples that it has. */
  readonly count: number;
  /** The stream said so, and the block that follows may be cut otherwise than the one that it had. */
  readonly adopted: boolean;
  /** Where the hub has it. */
  readonly standing: number;
}

export interface WaitingBlock {
  readonly upTo: number;
  readonly body: Buffer;
}

export interface Moved {
  readonly journal: number;
  readonly position: Position;
  readonly seq: number;
  readonly count: number;
  readonly adopted: boolean;
}

const JOURNALS = 100;
/** Of one journal in one go, packed, and one block in any case: all take their turn. */
const BYTES = 128 * 1024;

/** Those that came the first time. */
export async function addPositions(pool: Pool): Promise<void> {
  await pool.query(
    `INSERT INTO stream_positions (journal)
     SELECT l.journal FROM lane_positions l LEFT JOIN stream_positions p USING (journal)
     WHERE l.lane = 2 AND l.position > 0 AND p.journal IS NULL AND EXISTS (SELECT FROM stream_passing)
     ON CONFLICT DO NOTHING`,
  );
}

/** Takes some, for itself until the transaction ends; those that were tried last come last. */
export async function takeDue(client: PoolClient): Promise<Due[]> {
  const { rows } = await client.query<{
    journal: number;
    site: string;
    uuid: string;
    upto: string;
    row: number;
    seq: string;
    count: string;
    adopted: boolean;
    position: string;
  }>(
    `SELECT p.journal, j.site, j.uuid, p.upto, p.row, p.seq, p.count, p.adopted, l.position
     FROM stream_positions p JOIN journals j ON j.id = p.journal
       JOIN lane_positions l ON l.journal = p.journal AND l.lane = 2
     WHERE l.position > p.upto AND EXISTS (SELECT FROM stream_passing)
     ORDER BY p.tried LIMIT $1 FOR UPDATE OF p SKIP LOCKED`,
    [JOURNALS],
  );
  return rows.map(({ journal, site, uuid, upto, row, seq, count, adopted, position }) => ({
    ...{ journal, site, uuid, position: { upTo: Number(upto), row } },
    ...{ seq: Number(seq), count: Number(count), adopted, standing: Number(position) },
  }));
}

/** What waits of each, in order. One snapshot: sorting moves blocks from one table to the other. */
export async function waitingOf(
  client: PoolClient,
  due: readonly Due[],
): Promise<ReadonlyMap<number, readonly WaitingBlock[]>> {
  const { rows } = await client.query<{ journal: number; upto: string; body: Buffer }>(
    `SELECT p.journal, b.upto, b.body FROM unnest($1::integer[], $2::bigint[]) AS p (journal, upto)
     CROSS JOIN LATERAL (
       SELECT upto, body, sum(octet_length(body)) OVER (ORDER BY upto) - octet_length(body) AS before FROM (
         SELECT upto, body FROM telemetry_outbox o WHERE o.journal = p.journal AND o.upto > p.upto
         UNION ALL
         SELECT upto, body FROM telemetry_inbox i WHERE i.journal = p.journal AND i.upto > p.upto
         ORDER BY upto LIMIT 1000
       ) a
     ) b WHERE b.before < $3 ORDER BY p.journal, b.upto`,
    [due.map(({ journal }) => journal), due.map(({ position }) => position.upTo), BYTES],
  );
  const byJournal = new Map<number, WaitingBlock[]>(due.map(({ journal }) => [journal, []]));
  for (const { journal, upto, body } of rows) byJournal.get(journal)?.push({ upTo: Number(upto), body });
  return byJournal;
}

/** Whether a block ends at an entry of a journal that is still at hand. */
export async function hasBlockAt(pool: Pool, journal: number, upTo: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT FROM telemetry_outbox WHERE journal = $1 AND upto = $2
     UNION ALL SELECT FROM telemetry_inbox WHERE journal = $1 AND upto = $2`,
    [journal, upTo],
  );
  return (rowCount ?? 0) > 0;
}

/** Paths of the tags of a journal by number. */
export async function tagPaths(pool: Pool, journal: number): Promise<Map<number, string>> {
  const { rows } = await pool.query<{ number: string; path: string }>(
    'SELECT number, path FROM site_tags WHERE journal = $1',
    [journal],
  );
  return new Map(rows.map(({ number, path }) => [Number(number), path]));
}

export async function putMoved(client: PoolClient, moved: readonly Moved[]): Promise<void> {
  await client.query(
    `WITH moved AS (
       UPDATE stream_positions p SET upto = m.upto, "row" = m.row, seq = m.seq, count = m.count, adopted = m.adopted, tried = now()
       FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::boolean[])
         AS m (journal, upto, "row", seq, count, adopted)
       WHERE p.journal = m.journal RETURNING p.journal, p.upto
     ) DELETE FROM telemetry_outbox o USING moved m WHERE o.journal = m.journal AND o.upto <= m.upto`,
    [
      moved.map(({ journal }) => journal),
      moved.map(({ position }) => position.upTo),
      moved.map(({ position }) => position.row),
      moved.map(({ seq }) => seq),
      moved.map(({ count }) => count),
      moved.map(({ adopted }) => adopted),
    ],
  );
}
