import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Page } from '#contract/routes/shapes.ts';
import { Fault } from '#kernel/fault.ts';
import type { Tables } from '../database/tables.ts';
import type { SiteCondition } from '../people/selection.ts';

type SiteLedger = FleetAnswered<'siteLedger'>;
type Sums = Omit<SiteLedger, 'site' | 'journals' | 'holes'>;

export interface LedgerAsked {
  /** Which sites may be looked at, and are wanted. */
  readonly where: readonly SiteCondition[];
  readonly search?: string | undefined;
  readonly differing?: boolean | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly acquired: string;
  readonly stored: string;
  readonly delivered: string;
  readonly waiting: string;
  readonly lost: string;
  readonly difference: string;
  readonly unknown: string;
  readonly told: string | null;
}

/**
 * A row for each journal: what its site said last, with what came since. Both sides are compared at the position of that
 * statement; what came beyond it and all that waited then was acquired since. Without a statement only what came is known.
 */
const JOURNALS = sql`(
  SELECT *, greatest(came - told_waiting, 0) AS since, greatest(told_waiting - came, 0) AS waiting
  FROM (
    SELECT j.site, j.uuid, j.began, p.count AS delivered, p.count - coalesce(s.count, 0) AS came,
      coalesce(s.acquired, 0) AS told_acquired, coalesce(s.stored, 0) AS told_stored, coalesce(s.waiting, 0) AS told_waiting,
      coalesce(s.lost, 0) AS lost, coalesce(s.unknown, 0) AS unknown, s.at_us AS told,
      coalesce(s.acquired - s.count - s.waiting - s.lost, 0) AS difference
    FROM journals j JOIN lane_positions p ON p.journal = j.id AND p.lane = 2
      LEFT JOIN site_ledgers s ON s.journal = j.id
  ) t
)`;

const SUMS = sql`
  coalesce(sum(j.told_acquired + j.since), 0) AS acquired, coalesce(sum(j.told_stored + j.since), 0) AS stored,
  coalesce(sum(j.delivered), 0) AS delivered, coalesce(sum(j.waiting), 0) AS waiting, coalesce(sum(j.lost), 0) AS lost,
  coalesce(sum(j.difference), 0) AS difference, coalesce(sum(j.unknown), 0) AS unknown, max(j.told) AS told`;

/** Sites by id, those too that have never connected. */
export async function findLedgers(
  queries: Kysely<Tables>,
  { where, search, differing, after, limit }: LedgerAsked,
): Promise<Page<FleetAnswered<'ledger'>>> {
  const wanted: RawBuilder<boolean>[] = [...where, sql<boolean>`true`];
  if (search !== undefined)
    wanted.push(sql`strpos(lower(sites.id || ' ' || sites.labels::text), lower(${search})) > 0`);
  if (after !== undefined) wanted.push(sql`sites.id > ${after}`);
  const right =
    differing === undefined ? sql`true` : sql`(coalesce(sum(j.difference), 0) <> 0) = ${differing}::boolean`;
  const { rows } = await sql<Row & { readonly id: string }>`
    SELECT sites.id, ${SUMS} FROM sites LEFT JOIN ${JOURNALS} j ON j.site = sites.id
    WHERE ${sql.join(wanted, sql` AND `)} GROUP BY sites.id HAVING ${right}
    ORDER BY sites.id LIMIT ${limit + 1}`.execute(queries);
  const items = rows.slice(0, limit).map(({ id, ...row }) => ({ site: id, ...sumsOf(row) }));
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: { after: last.site } }) };
}

/** All of it as of one moment, so that the parts add up while samples come. @throws Fault `hub.unknown-site` */
export const ledgerOf = (queries: Kysely<Tables>, site: string): Promise<SiteLedger> =>
  queries
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((snapshot) => read(snapshot, site));

async function read(queries: Kysely<Tables>, site: string): Promise<SiteLedger> {
  const { items } = await findLedgers(queries, { where: [sql<boolean>`sites.id = ${site}`], limit: 1 });
  const [sums] = items;
  if (!sums) throw new Fault('hub.unknown-site', `there is no site ${site}`, { retry: 'never' });
  const journals = await sql<Row & { readonly uuid: string; readonly began: Date }>`
    SELECT j.uuid, j.began, ${SUMS} FROM ${JOURNALS} j WHERE j.site = ${site}
    GROUP BY j.uuid, j.began ORDER BY j.began DESC`.execute(queries);
  const holes = await sql<{
    readonly reason: string;
    readonly gaps: string;
    readonly samples: string;
    readonly unknown: string;
  }>`
    SELECT g.reason, count(*) AS gaps, coalesce(sum(g.count), 0) AS samples,
      count(*) FILTER (WHERE g.count IS NULL) AS unknown
    FROM site_gaps g JOIN journals j ON j.id = g.journal WHERE j.site = ${site}
    GROUP BY g.reason ORDER BY g.reason`.execute(queries);
  const stream = await sql<{ readonly passed: string; readonly waiting: string; readonly lost: string }>`
    SELECT sum(p.count) AS passed, sum(p.lost) AS lost, sum(greatest(b.rows - p.row, 0)) AS waiting
    FROM stream_positions p JOIN journals j ON j.id = p.journal CROSS JOIN LATERAL (
      SELECT coalesce(sum(rows), 0) AS rows FROM (
        SELECT rows FROM telemetry_outbox o WHERE o.journal = p.journal AND o.upto > p.upto
        UNION ALL SELECT rows FROM telemetry_inbox i WHERE i.journal = p.journal AND i.upto > p.upto
      ) a
    ) b WHERE j.site = ${site} HAVING count(*) > 0`.execute(queries);
  const [passing] = stream.rows;
  return {
    ...sums,
    ...(passing && {
      stream: {
        passed: Number(passing.passed),
        waiting: Number(passing.waiting),
        lost: Number(passing.lost),
      },
    }),
    journals: journals.rows.map(({ uuid, began, ...row }) => ({
      journal: uuid,
      beganUs: began.getTime() * 1000,
      ...sumsOf(row),
    })),
    holes: holes.rows.map(({ reason, gaps, samples, unknown }) => ({
      reason,
      gaps: Number(gaps),
      samples: Number(samples),
      unknown: Number(unknown),
    })),
  };
}

const sumsOf = ({ told, ...row }: Row): Sums => ({
  acquired: Number(row.acquired),
  stored: Number(row.stored),
  delivered: Number(row.delivered),
  waiting: Number(row.waiting),
  lost: Number(row.lost),
  difference: Number(row.difference),
  unknown: Number(row.unknown),
  ...(told !== null && { toldUs: Number(told) }),
});
