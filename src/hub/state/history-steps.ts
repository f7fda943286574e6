import type { Pool } from 'pg';
import type { Aligned, AlignedQuery, BucketQuery, Buckets } from '#historian/api.ts';
import { mergeRows, type Rows, sliceRows } from '#historian/format/rows.ts';
import { alignedOf } from '#historian/reading/aligned.ts';
import { bucketsOf } from '#historian/reading/buckets.ts';
import { type Stretch, stretchOfRows } from '#historian/reading/stretch.ts';
import type { Samples } from '#http/series.ts';
import { mustBeKept } from '../telemetry/passing.ts';
import { findPast, type Series } from '../telemetry/past.ts';
import { nextUs, seriesOf, WINDOW_US } from './history.ts';
import { stepped } from './stepped.ts';

/* What a site calculates of its past, calculated by the same code of what the hub has of it, a window at a time. */

/** Buckets of one tag, part by part. @throws Fault `tag.unknown`, `hub.samples-elsewhere` */
export async function* bucketsOfTag(
  pool: Pool,
  site: string,
  tag: string,
  query: Omit<BucketQuery, 'tags'>,
): AsyncIterable<Buckets> {
  const all = await seriesOf(pool, site, tag);
  await mustBeKept(pool, query.toUs);
  const before = await lastUntil(pool, all, query.fromUs - 1);
  const past = await findPast(pool, all, query);
  const calculated = (stretches: () => Iterable<Stretch>) =>
    bucketsOf({ lastUntil: () => before, stretches }, tag, query);
  for await (const part of stepped(past.stretches(), calculated)) if (part) yield part;
}

/** Several tags at the same times. @throws Fault `tag.unknown`, `hub.samples-elsewhere` */
export async function* alignedOfTags(pool: Pool, site: string, query: AlignedQuery): AsyncIterable<Aligned> {
  const { tags, fromUs, toUs, stepUs, fill } = query;
  await mustBeKept(pool, toUs);
  const series = new Map<string, Series[]>();
  const before = new Map<string, Rows | undefined>();
  for (const tag of tags) {
    const all = await seriesOf(pool, site, tag);
    series.set(tag, all);
    before.set(tag, await lastUntil(pool, all, fromUs - 1));
  }
  const windowUs = Math.max(1, Math.floor(WINDOW_US / stepUs)) * stepUs;
  for (let atUs = fromUs; atUs < toUs; atUs += windowUs) {
    const endUs = Math.min(toUs, atUs + windowUs);
    const rows = new Map<string, Rows>();
    for (const [tag, all] of series) rows.set(tag, await withNext(pool, all, atUs, endUs, fill));
    const past = {
      lastUntil: (tag: string) => before.get(tag),
      stretches: (tag: string) => stretchesOf(rows.get(tag)),
    };
    for (const part of alignedOf(past, { ...query, fromUs: atUs, toUs: endUs })) if (part) yield part;
    for (const [tag, some] of rows) before.set(tag, lastBefore(some, endUs) ?? before.get(tag));
  }
}

const stretchesOf = (rows: Rows | undefined): Stretch[] =>
  rows && rows.timeUs.length > 0 ? [stretchOfRows(rows)] : [];

/** On a line the row behind the last step counts as well, wherever it is. */
async function withNext(
  pool: Pool,
  all: readonly Series[],
  fromUs: number,
  toUs: number,
  fill: AlignedQuery['fill'],
): Promise<Rows> {
  const rows = await rowsOf(pool, all, fromUs, toUs);
  if (fill !== 'linear') return rows;
  for (let atUs = toUs; ; atUs += WINDOW_US) {
    const beginUs = await nextUs(pool, all, atUs, 2 ** 53);
    if (beginUs === undefined) return rows;
    const next = await rowsOf(pool, all, beginUs, beginUs + WINDOW_US);
    if (next.timeUs.length > 0) return mergeRows([rows, sliceRows(next, 0, 1)]);
    atUs = beginUs;
  }
}

function lastBefore(rows: Rows, untilUs: number): Rows | undefined {
  const end = rows.timeUs.findLastIndex((timeUs) => timeUs < untilUs);
  return end < 0 ? undefined : sliceRows(rows, end, end + 1);
}

/** The last sample of each tag at a time; nothing of a tag that had none by then. */
export async function valuesAt(
  pool: Pool,
  site: string,
  tags: readonly string[],
  timeUs: number,
): Promise<Samples[]> {
  await mustBeKept(pool, timeUs);
  const found: Samples[] = [];
  for (const tag of tags) {
    const rows = await lastUntil(pool, await seriesOf(pool, site, tag), timeUs);
    if (rows) found.push({ tag, ...rows });
  }
  return found;
}

/**
 * The last row at or before a time. A chunk that ended by then has a row in the last µs before its end, one that it lies in
 * has one in the first; what is not sorted yet is read from its begin on.
 */
export async function lastUntil(
  pool: Pool,
  all: readonly Series[],
  untilUs: number,
): Promise<Rows | undefined> {
  const { rows } = await pool.query<{ sorted: string | null; fresh: string | null }>(
    `SELECT
       (SELECT coalesce(max(CASE WHEN t.to_us <= $3 THEN t.to_us - 1 WHEN t.from_us < $3 THEN t.from_us END), min(t.from_us))
        FROM telemetry t
        JOIN unnest($1::integer[], $2::bigint[]) AS s (journal, number)
          ON t.journal = s.journal AND t.number = s.number WHERE t.from_us <= $3) AS sorted,
       (SELECT min(from_us) FROM telemetry_inbox WHERE journal = ANY($1) AND from_us <= $3) AS fresh`,
    [all.map(({ journal }) => journal), all.map(({ number }) => number), Math.floor(untilUs)],
  );
  const { sorted, fresh } = rows[0] ?? { sorted: null, fresh: null };
  const since = sorted ?? fresh;
  if (since === null) return undefined;
  const some = await rowsOf(pool, all, Number(since), untilUs + 1);
  return lastBefore(some, untilUs + 1);
}

const rowsOf = async (pool: Pool, all: readonly Series[], fromUs: number, toUs: number): Promise<Rows> =>
  await (await findPast(pool, all, { fromUs, toUs })).rows();
