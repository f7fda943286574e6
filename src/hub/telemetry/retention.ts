import type { Pool } from 'pg';
import { removeOldRows } from '../rows/partitions.ts';
import { joinOldHours } from './hours.ts';
import { DAY_US, dayOf, dropPartition, partitionDays } from './partitions.ts';

export interface RetentionPolicy {
  /** Whole days go, by the time of the samples; those of odd times by when they came. */
  readonly samplesDays: number;
  readonly eventsDays: number;
}

/**
 * Removes what is older than the policy allows. Measured by the clock of the database, which all hubs share.
 * @returns days of samples, as chunks and as rows, and number of events that went
 */
export async function removeOld(
  pool: Pool,
  { samplesDays, eventsDays }: RetentionPolicy,
): Promise<{ readonly days: number; readonly events: number }> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ now: string }>('SELECT extract(epoch FROM now())::bigint AS now');
    const nowUs = Number(rows[0]?.now) * 1e6;
    const last = dayOf(nowUs) - samplesDays;
    const old = (await partitionDays(client)).filter((day) => day < last);
    for (const day of old) await dropPartition(client, day);
    await joinOldHours(client, last * DAY_US);
    const rowDays = await removeOldRows(client, last, samplesDays);
    // By when they came: a site whose clock says 1970 loses nothing.
    const gone = await client.query(
      'DELETE FROM site_events WHERE received < now() - make_interval(days => $1)',
      [eventsDays],
    );
    return { days: old.length + rowDays, events: gone.rowCount ?? 0 };
  } finally {
    client.release();
  }
}
