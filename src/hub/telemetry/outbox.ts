import type { Pool } from 'pg';
import { int4s, int8s } from '../database/arrays.ts';
import { inTransaction } from '../database/transaction.ts';

export interface DroppedSamples {
  readonly samples: number;
  readonly sites: number;
}

/** From the newest back: what reaches beyond the limit, of each journal the oldest blocks. */
const BEYOND = `
  SELECT journal, upto, rows FROM (
    SELECT journal, upto, rows, sum(octet_length(body)) OVER (ORDER BY received DESC, journal, upto DESC) AS bytes
    FROM telemetry_outbox
  ) o WHERE bytes > $1`;

/**
 * Drops the oldest samples that wait for a stream outside, where more wait than was allowed: counted for each journal, and told
 * in the hub's events, in the transaction that drops them. A journal of which something is passed on just now has its turn later.
 */
export async function boundOutbox(pool: Pool): Promise<DroppedSamples | undefined> {
  return await inTransaction(pool, async (client) => {
    // One process at a time; who begins or ends passing waits for a moment.
    const { rows: limits } = await client.query<{ bytes: string | null }>(
      'SELECT waiting_bytes AS bytes FROM stream_passing FOR UPDATE SKIP LOCKED',
    );
    const limit = limits[0]?.bytes;
    if (limit === undefined || limit === null) return undefined;
    const { rows: old } = await client.query<{ journal: number; upto: string; rows: number }>(BEYOND, [
      limit,
    ]);
    if (old.length === 0) return undefined;
    const journals = [...new Set(old.map(({ journal }) => journal))];
    // A stream that was never there has no positions.
    await client.query(
      'INSERT INTO stream_positions (journal) SELECT unnest($1::integer[]) ON CONFLICT DO NOTHING',
      [int4s(journals)],
    );
    const { rows: free } = await client.query<{ journal: number; row: number }>(
      'SELECT journal, "row" FROM stream_positions WHERE journal = ANY($1::integer[]) ORDER BY journal FOR UPDATE SKIP LOCKED',
      [int4s(journals)],
    );
    const dropped = free.map(({ journal, row }) => {
      const blocks = old.filter((block) => block.journal === journal);
      // Of the first of them some had been passed on.
      const samples = blocks.reduce((sum, { rows }) => sum + rows, 0) - row;
      return { journal, samples, upTo: Math.max(...blocks.map(({ upto }) => Number(upto))) };
    });
    if (dropped.length === 0) return undefined;
    const samples = dropped.reduce((sum, one) => sum + one.samples, 0);
    const { rows: sites } = await client.query<{ sites: number }>(
      `WITH d AS (SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS d (journal, upto, samples)),
         gone AS (DELETE FROM telemetry_outbox o USING d WHERE o.journal = d.journal AND o.upto <= d.upto),
         moved AS (
           UPDATE stream_positions p SET upto = greatest(p.upto, d.upto), "row" = 0, lost = p.lost + d.samples
           FROM d WHERE p.journal = d.journal
         ), counted AS (SELECT count(DISTINCT j.site)::int AS sites FROM d JOIN journals j ON j.id = d.journal),
         told AS (
           INSERT INTO hub_events (time, kind, name, subject, detail)
           SELECT now(), 'system', 'system.stream-samples-dropped', 'nats',
             jsonb_build_object('samples', $4::bigint, 'sites', sites, 'waitingBytes', $5::bigint) FROM counted
         )
       SELECT sites FROM counted`,
      [
        int4s(dropped.map(({ journal }) => journal)),
        int8s(dropped.map(({ upTo }) => upTo)),
        int8s(dropped.map((one) => one.samples)),
        samples,
        limit,
      ],
    );
    return { samples, sites: sites[0]?.sites ?? 0 };
  });
}
