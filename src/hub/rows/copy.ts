import type { PoolClient } from 'pg';
import { plainJson } from '#hub/uplink/plain.ts';
import { type Batch, wideAt } from '#kernel/batch.ts';
import { valueToJson } from '#kernel/event.ts';
import { rowsOf } from '#uplink/rows.ts';
import type { Labels } from '../database/tables.ts';
import { dayOf, placeOf } from '../telemetry/partitions.ts';
import { choices, chosenAt } from './choice.ts';
import { ensureRowPartitions } from './partitions.ts';

/** Of one statement. */
const ROWS_AT_ONCE = 10_000;
/** Blocks of one transaction. */
const BLOCKS = 500;

interface Head {
  readonly site: string;
  readonly labels: Labels;
  readonly today: string;
}

/**
 * Copies what has come of a journal, and is chosen, up to where the hub has it. Whoever else does it waits.
 * @param upTo at most up to this entry
 * @returns whether there may be more
 */
export async function copyJournal(client: PoolClient, journal: number, upTo?: string): Promise<boolean> {
  const all = await choices(client);
  if (all.length === 0) return false;
  const { rows } = await client.query<Head>(
    `SELECT j.site, s.labels, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS today
     FROM journals j JOIN sites s ON s.id = j.site WHERE j.id = $1`,
    [journal],
  );
  const head = rows[0];
  const isChosen = head && chosenAt(all, head.labels);
  if (!head || !isChosen) return false;
  await client.query('INSERT INTO row_positions (journal) VALUES ($1) ON CONFLICT DO NOTHING', [journal]);
  const position = await client.query<{ upto: string }>(
    'SELECT upto FROM row_positions WHERE journal = $1 FOR UPDATE',
    [journal],
  );
  const { rows: blocks } = await client.query<{ upto: string; body: Buffer }>(
    `SELECT upto, body FROM telemetry_inbox WHERE journal = $1 AND upto > $2 AND upto <= coalesce($3, upto)
     ORDER BY upto LIMIT $4`,
    [journal, position.rows[0]?.upto ?? 0, upTo ?? null, BLOCKS],
  );
  const last = blocks.at(-1);
  if (!last) {
    // Sorted before anything was chosen: one statement, so that nothing comes in between.
    await client.query(
      `UPDATE row_positions r SET upto = l.position FROM lane_positions l
       WHERE r.journal = $1 AND l.journal = $1 AND l.lane = 2 AND l.position > r.upto
         AND NOT EXISTS (SELECT FROM telemetry_inbox i WHERE i.journal = $1 AND i.upto > r.upto)`,
      [journal],
    );
    return false;
  }
  const batches = blocks.map(({ upto, body }) => rowsOf(Number(upto), body));
  const series = await seriesOf(client, journal, head.site, numbersIn(batches), isChosen);
  const found = batches.flatMap((batch) => [...rowsIn(batch, series)]);
  await putRows(client, found, dayOf(Date.parse(head.today) * 1000));
  await client.query('UPDATE row_positions SET upto = $2 WHERE journal = $1', [journal, last.upto]);
  return blocks.length === BLOCKS;
}

function numbersIn(batches: readonly Batch[]): number[] {
  const numbers = new Set<number>();
  for (const { tag } of batches) for (const number of tag) numbers.add(number);
  return [...numbers];
}

/** Series of those tags that are chosen, by number; those that are missing are made. */
export async function seriesOf(
  client: PoolClient,
  journal: number,
  site: string,
  numbers: readonly number[],
  isChosen: (path: string) => boolean,
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ number: string; path: string }>(
    'SELECT number, path FROM site_tags WHERE journal = $1 AND number = ANY($2::bigint[])',
    [journal, numbers],
  );
  const chosen = rows.filter(({ path }) => isChosen(path)).map(({ number }) => number);
  if (chosen.length === 0) return new Map();
  const { rows: made } = await client.query<{ number: string; id: number }>(
    `WITH told AS (
       SELECT number, path, body ->> 'type' AS type, body ->> 'unit' AS unit, body ->> 'description' AS description
       FROM site_tags WHERE journal = $1 AND number = ANY($3::bigint[])
     ), made AS (
       INSERT INTO telemetry_series AS s (site, tag, type, unit, description)
       SELECT DISTINCT ON (path) $2, path, type, unit, description FROM told ORDER BY path, number DESC
       ON CONFLICT (site, tag) DO UPDATE SET type = EXCLUDED.type, unit = EXCLUDED.unit, description = EXCLUDED.description
       RETURNING id, tag
     ) SELECT t.number, m.id FROM told t JOIN made m ON m.tag = t.path`,
    [journal, site, chosen],
  );
  return new Map(made.map(({ number, id }) => [Number(number), id]));
}

export interface PlainRow {
  readonly series: number;
  readonly atUs: number;
  readonly value: number | null;
  /** JSON. */
  readonly other: string | null;
  readonly quality: number;
}

export function* rowsIn(batch: Batch, series: ReadonlyMap<number, number>): Iterable<PlainRow> {
  for (let i = 0; i < batch.rows; i++) {
    const id = series.get(batch.tag[i] as number);
    if (id === undefined) continue;
    const value = batch.value[i] as number;
    const wide = wideAt(batch, i);
    yield {
      series: id,
      atUs: Math.floor(batch.timeUs[i] as number),
      value: Number.isNaN(value) ? null : value,
      other: wide === undefined ? null : plainJson(valueToJson(wide)),
      quality: batch.quality[i] as number,
    };
  }
}

/** Each once, also where it comes again. @param today as the database has it */
export async function putRows(client: PoolClient, rows: readonly PlainRow[], today: number): Promise<void> {
  const days = new Set(rows.map(({ atUs }) => dayOf(atUs)).filter((day) => !placeOf(day, today).odd));
  await ensureRowPartitions(client, days);
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const part = rows.slice(from, from + ROWS_AT_ONCE);
    await client.query(
      `INSERT INTO telemetry_rows (series, at, value, other, quality)
       SELECT series, timestamptz 'epoch' + us * interval '1 microsecond', value, other, quality
       FROM unnest($1::integer[], $2::bigint[], $3::float8[], $4::jsonb[], $5::integer[]) AS r (series, us, value, other, quality)
       ON CONFLICT DO NOTHING`,
      [
        part.map(({ series }) => series),
        part.map(({ atUs }) => atUs),
        part.map(({ value }) => value),
        part.map(({ other }) => other),
        part.map(({ quality }) => quality),
      ],
    );
  }
}
