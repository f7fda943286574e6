import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Page } from '#contract/routes/shapes.ts';
import type { Tables } from '../database/tables.ts';
import type { SiteCondition } from '../people/selection.ts';
import { type AskedRow, askedView } from './acknowledgements.ts';
import { LINK_OF_SITE, linkState } from './sites.ts';

export type FleetAlarm = FleetAnswered<'alarms'>;

interface Filter {
  readonly state?: readonly FleetAlarm['state'][] | undefined;
  readonly priority?: readonly FleetAlarm['priority'][] | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

export interface SiteAlarmsAsked extends Filter {
  readonly prefix: string;
  readonly active?: boolean | undefined;
}

export interface FleetAlarmsAsked extends Filter {
  readonly where: readonly SiteCondition[];
  readonly active: boolean;
  readonly asked?: readonly AskedRow['state'][] | undefined;
  readonly search?: string | undefined;
}

type Definition = Omit<
  FleetAlarm,
  | 'site'
  | 'id'
  | 'state'
  | 'condition'
  | 'sinceUs'
  | 'firstOut'
  | 'occurrence'
  | 'siteState'
  | 'saidUs'
  | 'asked'
>;
type Reported = Pick<FleetAlarm, 'state' | 'condition' | 'sinceUs' | 'firstOut' | 'priority'> & {
  readonly occurrence: number;
};

interface Row {
  readonly journal: number;
  readonly site: string;
  readonly id: string;
  readonly link: FleetAlarm['siteState'];
  readonly urgency: number;
  readonly since_us: string;
  readonly said: Date | null;
  readonly definition: Definition;
  readonly reported: Reported | null;
  readonly asked: Omit<AskedRow, 'site' | 'alarm'> | null;
}

/** The newest acknowledgement from here that still says something: on its way, or refused of the alarm as it is. */
const ASKED = sql`LEFT JOIN LATERAL (
    SELECT k.* FROM acknowledgements k WHERE k.journal = j.id AND k.alarm = x.id ORDER BY k.id DESC LIMIT 1
  ) k ON k.state IN ('waiting', 'sent') OR (k.state = 'refused' AND k.occurrence = x.occurrence)`;

const ASKED_COLUMNS = sql`CASE WHEN k.id IS NULL THEN NULL ELSE jsonb_build_object('id', k.id::text,
  'occurrence', k.occurrence::text, 'by', k.by, 'comment', k.comment, 'asked', k.asked, 'state', k.state,
  'answered', k.answered, 'fault', k.fault) END AS asked`;

/** What was never anything else is normal, and nothing is kept of it but its definition. */
const DEFINED = sql`(
    SELECT d.journal, d.id, d.body AS definition, a.body AS reported, a.said, coalesce(a.state, 'normal') AS state,
      coalesce(a.urgency, 9) AS urgency, coalesce(a.since_us, 0) AS since_us, coalesce(a.occurrence, 0) AS occurrence
    FROM site_alarms d LEFT JOIN alarm_states a USING (journal, id)
  )`;

/** One by one: pages of definitions that change may hold one twice for a moment. */
const ACTIVE = sql`(
    SELECT a.journal, a.id, d.body AS definition, a.body AS reported, a.said, a.state, a.urgency, a.since_us, a.occurrence
    FROM alarm_states a CROSS JOIN LATERAL (
      SELECT body FROM site_alarms d WHERE d.journal = a.journal AND d.id = a.id LIMIT 1
    ) d WHERE a.urgency < 9
  )`;

/** Alarms of the box that speaks for a site, by id. */
export async function findSiteAlarms(
  queries: Kysely<Tables>,
  nowMs: number,
  site: string,
  { prefix, active, after, limit, ...filter }: SiteAlarmsAsked,
): Promise<Page<FleetAlarm>> {
  const wanted = [
    sql<boolean>`j.site = ${site}`,
    ...fitting(filter),
    sql<boolean>`starts_with(x.id, ${prefix})`,
    ...(active === undefined ? [] : [isActive(active)]),
    ...(after === undefined ? [] : [sql<boolean>`x.id COLLATE "C" > ${after}`]),
  ];
  const rows = await found(queries, nowMs, DEFINED, wanted, sql`x.id COLLATE "C"`, limit);
  const items = rows.slice(0, limit).map(alarmView);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: { after: last.id } }) };
}

