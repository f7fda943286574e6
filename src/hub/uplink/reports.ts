import type { Pool, PoolClient } from 'pg';
import type { AskedAcknowledgement } from '#uplink/reports.ts';
import type { AlarmStateRow, AnswerWork, ReportWork } from './api.ts';

/* What sites say of themselves, and answer: one statement a table, however many sites. */

/** In the order of what was said: the start of the site, and what it counted since. */
const stampOf = (epoch: number, revision: number): bigint => (BigInt(epoch) << 32n) | BigInt(revision);

/** All reports of one journal in a transaction, the later ones over the earlier. */
interface Merged {
  readonly journal: number;
  stamp: bigint;
  since: bigint;
  health: string | null;
  waiting: string | null;
  readonly alarms: Map<string, { readonly stamp: bigint; readonly row: AlarmStateRow | null }>;
  readonly sources: Map<
    string,
    { readonly stamp: bigint; readonly row: { readonly troubled: boolean; readonly body: string } | null }
  >;
}

export async function putReports(client: PoolClient, works: readonly ReportWork[]): Promise<void> {
  const merged = [...mergedOf(works)].sort((a, b) => a.journal - b.journal);
  const newer = await fence(client, merged);
  const taken = merged.filter(({ journal }) => newer.has(journal));
  if (taken.length === 0) return;
  await putAlarmStates(client, taken);
  await putSources(client, taken);
  await forget(client, taken);
}

function mergedOf(works: readonly ReportWork[]): Iterable<Merged> {
  const all = new Map<number, Merged>();
  const stamped = works.map((work) => ({ work, stamp: stampOf(work.epoch, work.revision) }));
  // A connection that was left behind may say what is old beside the one that came after it.
  stamped.sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
  for (const { work, stamp } of stamped) {
    const { journal, epoch, since, content } = work;
    const one = all.get(journal) ?? {
      ...{ journal, stamp, since: 0n, health: null, waiting: null },
      ...{ alarms: new Map(), sources: new Map() },
    };
    all.set(journal, one);
    one.stamp = stamp;
    if (since > 0) one.since = stampOf(epoch, since);
    one.health = content.health ?? one.health;
    one.waiting = content.waiting ?? one.waiting;
    for (const [id, row] of content.alarms) one.alarms.set(id, { stamp, row });
    for (const [id, row] of content.sources) one.sources.set(id, { stamp, row });
  }
  return all.values();
}

/** Nothing older is written any more; who else speaks for one of the journals waits. @returns journals to go on with */
async function fence(client: PoolClient, merged: readonly Merged[]): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ journal: number }>(
    `INSERT INTO site_reports AS r (journal, stamp, said, health, health_said, waiting)
     SELECT journal, stamp, now(), health, CASE WHEN health IS NOT NULL THEN now() END, waiting
     FROM unnest($1::integer[], $2::bigint[], $3::jsonb[], $4::jsonb[]) AS w (journal, stamp, health, waiting)
     ON CONFLICT (journal) DO UPDATE SET stamp = EXCLUDED.stamp, said = EXCLUDED.said,
       health = coalesce(EXCLUDED.health, r.health), health_said = coalesce(EXCLUDED.health_said, r.health_said),
       waiting = coalesce(EXCLUDED.waiting, r.waiting)
     WHERE r.stamp < EXCLUDED.stamp
     RETURNING journal`,
    [
      merged.map(({ journal }) => journal),
      merged.map(({ stamp }) => stamp),
      merged.map(({ health }) => health),
      merged.map(({ waiting }) => waiting),
    ],
  );
  return new Set(rows.map(({ journal }) => journal));
}

/** Only of alarms that the site file has: what a site may fill the tables with has an end. */
async function putAlarmStates(client: PoolClient, merged: readonly Merged[]): Promise<void> {
  const said = merged.flatMap(({ journal, alarms }) =>
    [...alarms].flatMap(([id, { stamp, row }]) => (row ? [{ journal, id, stamp, row }] : [])),
  );
  if (said.length === 0) return;
  await client.query(
    `INSERT INTO alarm_states (journal, id, stamp, said, state, urgency, since_us, occurrence, body)
     SELECT w.journal, w.id, w.stamp, now(), w.state, w.urgency, w.since_us, w.occurrence, w.body
     FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[], $8::jsonb[])
       AS w (journal, id, stamp, state, urgency, since_us, occurrence, body)
     WHERE EXISTS (SELECT FROM site_alarms d WHERE d.journal = w.journal AND d.id = w.id)
     ON CONFLICT (journal, id) DO UPDATE SET stamp = EXCLUDED.stamp, said = EXCLUDED.said, state = EXCLUDED.state,
       urgency = EXCLUDED.urgency, since_us = EXCLUDED.since_us, occurrence = EXCLUDED.occurrence, body = EXCLUDED.body`,
    [
      said.map(({ journal }) => journal),
      said.map(({ id }) => id),
      said.map(({ stamp }) => stamp),
      said.map(({ row }) => row.state),
      said.map(({ row }) => row.urgency),
      said.map(({ row }) => row.sinceUs),
      said.map(({ row }) => row.occurrence),
      said.map(({ row }) => row.body),
    ],
  );
}

