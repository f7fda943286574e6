import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Page } from '#contract/routes/shapes.ts';
import type { IdentityState, Labels, Tables } from '../database/tables.ts';
import type { SiteCondition } from '../people/selection.ts';

/** The newest certificate of a site as people see it. */
export type SiteIdentity = FleetAnswered<'identities'>;

/** `expired`: it comes back by renewing. `cloned`: two boxes were seen with it. */
export type ShownIdentity = SiteIdentity['state'];

/** The newest certificate of the site of a row of `sites`, as `i`. */
export const NEWEST_IDENTITY = sql`CROSS JOIN LATERAL (
  SELECT * FROM identities WHERE site = sites.id ORDER BY (state = 'active') DESC, issued DESC LIMIT 1
) i`;

/** How people see a certificate of the row `i`. */
export const shownIdentity = (nowMs: number): RawBuilder<ShownIdentity> => sql`CASE
  WHEN i.state <> 'active' THEN i.state WHEN i.cloned IS NOT NULL THEN 'cloned'
  WHEN i.valid_to < ${new Date(nowMs)} THEN 'expired' ELSE 'active' END`;

/** Where id or a label holds a text. */
export const holdsText = (search: string): SiteCondition =>
  sql<boolean>`strpos(lower(sites.id || ' ' || sites.labels::text), lower(${search})) > 0`;

export interface IdentitiesAsked {
  /** Which sites may be looked at, and are wanted. */
  readonly where: readonly SiteCondition[];
  readonly identity?: readonly ShownIdentity[] | undefined;
  readonly search?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly id: string;
  readonly labels: Labels;
  readonly joined: Date;
  readonly shown: ShownIdentity;
  readonly serial: string;
  readonly valid_to: Date;
  readonly last_seen: Date | null;
  readonly why: string | null;
  readonly ended_by: string | null;
}

/** Sites that have ever joined, by id. */
export async function findIdentities(
  queries: Kysely<Tables>,
  nowMs: number,
  { where, identity, search, after, limit }: IdentitiesAsked,
): Promise<Page<SiteIdentity>> {
  const shown = shownIdentity(nowMs);
  const wanted = [
    ...where,
    ...(identity ? [sql<boolean>`${shown} = ANY(${identity})`] : []),
    ...(search === undefined ? [] : [holdsText(search)]),
    ...(after === undefined ? [] : [sql<boolean>`sites.id > ${after}`]),
    sql<boolean>`true`,
  ];
  const { rows } = await sql<Row>`
    SELECT sites.id, sites.labels, sites.joined, ${shown} AS shown, i.serial, i.valid_to, i.last_seen, i.why, i.ended_by
    FROM sites ${NEWEST_IDENTITY} WHERE ${sql.join(wanted, sql` AND `)}
    ORDER BY sites.id LIMIT ${limit + 1}`.execute(queries);
  const items = rows.slice(0, limit).map(identityView);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: { after: last.id } }) };
}

const usOf = (date: Date): number => date.getTime() * 1000;

const identityView = (row: Row): SiteIdentity => ({
  id: row.id,
  labels: row.labels,
  state: row.shown,
  serial: row.serial,
  validToUs: usOf(row.valid_to),
  joinedUs: usOf(row.joined),
  ...(row.last_seen && { seenUs: usOf(row.last_seen) }),
  ...(row.why !== null && { why: row.why }),
  ...(row.ended_by !== null && { by: row.ended_by }),
});

/** All sites that have ever joined, by id. */
export const listSites = async (queries: Kysely<Tables>, nowMs: number): Promise<readonly SiteIdentity[]> =>
  (await findIdentities(queries, nowMs, { where: [], limit: Number.MAX_SAFE_INTEGER - 1 })).items;

export type SiteCertificate = FleetAnswered<'certificates'>;

/** Of one site, the newest first. */
export async function listCertificates(
  queries: Kysely<Tables>,
  site: string,
  nowMs: number,
): Promise<SiteCertificate[]> {
  const rows = await queries
    .selectFrom('identities')
    .selectAll()
    .where('site', '=', site)
    .orderBy('issued', 'desc')
    .execute();
  return rows.map((row) => ({
    serial: row.serial,
    fingerprint: row.fingerprint,
    state: stateOf(row.state, row.cloned !== null, row.valid_to.getTime() < nowMs),
    issuedUs: usOf(row.issued),
    validToUs: usOf(row.valid_to),
    starts: row.starts,
    ...(row.ended && { endedUs: usOf(row.ended) }),
    ...(row.ended_by !== null && { by: row.ended_by }),
    ...(row.why !== null && { why: row.why }),
    ...(row.first_used && { firstUsedUs: usOf(row.first_used) }),
    ...(row.last_seen && { seenUs: usOf(row.last_seen) }),
    ...(row.cloned && { clonedUs: usOf(row.cloned) }),
  }));
}

const stateOf = (state: IdentityState, isCloned: boolean, isOver: boolean): ShownIdentity => {
  if (state !== 'active') return state;
  if (isCloned) return 'cloned';
  return isOver ? 'expired' : 'active';
};
