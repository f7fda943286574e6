import type { Pool, PoolClient } from 'pg';
import type { Batch } from '#kernel/batch.ts';
import type { Labels } from '../database/tables.ts';
import { DAY_US, dayOf } from '../telemetry/partitions.ts';
import { samplesOf } from '../telemetry/samples.ts';
import { chosenAt, type KeptChoice } from './choice.ts';
import { putRows, rowsIn, seriesOf } from './copy.ts';

/** First number of the advisory locks: `fill` in ASCII. */
const FILL_LOCK = 0x66696c6c;

/**
 * Copies what was stored before a tag was chosen, day by day; what is there already stays as it is. One hub does it; killed
 * in between, another one begins again.
 */
export async function fill(pool: Pool, choice: KeptChoice, signal: AbortSignal): Promise<void> {
  const { fillFrom } = choice;
  if (!fillFrom) return;
  const client = await pool.connect();
  let broken: unknown;
  try {
    const { rows } = await client.query<{ got: boolean }>(
      'SELECT pg_try_advisory_lock($1, hashtext($2)) AS got',
      [FILL_LOCK, choice.name],
    );
    if (!rows[0]?.got) return;
    for (const journal of await journalsOf(client)) {
      const isChosen = chosenAt([choice], journal.labels);
      if (isChosen) await fillJournal({ pool, client, signal }, journal, isChosen, fillFrom);
    }
    if (!signal.aborted)
      await client.query('UPDATE chosen_tags SET fill_from = NULL WHERE name = $1', [choice.name]);
    await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', [FILL_LOCK, choice.name]);
  } catch (error) {
    broken = error;
    throw error;
  } finally {
    client.release(broken !== undefined);
  }
}

interface JournalHead {
  readonly id: number;
  readonly site: string;
  readonly labels: Labels;
}

const journalsOf = async (client: PoolClient): Promise<JournalHead[]> =>
  (
    await client.query<JournalHead>(
      'SELECT j.id, j.site, s.labels FROM journals j JOIN sites s ON s.id = j.site ORDER BY j.id',
    )
  ).rows;

interface FillPorts {
  readonly pool: Pool;
  readonly client: PoolClient;
  readonly signal: AbortSignal;
}

async function fillJournal(
  { pool, client, signal }: FillPorts,
  { id, site }: JournalHead,
  isChosen: (path: string) => boolean,
  from: Date,
): Promise<void> {
  const { rows: tags } = await client.query<{ number: string }>(
    'SELECT number FROM site_tags WHERE journal = $1',
    [id],
  );
  const all = tags.map(({ number }) => Number(number));
  const series = await seriesOf(client, id, site, all, isChosen);
  const { rows } = await client.query<{ ms: string }>(
    'SELECT (extract(epoch FROM now()) * 1000)::bigint AS ms',
  );
  const today = dayOf(Number(rows[0]?.ms) * 1000);
  for (const number of series.keys())
    for (let day = dayOf(from.getTime() * 1000); day <= today + 1 && !signal.aborted; day++) {
      const found = await samplesOf(pool, id, number, day * DAY_US, (day + 1) * DAY_US);
      const { length } = found.timeUs;
      if (length === 0) continue;
      const batch: Batch = {
        ...found,
        rows: length,
        tag: new Uint32Array(length).fill(number),
        receivedUs: 0,
        late: true,
      };
      await inTransaction(client, () => putRows(client, [...rowsIn(batch, series)], today));
    }
}

async function inTransaction(client: PoolClient, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  await work();
  await client.query('COMMIT');
}
