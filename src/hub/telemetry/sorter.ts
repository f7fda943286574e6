import { setImmediate as turn } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { ChunkWriter } from '#historian/format/chunk.ts';
import type { Rows } from '#historian/format/rows.ts';
import { settleNewest } from '#hub/uplink/newest.ts';
import type { TagCounts } from '#journal/tag-counts.ts';
import { rowsOf } from '#uplink/rows.ts';
import { byteas, int4s, int8s } from '../database/arrays.ts';
import { inTransaction } from '../database/transaction.ts';
import { copyJournal } from '../rows/copy.ts';
import { byDay, RowsByTag } from './by-tag.ts';
import { addHours, countBlocks } from './hours.ts';
import { dateText, dayOf, ensurePartitions, placeOf } from './partitions.ts';
import { leaveForStream, unkeptSince } from './passing.ts';

export interface SortPolicy {
  /** A journal's samples are sorted once there are so many, … */
  readonly rows: number;
  /** … or once the oldest waits for so long. Many samples of one tag together take less space. */
  readonly waitS: number;
}

export const SORT_POLICY: SortPolicy = { rows: 500_000, waitS: 3600 };

/** First number of the advisory locks: `sort` in ASCII. */
const SORT_LOCK = 0x736f7274;
/** In one transaction. */
const MOST_ROWS = 1_000_000;
/** Of one statement, and of one turn of the thread that serves connections as well. */
const CHUNKS_AT_ONCE = 500;
const TAGS_A_TURN = 32;

/**
 * Sorts what came of one journal into chunks of one tag each, where that is due. Several hubs may do it at once: each
 * takes another journal. What was in the inbox is then in the chunks, both in one transaction.
 * @param failed journals that are left out; the one whose samples cannot be sorted is added
 * @returns whether there was one
 */
export async function sortOne(
  pool: Pool,
  policy: SortPolicy = SORT_POLICY,
  failed = new Set<number>(),
): Promise<boolean> {
  return await inTransaction(pool, async (client) => {
    const journal = await dueJournal(client, policy, failed);
    if (journal === undefined) return false;
    failed.add(journal);
    await settleNewest(pool, journal);
    await sortJournal(client, journal);
    failed.delete(journal);
    return true;
  });
}

async function dueJournal(
  client: PoolClient,
  policy: SortPolicy,
  leftOut: ReadonlySet<number>,
): Promise<number | undefined> {
  const { rows } = await client.query<{ journal: number }>(
    `SELECT journal FROM telemetry_inbox WHERE journal <> ALL($3) GROUP BY journal
     HAVING sum(rows) >= $1 OR min(received) <= now() - make_interval(secs => $2) ORDER BY min(received)`,
    [policy.rows, policy.waitS, [...leftOut]],
  );
  for (const { journal } of rows) {
    // Let go with the transaction.
    const { rows: got } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1, $2) AS locked',
      [SORT_LOCK, journal],
    );
    if (got[0]?.locked) return journal;
  }
  return undefined;
}

/** Only what newest values know of: what they do not have yet is looked for in the inbox. */
async function sortJournal(client: PoolClient, journal: number): Promise<void> {
  const { rows: taken } = await client.query<{ upto: string; rows: number; body: Buffer; today: string }>(
    `SELECT upto, rows, body, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS today FROM (
       SELECT upto, rows, body, sum(rows) OVER (ORDER BY upto) - rows AS before FROM telemetry_inbox
       WHERE journal = $1 AND upto <= (SELECT p.upto FROM newest_positions p WHERE p.journal = $1)
     ) i WHERE before < $2 ORDER BY upto`,
    [journal, MOST_ROWS],
  );
  const last = taken.at(-1);
  if (!last) return;
  if (!(await unkeptSince(client)))
    await putSorted(client, journal, taken, dayOf(Date.parse(last.today) * 1000));
  const hours = new Map<number, TagCounts>();
  for (const block of taken) {
    countBlocks([block], hours);
    await turn();
  }
  await addHours(client, journal, hours);
  await leaveForStream(client, journal, last.upto);
  while (await copyJournal(client, journal, last.upto));
  await client.query('DELETE FROM telemetry_inbox WHERE journal = $1 AND upto <= $2', [journal, last.upto]);
}

async function putSorted(
  client: PoolClient,
  journal: number,
  taken: readonly { readonly upto: string; readonly body: Buffer }[],
  today: number,
): Promise<void> {
  const byTag = new RowsByTag();
  for (const { upto, body } of taken) {
    byTag.add(rowsOf(Number(upto), body));
    await turn();
  }
  const chunks = await chunksOf(byTag, today);
  await ensurePartitions(client, new Set(chunks.map(({ day }) => day)));
  for (let from = 0; from < chunks.length; from += CHUNKS_AT_ONCE)
    await putChunks(client, journal, chunks.slice(from, from + CHUNKS_AT_ONCE));
}

interface DayChunk {
  /** Where it is kept. */
  readonly day: number;
  readonly odd: boolean;
  readonly number: number;
  readonly rows: Rows;
  readonly body: Buffer;
}

/** Connections are served by the same thread: they get their turn in between. */
async function chunksOf(byTag: RowsByTag, today: number): Promise<DayChunk[]> {
  const writer = new ChunkWriter();
  const chunks: DayChunk[] = [];
  let tags = 0;
  for (const [number, all] of byTag) {
    for (const [day, rows] of byDay(all))
      chunks.push({ ...placeOf(day, today), number, rows, body: Buffer.from(writer.write(number, rows)) });
    if (++tags % TAGS_A_TURN === 0) await turn();
  }
  return chunks;
}

async function putChunks(client: PoolClient, journal: number, chunks: readonly DayChunk[]): Promise<void> {
  await client.query(
    `INSERT INTO telemetry (journal, day, number, from_us, to_us, rows, odd, body)
     SELECT $1::integer, * FROM unnest($2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::boolean[], $8::bytea[])`,
    [
      journal,
      chunks.map(({ day }) => dateText(day)),
      int8s(chunks.map(({ number }) => number)),
      int8s(chunks.map(({ rows: { timeUs } }) => Math.floor(timeUs[0] ?? 0))),
      int8s(chunks.map(({ rows: { timeUs } }) => Math.ceil(timeUs.at(-1) ?? 0))),
      int4s(chunks.map(({ rows }) => rows.timeUs.length)),
      chunks.map(({ odd }) => odd),
      byteas(chunks.map(({ body }) => body)),
    ],
  );
}
