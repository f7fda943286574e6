import { type Kysely, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { Page } from '#contract/routes/shapes.ts';
import { Fault } from '#kernel/fault.ts';
import { tell } from '../database/news.ts';
import type { Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';
import type { SiteCondition } from '../people/selection.ts';
import { mustHaveReported } from './reports.ts';

export type Acknowledgement = FleetAnswered<'acknowledgements'>;

export interface AskedRow {
  readonly id: string;
  readonly site: string;
  readonly alarm: string;
  readonly occurrence: string;
  readonly by: string;
  readonly comment: string | null;
  /** As JSON has it, where it comes out of JSON. */
  readonly asked: Date | string;
  readonly state: Acknowledgement['state'];
  readonly answered: Date | string | null;
  readonly fault: Acknowledgement['fault'] | null;
}

export interface AcknowledgeAsked {
  readonly alarms: readonly { readonly id: string; readonly occurrence: string }[];
  readonly comment?: string | undefined;
  readonly by: string;
}

/**
 * Keeps acknowledgements of alarms of a site until it has answered, with the event that tells who asked for them; all of them
 * or none. The same of an alarm once more, while the first is on its way, is the first.
 * @throws Fault `hub.no-report`, `hub.no-acknowledge`, `alarm.unknown`
 */
export async function acknowledge(
  queries: Kysely<Tables>,
  now: Date,
  site: string,
  { alarms, comment, by }: AcknowledgeAsked,
): Promise<Acknowledgement[]> {
  await mustHaveReported(queries, site);
  return await queries.transaction().execute(async (all) => {
    const journal = await mayAcknowledge(all, site);
    const wanted = [...new Map(alarms.map((one) => [one.id, one.occurrence]))];
    await mustKnow(
      all,
      journal,
      site,
      wanted.map(([id]) => id),
    );
    const { rows } = await sql<Omit<AskedRow, 'site'>>`
      INSERT INTO acknowledgements (journal, alarm, occurrence, by, comment, asked)
      SELECT ${journal}, w.alarm, w.occurrence, ${by}, ${comment ?? null}, ${now}
      FROM unnest(${wanted.map(([id]) => id)}::text[], ${wanted.map(([, one]) => one)}::bigint[]) AS w (alarm, occurrence)
      WHERE NOT EXISTS (
        SELECT FROM acknowledgements k WHERE k.journal = ${journal} AND k.alarm = w.alarm
          AND k.occurrence = w.occurrence AND k.state IN ('waiting', 'sent')
      ) RETURNING *`.execute(all);
    for (const { id, alarm } of rows)
      await addEvent(all, now, {
        ...{ kind: 'system', name: 'alarm.acknowledge-asked', subject: site, by },
        detail: { alarm, request: Number(id), ...(comment !== undefined && { comment }) },
      });
    if (rows.length > 0) await tell(all, { kind: 'asked', site });
    const { rows: open } = await sql<Omit<AskedRow, 'site'>>`
      SELECT k.* FROM acknowledgements k
      JOIN unnest(${wanted.map(([id]) => id)}::text[], ${wanted.map(([, one]) => one)}::bigint[]) AS w (alarm, occurrence)
        ON k.alarm = w.alarm AND k.occurrence = w.occurrence
      WHERE k.journal = ${journal} AND k.state IN ('waiting', 'sent') ORDER BY k.id`.execute(all);
    return open.map((row) => acknowledgementView({ ...row, site }));
  });
}

/** @returns the journal that speaks for the site */
async function mayAcknowledge(queries: Kysely<Tables>, site: string): Promise<number> {
  const { rows } = await sql<{ readonly journal: number; readonly may: boolean }>`
    SELECT r.journal, coalesce((r.health ->> 'acknowledge')::boolean, false) AS may
    FROM speaking_journals j JOIN site_reports r ON r.journal = j.id WHERE j.site = ${site}`.execute(queries);
  const [found] = rows;
  if (found?.may) return found.journal;
  throw new Fault('hub.no-acknowledge', `${site} lets no hub acknowledge its alarms`, {
    retry: 'never',
    hint: 'somebody at the site does, or writes `settings: { hub: { acknowledge: true } }` in its site file',
  });
}

/** One lock for all requests of a site at once: two people must not make two of one. */
async function mustKnow(
  queries: Kysely<Tables>,
  journal: number,
  site: string,
  ids: readonly string[],
): Promise<void> {
  await sql`SELECT FROM site_reports WHERE journal = ${journal} FOR UPDATE`.execute(queries);
  const { rows } = await sql<{ readonly id: string }>`
    SELECT w.id FROM unnest(${ids}::text[]) AS w (id)
    WHERE NOT EXISTS (SELECT FROM site_alarms d WHERE d.journal = ${journal} AND d.id = w.id)`.execute(
    queries,
  );
  const [unknown] = rows;
  if (!unknown) return;
  throw new Fault('alarm.unknown', `${site} has no alarm ${unknown.id}`, {
    retry: 'never',
    hint: `/api/sites/${site}/alarms lists those that it has`,
  });
}

/** Of which something is asked that nobody has told them yet. */
export async function sitesAsked(queries: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ readonly site: string }>`
    SELECT DISTINCT j.site FROM acknowledgements k JOIN journals j ON j.id = k.journal WHERE k.state = 'waiting'`.execute(
    queries,
  );
  return rows.map(({ site }) => site);
}

export interface AcknowledgementsAsked {
  readonly where: readonly SiteCondition[];
  readonly state?: readonly AskedRow['state'][] | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

export async function findAcknowledgements(
  queries: Kysely<Tables>,
  { where, state, before, limit }: AcknowledgementsAsked,
): Promise<Page<Acknowledgement>> {
  const wanted = [
    ...where,
    ...(state ? [sql<boolean>`k.state = ANY(${state})`] : []),
    ...(before === undefined ? [] : [sql<boolean>`k.id < ${before}`]),
    sql<boolean>`true`,
  ];
  const { rows } = await sql<AskedRow>`
    SELECT k.*, j.site FROM acknowledgements k JOIN journals j ON j.id = k.journal JOIN sites ON sites.id = j.site
    WHERE ${sql.join(wanted, sql` AND `)} ORDER BY k.id DESC LIMIT ${limit + 1}`.execute(queries);
  const items = rows.slice(0, limit).map(acknowledgementView);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: { before: last.id } }) };
}

const acknowledgementView = ({ site, alarm, ...row }: AskedRow): Acknowledgement => ({
  site,
  alarm,
  ...askedView(row),
});

const usOf = (date: Date | string): number => new Date(date).getTime() * 1000;

export const askedView = ({
  id,
  occurrence,
  by,
  comment,
  asked,
  state,
  answered,
  fault,
}: Omit<AskedRow, 'site' | 'alarm'>): Omit<Acknowledgement, 'site' | 'alarm'> => ({
  id: Number(id),
  occurrence,
  by,
  atUs: usOf(asked),
  ...(comment !== null && { comment }),
  state,
  ...(answered !== null && { answeredUs: usOf(answered) }),
  ...(fault && { fault }),
});