async function putSources(client: PoolClient, merged: readonly Merged[]): Promise<void> {
  const said = merged.flatMap(({ journal, sources }) =>
    [...sources].flatMap(([id, { stamp, row }]) => (row ? [{ journal, id, stamp, row }] : [])),
  );
  if (said.length === 0) return;
  await client.query(
    `INSERT INTO site_sources (journal, id, stamp, said, troubled, body)
     SELECT w.journal, w.id, w.stamp, now(), w.troubled, w.body
     FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::boolean[], $5::jsonb[]) AS w (journal, id, stamp, troubled, body)
     ON CONFLICT (journal, id) DO UPDATE SET stamp = EXCLUDED.stamp, said = EXCLUDED.said,
       troubled = EXCLUDED.troubled, body = EXCLUDED.body`,
    [
      said.map(({ journal }) => journal),
      said.map(({ id }) => id),
      said.map(({ stamp }) => stamp),
      said.map(({ row }) => row.troubled),
      said.map(({ row }) => row.body),
    ],
  );
}

/** What is no more: as it was said, or because it was not said again since all was. */
async function forget(client: PoolClient, merged: readonly Merged[]): Promise<void> {
  for (const [table, of] of [
    ['alarm_states', ({ alarms }: Merged) => alarms],
    ['site_sources', ({ sources }: Merged) => sources],
  ] as const) {
    const gone = merged.flatMap((one) =>
      [...of(one)].flatMap(([id, { row }]) => (row ? [] : [{ journal: one.journal, id }])),
    );
    if (gone.length > 0)
      await client.query(
        `DELETE FROM ${table} t USING unnest($1::integer[], $2::text[]) AS w (journal, id)
         WHERE t.journal = w.journal AND t.id = w.id`,
        [gone.map(({ journal }) => journal), gone.map(({ id }) => id)],
      );
    const whole = merged.filter(({ since }) => since > 0n);
    if (whole.length > 0)
      await client.query(
        `DELETE FROM ${table} t USING unnest($1::integer[], $2::bigint[]) AS w (journal, since)
         WHERE t.journal = w.journal AND t.stamp < w.since`,
        [whole.map(({ journal }) => journal), whole.map(({ since }) => since)],
      );
  }
}

/** Tells in the record of the hub what `answered` holds: acknowledgements that have an answer now. */
const TELL_ANSWERED = `
  INSERT INTO hub_events (time, kind, name, subject, by, detail)
  SELECT now(), 'system', CASE WHEN a.fault IS NULL THEN 'alarm.acknowledge-done' ELSE 'alarm.acknowledge-refused' END,
    j.site, a.by, jsonb_build_object('alarm', a.alarm, 'request', a.id)
      || CASE WHEN a.fault IS NULL THEN '{}' ELSE jsonb_build_object('code', a.fault -> 'code', 'why', a.fault -> 'message') END
  FROM answered a JOIN journals j ON j.id = a.journal ORDER BY a.id`;

/** What sites did with what was asked of them. An answer that comes again changes nothing. */
export async function putAnswers(client: PoolClient, works: readonly AnswerWork[]): Promise<void> {
  await client.query(
    `WITH answered AS (
       UPDATE acknowledgements k SET state = CASE WHEN w.fault IS NULL THEN 'done' ELSE 'refused' END,
         answered = now(), fault = w.fault
       FROM unnest($1::integer[], $2::bigint[], $3::jsonb[]) AS w (journal, id, fault)
       WHERE k.id = w.id AND k.journal = w.journal AND k.state IN ('waiting', 'sent')
       RETURNING k.*
     ) ${TELL_ANSWERED}`,
    [
      works.map(({ journal }) => journal),
      works.map(({ id }) => id),
      works.map(({ fault }) => (fault ? JSON.stringify(fault) : null)),
    ],
  );
}

const REPLACED = {
  code: 'hub.box-replaced',
  message: 'another box has taken the place of the one that this was asked of, and began anew',
  hint: 'look at its alarms as they are now',
};

/** A site speaks with a journal that was never seen before: what was asked of an earlier one has no answer to come. */
export async function refuseAskedBefore(client: PoolClient, site: string, journal: number): Promise<void> {
  await client.query(
    `WITH answered AS (
       UPDATE acknowledgements k SET state = 'refused', answered = now(), fault = $3
       FROM journals j WHERE j.id = k.journal AND j.site = $1 AND j.id <> $2 AND k.state IN ('waiting', 'sent')
       RETURNING k.*
     ) ${TELL_ANSWERED}`,
    [site, journal, JSON.stringify(REPLACED)],
  );
}

/** All that waits for an answer of a journal, oldest first; from now on it counts as sent. */
export async function takeAsked(pool: Pool, journal: number): Promise<AskedAcknowledgement[]> {
  const { rows } = await pool.query<{
    readonly id: string;
    readonly alarm: string;
    readonly occurrence: string;
    readonly by: string;
    readonly comment: string | null;
  }>(
    `WITH open AS (
       SELECT id, alarm, occurrence, by, comment FROM acknowledgements
       WHERE journal = $1 AND state IN ('waiting', 'sent')
     ), told AS (
       UPDATE acknowledgements SET state = 'sent' WHERE id IN (SELECT id FROM open) AND state = 'waiting'
     )
     SELECT * FROM open ORDER BY id`,
    [journal],
  );
  return rows.map(({ id, alarm, occurrence, by, comment }) => ({
    id: Number(id),
    alarm,
    occurrence: Number(occurrence),
    by,
    ...(comment !== null && { comment }),
  }));
}
