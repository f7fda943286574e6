import { type Kysely, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Tables } from '../database/tables.ts';
import type { SpanUs } from '../telemetry/past.ts';

const MOST_GAPS = 4096;

/** Counted holes of a site that touch a span, by the time that they begin: the newest ones. */
export async function findSiteGaps(
  queries: Kysely<Tables>,
  site: string,
  { fromUs, toUs }: SpanUs,
  tags: readonly string[] | undefined,
): Promise<FleetAnswered<'historyGaps'>[]> {
  const { rows } = await sql<{ readonly body: Omit<Gap, 'tags'>; readonly tags: readonly string[] | null }>`
    SELECT g.body, CASE WHEN g.body ->> 'tags' = 'all' THEN NULL ELSE coalesce(t.paths, '{}') END AS tags
    FROM site_gaps g JOIN journals j ON j.id = g.journal
    LEFT JOIN LATERAL (
      SELECT array_agg(t.path ORDER BY t.number) AS paths FROM site_tags t
      WHERE t.journal = g.journal AND jsonb_typeof(g.body -> 'tags') = 'array'
        AND t.number IN (SELECT n::bigint FROM jsonb_array_elements_text(
          CASE WHEN jsonb_typeof(g.body -> 'tags') = 'array' THEN g.body -> 'tags' ELSE '[]' END) n)
    ) t ON true
    WHERE j.site = ${site} AND g.from_us < ${Math.ceil(toUs)} AND g.to_us >= ${Math.floor(fromUs)}
    ORDER BY g.from_us DESC, g.id DESC LIMIT ${MOST_GAPS}`.execute(queries);
  return rows
    .filter((gap) => !tags || gap.tags === null || gap.tags.some((path) => tags.includes(path)))
    .map(({ body: { source, fromUs: from, toUs: to, count, reason }, tags: paths }) => ({
      ...(source !== undefined && { source }),
      tags: paths ?? ('all' as const),
      fromUs: from,
      toUs: to,
      ...(typeof count === 'number' && { count }),
      reason,
    }))
    .reverse();
}
