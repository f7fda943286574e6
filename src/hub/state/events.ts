import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Page } from '#contract/routes/shapes.ts';
import type { Json } from '#kernel/event.ts';
import type { Tables } from '../database/tables.ts';
import type { SiteCondition } from '../people/selection.ts';

export type FleetEvent = FleetAnswered<'events'>;

export interface FleetEventsAsked {
  readonly where: readonly SiteCondition[];
  /** Also what concerns no site: for who may see the whole fleet, and has not asked for some of it. */
  readonly withHub: boolean;
  readonly kind?: readonly string[] | undefined;
  /** Begin of the name. */
  readonly name?: string | undefined;
  /** Ends with * for all below. */
  readonly subject?: string | undefined;
  readonly search?: string | undefined;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly origin: 'site' | 'hub';
  readonly time_us: string;
  readonly journal: number;
  readonly seq: string;
  readonly site: string | null;
  readonly received: Date;
  readonly kind: FleetEvent['kind'];
  readonly name: string;
  readonly subject: string;
  readonly by: string | null;
  readonly detail: { readonly [key: string]: Json } | null;
}

/** Events of sites and of the hub, the newest first, whenever they came. */
export async function findFleetEvents(
  queries: Kysely<Tables>,
  asked: FleetEventsAsked,
): Promise<Page<FleetEvent>> {
  const { where, withHub, limit } = asked;
  const seen = sql<boolean>`(${sql.join([...where, sql`true`], sql` AND `)})`;
  const order = sql`ORDER BY time_us DESC, journal DESC, seq DESC LIMIT ${limit + 1}`;
  const wanted = sql.join([...fitting(asked), sql`true`], sql` AND `);
  const { rows } = await sql<Row>`
    SELECT * FROM (
      (SELECT * FROM (
        SELECT 'site' AS origin, e.time_us, e.journal, e.seq, j.site, e.received, e.kind, e.name, e.subject, e.by, e.detail
        FROM site_events e JOIN journals j ON j.id = e.journal JOIN sites ON sites.id = j.site WHERE ${seen}
      ) e WHERE ${wanted} ${order})
      UNION ALL
      (SELECT * FROM (
        SELECT 'hub' AS origin, (extract(epoch FROM h.time) * 1000000)::bigint AS time_us, 0 AS journal, h.id AS seq,
          sites.id AS site, h.time AS received, h.kind, h.name, h.subject, h.by, h.detail
        FROM hub_events h LEFT JOIN sites ON sites.id = h.subject
        WHERE (sites.id IS NOT NULL AND ${seen}) OR (sites.id IS NULL AND ${withHub}::boolean)
      ) e WHERE ${wanted} ${order})
    ) e ${order}`.execute(queries);
  const items = rows.slice(0, limit).map(eventView);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: { before: last.id } }) };
}

function* fitting(asked: FleetEventsAsked): Iterable<RawBuilder<boolean>> {
  const { kind, name, subject, search, fromUs, toUs, before } = asked;
  if (kind) yield sql`e.kind = ANY(${kind})`;
  if (name !== undefined) yield sql`starts_with(e.name, ${name})`;
  if (subject?.endsWith('*')) yield sql`starts_with(e.subject, ${subject.slice(0, -1)})`;
  else if (subject !== undefined) yield sql`e.subject = ${subject}`;
  if (fromUs !== undefined) yield sql`e.time_us >= ${Math.ceil(fromUs)}::bigint`;
  if (toUs !== undefined) yield sql`e.time_us < ${Math.ceil(toUs)}::bigint`;
  if (search !== undefined) {
    const text = sql`concat_ws(' ', e.name, e.subject, e.by, e.detail::text)`;
    yield sql`strpos(lower(${text}), lower(${search})) > 0`;
  }
  if (before !== undefined) {
    const [timeUs, journal, seq] = before.split('.');
    yield sql`(e.time_us, e.journal, e.seq) < (${timeUs}::bigint, ${journal}::integer, ${seq}::bigint)`;
  }
}

const eventView = (row: Row): FleetEvent => ({
  id: `${row.time_us}.${row.journal}.${row.seq}`,
  ...(row.site !== null && { site: row.site }),
  origin: row.origin,
  timeUs: Number(row.time_us),
  receivedUs: row.received.getTime() * 1000,
  kind: row.kind,
  name: row.name,
  subject: row.subject,
  ...(row.by !== null && { by: row.by }),
  ...(row.detail && { detail: row.detail }),
});
