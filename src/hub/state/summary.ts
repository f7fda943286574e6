import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Tables } from '../database/tables.ts';
import { holdsText, NEWEST_IDENTITY, shownIdentity } from '../identity/listing.ts';
import type { SiteCondition } from '../people/selection.ts';
import { ALARM_COUNTS, type AlarmCountsRow, alarmCounts } from './alarm-counts.ts';
import { LINK_OF_SITE, linkState } from './sites.ts';

export type FleetSummary = FleetAnswered<'fleet'>;

export interface SummaryAsked {
  /** Which sites may be looked at, and are wanted. */
  readonly where: readonly SiteCondition[];
  readonly search?: string | undefined;
}

/** The fleet in figures, however many sites it has. */
export async function summaryOf(
  queries: Kysely<Tables>,
  nowMs: number,
  { where, search }: SummaryAsked,
): Promise<Omit<FleetSummary, 'nowUs' | 'version'>> {
  const all = [...where, ...(search === undefined ? [] : [holdsText(search)]), sql<boolean>`true`];
  const wanted = sql<boolean>`${sql.join(all, sql` AND `)}`;
  return {
    counts: await countsOf(queries, nowMs, wanted),
    ...(await reportedOf(queries, wanted)),
    labels: await labelsOf(queries, wanted),
  };
}

type Count = FleetSummary['counts'][number];

async function countsOf(
  queries: Kysely<Tables>,
  nowMs: number,
  wanted: RawBuilder<boolean>,
): Promise<Count[]> {
  const { rows } = await sql<Pick<Count, 'state' | 'identity'> & { readonly sites: string }>`
    SELECT state, identity, count(*) AS sites FROM (
      SELECT ${linkState(nowMs)} AS state, ${shownIdentity(nowMs)} AS identity
      FROM sites ${LINK_OF_SITE} ${NEWEST_IDENTITY} WHERE ${wanted}
    ) s GROUP BY state, identity ORDER BY state, identity`.execute(queries);
  return rows.map(({ sites, ...rest }) => ({ ...rest, sites: Number(sites) }));
}

/** Of sites that are no more nobody wants to know. */
async function reportedOf(
  queries: Kysely<Tables>,
  wanted: RawBuilder<boolean>,
): Promise<Omit<FleetSummary, 'nowUs' | 'version' | 'counts' | 'labels'>> {
  const { rows } = await sql<AlarmCountsRow & Pick<FleetSummary, 'silent' | 'troubled' | 'waitingRows'>>`
    SELECT count(*) FILTER (WHERE r.journal IS NULL)::int AS silent,
      count(*) FILTER (WHERE jsonb_array_length(r.health -> 'problems') > 0)::int AS troubled,
      coalesce(sum((r.waiting ->> 'rows')::bigint), 0)::float8 AS "waitingRows",
      coalesce(sum(c.active), 0) AS active, coalesce(sum(c.critical), 0) AS critical, coalesce(sum(c.high), 0) AS high,
      coalesce(sum(c.medium), 0) AS medium, coalesce(sum(c.low), 0) AS low, coalesce(sum(k.pending), 0) AS pending
    FROM sites LEFT JOIN speaking_journals j ON j.site = sites.id LEFT JOIN site_reports r ON r.journal = j.id
    LEFT JOIN ${ALARM_COUNTS} WHERE sites.retired IS NULL AND ${wanted}`.execute(queries);
  const [row] = rows;
  if (!row) throw new Error('a count without a row');
  const { silent, troubled, waitingRows } = row;
  return { alarms: alarmCounts(row), silent, troubled, waitingRows };
}

async function labelsOf(
  queries: Kysely<Tables>,
  wanted: RawBuilder<boolean>,
): Promise<FleetSummary['labels']> {
  const { rows } = await sql<{ name: string; sites: string; values: string }>`
    SELECT label.key AS name, count(*) AS sites, count(DISTINCT label.value) AS values
    FROM sites CROSS JOIN LATERAL jsonb_each_text(sites.labels) label WHERE ${wanted}
    GROUP BY label.key ORDER BY label.key`.execute(queries);
  return rows.map(({ name, sites, values }) => ({ name, sites: Number(sites), values: Number(values) }));
}
