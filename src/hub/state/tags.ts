import { type Kysely, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Page } from '#contract/routes/shapes.ts';
import { shownTag } from '#http/shown-tag.ts';
import type { Json } from '#kernel/event.ts';
import { Quality } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { Tables } from '../database/tables.ts';

export interface SiteTagsAsked {
  readonly prefix: string;
  readonly search?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly body: TagInfo;
  readonly time_us: string | null;
  readonly value: number | null;
  readonly wide: Json;
  readonly quality: number | null;
}

/** Tags of the box that spoke for a site last, with their newest values, by path. */
export async function findSiteTags(
  queries: Kysely<Tables>,
  site: string,
  { prefix, search, after = '', limit }: SiteTagsAsked,
): Promise<Page<FleetAnswered<'siteTags'>>> {
  const text = sql`concat_ws(' ', t.path, t.body ->> 'description')`;
  const { rows } = await sql<Row>`
    SELECT t.body, n.time_us, n.value, n.wide, n.quality
    FROM site_tags t LEFT JOIN newest_values n USING (journal, number)
    WHERE t.journal = (SELECT id FROM journals WHERE site = ${site} ORDER BY welcomed DESC LIMIT 1)
      AND starts_with(t.path, ${prefix}) AND t.path COLLATE "C" > ${after}
      AND (${search ?? null}::text IS NULL OR strpos(lower(${text}), lower(${search ?? null}::text)) > 0)
    ORDER BY t.path COLLATE "C" LIMIT ${limit + 1}`.execute(queries);
  const items = rows.slice(0, limit).map(tagView);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: { after: last.path } }) };
}

function tagView({ body, time_us, value, wide, quality }: Row): FleetAnswered<'siteTags'> {
  const isNumber = value !== null && Number.isFinite(value);
  return shownTag(body, {
    plain: isNumber ? value : undefined,
    json: isNumber ? value : wide,
    quality: quality ?? Quality.bad,
    timeUs: Number(time_us ?? 0),
  });
}