/** Alarms of all sites that may be seen: the most urgent first. */
export async function findFleetAlarms(
  queries: Kysely<Tables>,
  nowMs: number,
  { where, active, asked, search, after, limit, ...filter }: FleetAlarmsAsked,
): Promise<Page<FleetAlarm>> {
  const text = sql`concat_ws(' ', j.site, x.id, x.definition ->> 'description', x.definition ->> 'consequence',
    x.definition ->> 'response')`;
  const wanted = [
    sql<boolean>`sites.retired IS NULL`,
    isActive(active),
    ...where,
    ...fitting(filter),
    ...(asked ? [sql<boolean>`k.state = ANY(${asked})`] : []),
    ...(search === undefined ? [] : [sql<boolean>`strpos(lower(${text}), lower(${search})) > 0`]),
    ...(after === undefined ? [] : [beyond(after)]),
  ];
  const order = sql`x.urgency, x.since_us DESC, x.journal, x.id COLLATE "C"`;
  const rows = await found(queries, nowMs, active ? ACTIVE : DEFINED, wanted, order, limit);
  const last = rows[limit - 1];
  const place = last && `${last.urgency}.${last.since_us}.${last.journal}.${last.id}`;
  return {
    items: rows.slice(0, limit).map(alarmView),
    ...(rows.length > limit && place !== undefined && { next: { after: place } }),
  };
}

const isActive = (active: boolean): RawBuilder<boolean> =>
  active ? sql<boolean>`x.state <> 'normal'` : sql<boolean>`x.state = 'normal'`;

function fitting({ state, priority }: Pick<Filter, 'state' | 'priority'>): RawBuilder<boolean>[] {
  return [
    ...(state ? [sql<boolean>`x.state = ANY(${state})`] : []),
    ...(priority ? [sql<boolean>`x.definition ->> 'priority' = ANY(${priority})`] : []),
  ];
}

/** Behind the place where a page ended. */
function beyond(after: string): RawBuilder<boolean> {
  const [, urgency, sinceUs, journal, id] = /^(\d)\.(-?\d{1,17})\.(\d{1,9})\.(.*)$/s.exec(after) ?? [];
  // The newest first, all else ascending.
  return sql<boolean>`(x.urgency, -x.since_us, x.journal, x.id COLLATE "C") >
    (${urgency ?? 0}::smallint, -(${sinceUs ?? 0}::bigint), ${journal ?? 0}::integer, ${id ?? ''})`;
}

async function found(
  queries: Kysely<Tables>,
  nowMs: number,
  from: RawBuilder<unknown>,
  wanted: readonly RawBuilder<boolean>[],
  order: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    SELECT x.journal, j.site, x.id, ${linkState(nowMs)} AS link, x.urgency, x.since_us, x.said, x.definition, x.reported,
      ${ASKED_COLUMNS}
    FROM ${from} x JOIN speaking_journals j ON j.id = x.journal JOIN sites ON sites.id = j.site ${LINK_OF_SITE} ${ASKED}
    WHERE ${sql.join(wanted, sql` AND `)} ORDER BY ${order} LIMIT ${limit + 1}`.execute(queries);
  return rows;
}

const AS_NEW = { state: 'normal', condition: false, sinceUs: 0, firstOut: 0, occurrence: 0 } as const;

function alarmView({ site, id, link, said, definition, reported, asked }: Row): FleetAlarm {
  const { occurrence, ...now } = reported ?? AS_NEW;
  return {
    ...definition,
    ...now,
    site,
    id,
    occurrence: String(occurrence),
    ...(said && { saidUs: said.getTime() * 1000 }),
    siteState: link,
    ...(asked && { asked: askedView(asked) }),
  };
}
