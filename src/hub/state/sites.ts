import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { SITE_ORDERS } from '#contract/fleet/requests.ts';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Page } from '#contract/routes/shapes.ts';
import type { Labels, Tables } from '../database/tables.ts';
import { holdsText, NEWEST_IDENTITY, type ShownIdentity, shownIdentity } from '../identity/listing.ts';
import type { SiteCondition } from '../people/selection.ts';
import { ALARM_COUNTS, type AlarmCountsRow, alarmCounts } from './alarm-counts.ts';

export type FleetSite = FleetAnswered<'site'>;

export interface SitesAsked {
  /** Which sites may be looked at, and are wanted. */
  readonly where: readonly SiteCondition[];
  readonly state?: readonly FleetSite['state'][] | undefined;
  readonly identity?: readonly ShownIdentity[] | undefined;
  readonly search?: string | undefined;
  readonly sort?: SiteOrder | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly offset?: number | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

type SiteOrder = (typeof SITE_ORDERS)[number];

/** Three beats of a process of the hub, and some: one that says nothing for longer is gone. */
const DEAD_MS = 45_000;

/** State of the link of a site, of rows `l` of its last link and `p` of that link's process. */
export const linkState = (nowMs: number): RawBuilder<FleetSite['state']> => sql`CASE
  WHEN l.site IS NULL THEN 'never' WHEN l.gone IS NOT NULL THEN 'offline'
  WHEN p.beat > ${new Date(nowMs - DEAD_MS)} THEN 'online' ELSE 'stale' END`;

export const LINK_OF_SITE = sql`LEFT JOIN site_links l ON l.site = sites.id LEFT JOIN hub_processes p ON p.id = l.process`;

interface Row extends AlarmCountsRow {
  readonly id: string;
  readonly labels: Labels;
  readonly joined: Date;
  readonly link: FleetSite['state'];
  readonly since: Date | null;
  readonly identity: ShownIdentity;
  readonly valid_to: Date;
  readonly software: string | null;
  readonly tags: string;
  readonly newest: string | null;
  readonly gaps: string;
  readonly lost: string | null;
  readonly protocol: number | null;
  readonly reported: Date | null;
  readonly acknowledge: boolean | null;
  readonly problems: number | null;
  readonly sources: number;
  readonly troubled: number;
  readonly waiting: FleetSite['waiting'] | null;
}

/** Of the row `s`: what wants somebody comes first. */
const ORDERS: { readonly [order in Exclude<SiteOrder, 'id'>]: RawBuilder<unknown> } = {
  state: sql`array_position(ARRAY['stale', 'offline', 'never', 'online'], s.link)`,
  since: sql`s.since`,
  software: sql`s.software`,
  joined: sql`s.joined`,
  validTo: sql`s.valid_to`,
  alarms: sql`(SELECT coalesce(min(urgency), 9) FROM alarm_states WHERE journal = s.journal AND urgency < 9)`,
  waiting: sql`(SELECT -(waiting ->> 'rows')::bigint FROM site_reports WHERE journal = s.journal)`,
};

/** What is not known stands last, whichever way; sites that are alike are in the order of their ids. */
function orderOf(sort: SiteOrder, order: 'asc' | 'desc'): RawBuilder<unknown> {
  const way = order === 'desc' ? sql`DESC` : sql`ASC`;
  return sort === 'id' ? sql`s.id ${way}` : sql`${ORDERS[sort]} ${way} NULLS LAST, s.id`;
}

/** Sites, by id where no other order is wanted. What must be counted is counted for those of the page alone. */
export async function findSites(
  queries: Kysely<Tables>,
  nowMs: number,
  asked: SitesAsked,
): Promise<Page<FleetSite>> {
  const { sort = 'id', order = 'asc', offset = 0, limit } = asked;
  const ordered = orderOf(sort, order);
  const { rows } = await sql<Row>`
    SELECT s.*, t.tags, t.newest, g.gaps, g.lost, r.said AS reported,
      (r.health ->> 'acknowledge')::boolean AS acknowledge,
      jsonb_array_length(r.health -> 'problems') AS problems, r.waiting, o.sources, o.troubled, c.*, k.pending
    FROM (SELECT * FROM (${foundSites(nowMs, asked)}) s ORDER BY ${ordered} LIMIT ${limit + 1} OFFSET ${offset}) s
    CROSS JOIN LATERAL (SELECT s.journal AS id) j
    LEFT JOIN site_reports r ON r.journal = j.id
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS sources, count(*) FILTER (WHERE troubled)::int AS troubled FROM site_sources
      WHERE journal = j.id
    ) o
    LEFT JOIN ${ALARM_COUNTS}
    CROSS JOIN LATERAL (
      SELECT (SELECT count(*) FROM site_tags WHERE journal = j.id) AS tags,
        (SELECT max(time_us) FROM newest_values WHERE journal = j.id) AS newest
    ) t
    CROSS JOIN LATERAL (
      SELECT count(*) AS gaps, sum(count) AS lost FROM site_gaps
      WHERE journal IN (SELECT id FROM journals WHERE site = s.id)
    ) g
    ORDER BY ${ordered}`.execute(queries);
  const items = rows.slice(0, limit).map(siteView);
  return { items, ...(rows.length > limit && { next: nextOf(asked, items.at(-1)) }) };
}

/** Rows of places move while somebody turns pages; by ids nothing is passed over and nothing comes twice. */
const nextOf = (
  { sort = 'id', order = 'asc', offset = 0, limit }: SitesAsked,
  last: FleetSite | undefined,
): { readonly [name: string]: string | number } =>
  sort === 'id' && order === 'asc' && offset === 0 && last ? { after: last.id } : { offset: offset + limit };

/** Every site that is wanted, with what it can be in order by. */
function foundSites(
  nowMs: number,
  { where, state, identity, search, after }: SitesAsked,
): RawBuilder<unknown> {
  const link = linkState(nowMs);
  const shown = shownIdentity(nowMs);
  const wanted = [
    ...where,
    ...(state ? [sql<boolean>`${link} = ANY(${state})`] : []),
    ...(identity ? [sql<boolean>`${shown} = ANY(${identity})`] : []),
    ...(search === undefined ? [] : [holdsText(search)]),
    ...(after === undefined ? [] : [sql<boolean>`sites.id > ${after}`]),
    sql<boolean>`true`,
  ];
  return sql`
    SELECT sites.id, sites.labels, sites.joined, ${link} AS link,
      CASE WHEN l.gone IS NOT NULL THEN l.gone WHEN ${link} = 'stale' THEN coalesce(p.beat, l.since) ELSE l.since END AS since,
      ${shown} AS identity, i.valid_to, j.id AS journal, j.software, j.protocol
    FROM sites ${LINK_OF_SITE} ${NEWEST_IDENTITY}
    LEFT JOIN LATERAL (SELECT id, software, protocol FROM journals WHERE site = sites.id ORDER BY welcomed DESC LIMIT 1) j ON true
    WHERE ${sql.join(wanted, sql` AND `)}`;
}

const usOf = (date: Date): number => date.getTime() * 1000;

const siteView = (row: Row): FleetSite => ({
  id: row.id,
  labels: row.labels,
  state: row.link,
  ...(row.since && { sinceUs: usOf(row.since) }),
  identity: row.identity,
  validToUs: usOf(row.valid_to),
  joinedUs: usOf(row.joined),
  ...(row.software !== null && { software: row.software }),
  tags: Number(row.tags),
  ...(row.newest !== null && { newestUs: Number(row.newest) }),
  gaps: Number(row.gaps),
  lost: Number(row.lost ?? 0),
  ...(row.protocol !== null && { protocol: row.protocol }),
  ...(row.reported && reportedOf(row, row.reported)),
});

const reportedOf = (row: Row, reported: Date): Partial<FleetSite> => ({
  reportedUs: usOf(reported),
  ...(row.acknowledge !== null && { acknowledge: row.acknowledge }),
  ...(row.problems !== null && { problems: row.problems }),
  sources: { total: row.sources, troubled: row.troubled },
  alarms: alarmCounts(row),
  ...(row.waiting && { waiting: row.waiting }),
});
