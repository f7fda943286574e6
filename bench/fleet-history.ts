/*
 * The past of one tag at 1 Hz as a hub has it, sorted each hour among other tags of its site in a real PostgreSQL with its
 * own settings: time of what a page asks the hub's API for, and of the same with every row looked at.
 */
import type { Pool } from 'pg';
import { ChunkWriter } from '#historian/format/chunk.ts';
import { allocRows, type Rows } from '#historian/format/rows.ts';
import { trendOfTag } from '#hub/state/history.ts';
import { bucketsOfTag } from '#hub/state/history-steps.ts';
import { DAY_US, dateText, dayOf, ensurePartitions } from '#hub/telemetry/partitions.ts';
import { samplesOf } from '#hub/telemetry/samples.ts';
import { at } from '#kernel/batch.ts';
import { database } from '#test/uplink/hub-rig.ts';
import { medianMs } from './runs.ts';
import { type Row, report } from './table.ts';

const HOUR_S = 3600;
const TAGS = 10;
const TIMES = 5;
const POINTS = 2000;
/** Midnight. */
const START_US = dayOf(Date.UTC(2026, 8, 1) * 1000) * DAY_US;

async function bench(quick: boolean): Promise<Row[]> {
  const days = quick ? 3 : 30;
  await using stack = new AsyncDisposableStack();
  const scope = { after: (end: () => unknown) => void stack.defer(async () => void (await end())) };
  const { pool } = await database(scope, ['north']);
  const journal = await fill(pool, days);
  const toUs = START_US + days * DAY_US;
  const span = { fromUs: START_US, toUs };
  const buckets = async (bucketUs: number) => {
    const asked = { ...span, bucketUs, aggregates: ['min', 'max', 'mean', 'timeMean', 'count'] } as const;
    let count = 0;
    for await (const part of bucketsOfTag(pool, 'north', 'p/0', asked))
      for (const n of part.columns.count ?? []) count += n;
    if (count !== days * 86_400) throw new Error(`${count} samples of ${days * 86_400}`);
  };
  const everyRow = await medianMs(TIMES, () => samplesOf(pool, journal, 0, START_US, toUs));
  const row = (what: string, ms: number, goal?: { readonly most: number }): Row => ({
    what: `a hub: ${what}, ${days} days of one tag at 1 Hz`,
    unit: 'ms',
    less: true,
    ours: ms,
    peer: { name: 'every row read', value: everyRow },
    ...(goal && { goal }),
  });
  return [
    row(
      `trend in ${POINTS} points`,
      await medianMs(TIMES, () => trendOfTag(pool, 'north', 'p/0', { ...span, points: POINTS })),
      {
        most: 500,
      },
    ),
    row('least, most and mean by hour', await medianMs(TIMES, () => buckets(HOUR_S * 1e6)), { most: 500 }),
    row('the same by day', await medianMs(TIMES, () => buckets(DAY_US))),
    row('the same by minute', await medianMs(TIMES, () => buckets(60e6))),
  ];
}

/** Sorted each hour, as the keeper of a running hub does it. @returns the journal */
async function fill(pool: Pool, days: number): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    "INSERT INTO journals (site, uuid, epoch, software) VALUES ('north', gen_random_uuid(), 1, '') RETURNING id",
  );
  const journal = rows[0]?.id ?? 0;
  await pool.query(
    "INSERT INTO site_tags SELECT $1::integer, n, 'p/' || n, '{}' FROM generate_series(0, $2) n",
    [journal, TAGS - 1],
  );
  const client = await pool.connect();
  const first = dayOf(START_US);
  await ensurePartitions(
    client,
    Array.from({ length: days }, (_, d) => first + d),
  );
  client.release();
  const writer = new ChunkWriter();
  for (let hour = 0; hour < days * 24; hour++) {
    const day = dateText(first + Math.floor(hour / 24));
    for (let tag = 0; tag < TAGS; tag++) {
      const part = temperatures(START_US + hour * HOUR_S * 1e6, tag);
      await pool.query(
        `INSERT INTO telemetry (journal, day, number, from_us, to_us, rows, odd, body) VALUES ($1, $2, $3, $4, $5, $6, false, $7)`,
        [
          ...[journal, day, tag, at(part.timeUs, 0), at(part.timeUs, HOUR_S - 1), HOUR_S],
          Buffer.from(writer.write(tag, part)),
        ],
      );
    }
  }
  await pool.query('ANALYZE telemetry');
  return journal;
}

/** Two decimals with noise upon a day's swing; a sample a second, give or take a millisecond. */
function temperatures(fromUs: number, tag: number): Rows {
  const rows = allocRows(HOUR_S);
  let seed = (fromUs / 1e6 + tag) >>> 0;
  for (let s = 0; s < HOUR_S; s++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    rows.timeUs[s] = fromUs + s * 1e6 + (seed % 1000);
    const swing = Math.sin((fromUs / 1e6 + s) / 13_750);
    rows.value[s] = Math.round((60 + tag + 10 * swing + (seed >>> 16) / 2 ** 16) * 100) / 100;
  }
  return rows;
}

await report(bench);
