import type { Pool } from 'pg';
import { mergeRows, type Rows } from '#historian/format/rows.ts';
import type { Stretch } from '#historian/reading/stretch.ts';
import { trendOf } from '#historian/reading/trend.ts';
import type { Samples } from '#http/series.ts';
import { Fault } from '#kernel/fault.ts';
import { mustBeKept } from '../telemetry/passing.ts';
import { findPast, type Series, type SpanUs } from '../telemetry/past.ts';
import { stepped } from './stepped.ts';

/** What a question reads at once for steps: what a tag at a thousand samples a second has in a day takes some hundred megabytes, and no more. */
export const WINDOW_US = 3_600e6 * 6;
/** Rows of one part of an answer, about. */
const PART_ROWS = 16_384;
/** Fewer rows are looked at all at once. */
const FEW_ROWS = 1_000_000;

/** Every sample of a tag, a piece at a time, in the order of time. @throws Fault `tag.unknown`, `hub.samples-elsewhere` */
export async function* rawOf(pool: Pool, site: string, tag: string, span: SpanUs): AsyncIterable<Samples> {
  const all = await seriesOf(pool, site, tag);
  await mustBeKept(pool, span.toUs);
  const past = await findPast(pool, all, span);
  let waiting: Rows[] = [];
  let count = 0;
  for await (const stretch of past.stretches()) {
    const rows = stretch.rows();
    waiting.push(rows);
    count += rows.timeUs.length;
    if (count < PART_ROWS) continue;
    yield { tag, ...mergeRows(waiting) };
    waiting = [];
    count = 0;
  }
  if (count > 0) yield { tag, ...mergeRows(waiting) };
}

/**
 * As a site answers it, by the same code. What chunks say of themselves is enough for most of a long span: few are decoded.
 * @throws Fault `tag.unknown`, `hub.samples-elsewhere`, and as {@link trendOf}
 */
export async function trendOfTag(
  pool: Pool,
  site: string,
  tag: string,
  { fromUs, toUs, points }: SpanUs & { readonly points: number },
): Promise<Samples> {
  const all = await seriesOf(pool, site, tag);
  await mustBeKept(pool, toUs);
  const past = await findPast(pool, all, { fromUs, toUs });
  const { extent } = past;
  const query = { tag, fromUs, toUs, points };
  const calculated = (stretches: () => Iterable<Stretch>) =>
    trendOf({ stretches, extent: () => extent, lastUntil: () => undefined }, query);
  const steps = stepped(past.stretches(), calculated, extent.rows <= FEW_ROWS);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

export async function seriesOf(pool: Pool, site: string, path: string): Promise<Series[]> {
  const { rows } = await pool.query<{ journal: number; number: string }>(
    `SELECT t.journal, t.number FROM site_tags t JOIN journals j ON j.id = t.journal
     WHERE j.site = $1 AND t.path = $2 ORDER BY j.began`,
    [site, path],
  );
  if (rows.length > 0) return rows.map(({ journal, number }) => ({ journal, number: Number(number) }));
  throw new Fault('tag.unknown', `the hub knows of no tag ${path} at ${site}`, {
    retry: 'never',
    hint: `/api/sites/${site}/tags lists those that it knows of`,
  });
}

/** The next moment from which on there may be samples: years without any are passed over at once. */
export async function nextUs(
  pool: Pool,
  all: readonly Series[],
  atUs: number,
  toUs: number,
): Promise<number | undefined> {
  const { rows } = await pool.query<{ next: string | null }>(
    `SELECT min(from_us) AS next FROM (
       SELECT t.from_us FROM telemetry t JOIN unnest($1::integer[], $2::bigint[]) AS s (journal, number)
         ON t.journal = s.journal AND t.number = s.number WHERE t.to_us >= $3 AND t.from_us < $4
       UNION ALL
       SELECT from_us FROM telemetry_inbox WHERE journal = ANY($1) AND to_us >= $3 AND from_us < $4
     ) c`,
    [all.map(({ journal }) => journal), all.map(({ number }) => number), Math.floor(atUs), Math.ceil(toUs)],
  );
  const next = rows[0]?.next;
  return next === null || next === undefined ? undefined : Math.max(atUs, Number(next));
}
