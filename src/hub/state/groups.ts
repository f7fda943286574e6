import { type Kysely, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Tables } from '../database/tables.ts';
import type { SiteCondition } from '../people/selection.ts';
import { ALARM_COUNTS, type AlarmCountsRow, alarmCounts } from './alarm-counts.ts';
import { LINK_OF_SITE, linkState } from './sites.ts';

export type FleetGroup = FleetAnswered<'groups'>;

interface Row extends AlarmCountsRow {
  readonly value: string | null;
  readonly online: number;
  readonly offline: number;
  readonly stale: number;
  readonly never: number;
  readonly troubled: number;
  readonly silent: number;
  readonly waiting: number;
}

/** Sites that are not retired, by the values of a label; those without it last. */
export async function findGroups(
  queries: Kysely<Tables>,
  nowMs: number,
  { label, where }: { readonly label: string; readonly where: readonly SiteCondition[] },
): Promise<FleetGroup[]> {
  const { rows } = await sql<Row>`
    SELECT s.value, count(*) FILTER (WHERE s.link = 'online')::int AS online,
      count(*) FILTER (WHERE s.link = 'offline')::int AS offline, count(*) FILTER (WHERE s.link = 'stale')::int AS stale,
      count(*) FILTER (WHERE s.link = 'never')::int AS never,
      count(*) FILTER (WHERE jsonb_array_length(r.health -> 'problems') > 0)::int AS troubled,
      count(*) FILTER (WHERE r.journal IS NULL)::int AS silent,
      coalesce(sum((r.waiting ->> 'rows')::bigint), 0)::float8 AS waiting,
      coalesce(sum(c.active), 0) AS active, coalesce(sum(c.critical), 0) AS critical, coalesce(sum(c.high), 0) AS high,
      coalesce(sum(c.medium), 0) AS medium, coalesce(sum(c.low), 0) AS low, coalesce(sum(k.pending), 0) AS pending
    FROM (
      SELECT sites.id, sites.labels ->> ${label} AS value, ${linkState(nowMs)} AS link FROM sites ${LINK_OF_SITE}
      WHERE sites.retired IS NULL AND ${sql.join([...where, sql`true`], sql` AND `)}
    ) s
    LEFT JOIN speaking_journals j ON j.site = s.id LEFT JOIN site_reports r ON r.journal = j.id
    LEFT JOIN ${ALARM_COUNTS}
    GROUP BY s.value ORDER BY s.value NULLS LAST`.execute(queries);
  return rows.map((row) => ({
    ...(row.value !== null && { value: row.value }),
    sites: { online: row.online, offline: row.offline, stale: row.stale, never: row.never },
    troubled: row.troubled,
    silent: row.silent,
    alarms: alarmCounts(row),
    waitingRows: row.waiting,
  }));
}
