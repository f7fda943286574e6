import { type Kysely, sql } from 'kysely';
import type { FleetAnswered } from '#contract/fleet/table.ts';
import { Fault } from '#kernel/fault.ts';
import type { Tables } from '../database/tables.ts';

/* Health and sources of one site, as it reported them last. */

export async function healthOf(queries: Kysely<Tables>, site: string): Promise<FleetAnswered<'siteHealth'>> {
  const { rows } = await sql<{
    readonly health: Omit<FleetAnswered<'siteHealth'>, 'site' | 'saidUs' | 'waiting'> | null;
    readonly health_said: Date;
    readonly waiting: FleetAnswered<'siteHealth'>['waiting'] | null;
  }>`
    SELECT r.health, r.health_said, r.waiting FROM speaking_journals j JOIN site_reports r ON r.journal = j.id
    WHERE j.site = ${site}`.execute(queries);
  const [row] = rows;
  if (!row?.health) throw await notReported(queries, site);
  return {
    site,
    saidUs: row.health_said.getTime() * 1000,
    ...row.health,
    ...(row.waiting && { waiting: row.waiting }),
  };
}

export async function sourcesOf(
  queries: Kysely<Tables>,
  site: string,
): Promise<FleetAnswered<'siteSources'>[]> {
  await mustHaveReported(queries, site);
  const { rows } = await sql<{
    readonly id: string;
    readonly said: Date;
    readonly body: Omit<FleetAnswered<'siteSources'>, 'id' | 'saidUs'>;
  }>`
    SELECT s.id, s.said, s.body FROM speaking_journals j JOIN site_sources s ON s.journal = j.id
    WHERE j.site = ${site} ORDER BY s.id COLLATE "C"`.execute(queries);
  return rows.map(({ id, said, body }) => ({ id, ...body, saidUs: said.getTime() * 1000 }));
}

/** That nothing is known must not look as if nothing were wrong. @throws Fault `hub.no-report` */
export async function mustHaveReported(queries: Kysely<Tables>, site: string): Promise<void> {
  const { rows } = await sql`
    SELECT FROM speaking_journals j JOIN site_reports r ON r.journal = j.id WHERE j.site = ${site}`.execute(
    queries,
  );
  if (rows.length === 0) throw await notReported(queries, site);
}

async function notReported(queries: Kysely<Tables>, site: string): Promise<Fault> {
  const { rows } = await sql<{ readonly protocol: number; readonly software: string }>`
    SELECT protocol, software FROM speaking_journals WHERE site = ${site}`.execute(queries);
  const [spoke] = rows;
  const isOld = spoke !== undefined && spoke.protocol < 2;
  const what = isOld
    ? `${site} runs Holdfast ${spoke.software}, which reports no health, sources or alarms to a hub`
    : `${site} has not reported anything yet`;
  return new Fault('hub.no-report', what, {
    retry: isOld ? 'never' : 'backoff',
    hint: isOld ? 'update the site' : 'it reports as soon as it has connected',
  });
}
