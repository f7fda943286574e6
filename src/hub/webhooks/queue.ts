import type { Pool, PoolClient } from 'pg';
import { labelsFit } from '#contract/fleet/labels.ts';
import type { Json } from '#kernel/event.ts';
import type { Labels } from '../database/tables.ts';
import { inTransaction } from '../database/transaction.ts';
import { cloudEvent, type ToldEvent, typeOf } from './cloud-event.ts';

/** Of one transaction. */
const EVENTS = 500;

interface HookRow {
  readonly name: string;
  readonly kinds: string[] | null;
  readonly names: string[] | null;
  readonly sites: string | null;
}

interface EventRow {
  readonly journal: string | null;
  readonly seq: string;
  readonly site: string | null;
  readonly labels: Labels | null;
  readonly time_us: string;
  readonly kind: string;
  readonly name: string;
  readonly subject: string;
  readonly by: string | null;
  readonly detail: { readonly [key: string]: Json } | null;
  readonly hub: string;
}

/** Gives what has happened to those who asked for it: in one transaction, so that nothing is missed or told twice. @returns whether there may be more */
export async function distribute(pool: Pool): Promise<boolean> {
  return await inTransaction(pool, async (client) => {
    const { rows: taken } = await client.query<{ journal: number | null; seq: string }>(
      `DELETE FROM webhook_outbox WHERE id IN (
         SELECT id FROM webhook_outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
       ) RETURNING journal, seq`,
      [EVENTS],
    );
    if (taken.length > 0) await putDeliveries(client, taken);
    return taken.length === EVENTS;
  });
}

async function putDeliveries(
  client: PoolClient,
  taken: readonly { readonly journal: number | null; readonly seq: string }[],
): Promise<void> {
  const { rows: hooks } = await client.query<HookRow>('SELECT name, kinds, names, sites FROM webhooks');
  const { rows: events } = await client.query<EventRow>(
    `SELECT e.*, h.id AS hub FROM (
       SELECT j.uuid AS journal, e.seq, j.site, s.labels, e.time_us, e.kind, e.name, e.subject, e.by, e.detail
       FROM unnest($1::integer[], $2::bigint[]) AS t (journal, seq) JOIN site_events e USING (journal, seq)
         JOIN journals j ON j.id = e.journal JOIN sites s ON s.id = j.site
       UNION ALL
       SELECT NULL, e.id, s.id, s.labels, (extract(epoch FROM e.time) * 1000000)::bigint, e.kind, e.name, e.subject, e.by, e.detail
       FROM unnest($3::bigint[]) AS t (seq) JOIN hub_events e ON e.id = t.seq LEFT JOIN sites s ON s.id = e.subject
     ) e CROSS JOIN hub h ORDER BY e.time_us, e.seq`,
    [...ofSites(taken), taken.filter(({ journal }) => journal === null).map(({ seq }) => seq)],
  );
  const rows = events.flatMap((event) => {
    const fitting = hooks.filter((hook) => fits(hook, event));
    if (fitting.length === 0) return [];
    const told = toldEvent(event);
    const body = cloudEvent(told);
    return fitting.map(({ name }) => ({ hook: name, event: told.id, type: typeOf(event.name), body }));
  });
  await client.query(
    `INSERT INTO webhook_deliveries (hook, event, type, body)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
    [
      rows.map(({ hook }) => hook),
      rows.map(({ event }) => event),
      rows.map(({ type }) => type),
      rows.map(({ body }) => body),
    ],
  );
}

function ofSites(taken: readonly { readonly journal: number | null; readonly seq: string }[]) {
  const found = taken.filter(({ journal }) => journal !== null);
  return [found.map(({ journal }) => journal), found.map(({ seq }) => seq)];
}

function fits({ kinds, names, sites }: HookRow, { kind, name, labels }: EventRow): boolean {
  if (kinds && !kinds.includes(kind)) return false;
  if (names && !names.some((begin) => name.startsWith(begin))) return false;
  return sites === null || (labels !== null && labelsFit(sites, labels));
}

const toldEvent = ({
  journal,
  seq,
  site,
  time_us,
  kind,
  name,
  subject,
  by,
  detail,
  hub,
}: EventRow): ToldEvent => ({
  ...{ id: journal === null ? `hub-${seq}` : `${journal}-${seq}`, hub, kind, name, subject },
  ...{ site: site ?? undefined, by: by ?? undefined, timeUs: Number(time_us), detail: detail ?? {} },
});

/** One that is to be posted now. */
export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  /** This one included. */
  readonly attempts: number;
}

export interface DueHook {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
  readonly failures: number;
}

/** Hooks for which something is due. */
export async function dueHooks(pool: Pool): Promise<DueHook[]> {
  const { rows } = await pool.query<DueHook>(
    `SELECT name, url, secret, failures FROM webhooks w WHERE paused IS NULL AND not_before <= now()
       AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.hook = w.name AND d.dead IS NULL AND d.due <= now())`,
  );
  return rows;
}

/** Takes some for a while, after which they are due again: whoever took them may be dead by then. */
export async function take(pool: Pool, hook: string, most: number, forMs: number): Promise<Delivery[]> {
  const { rows } = await pool.query<Delivery>(
    `UPDATE webhook_deliveries SET due = now() + make_interval(secs => $3::float8), attempts = attempts + 1
     WHERE id IN (
       SELECT id FROM webhook_deliveries WHERE hook = $1 AND dead IS NULL AND due <= now()
       ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING id, event, body, attempts`,
    [hook, most, forMs / 1000],
  );
  return rows.toSorted((a, b) => Number(a.id) - Number(b.id));
}

export async function putTaken(pool: Pool, hook: string, id: string): Promise<void> {
  await pool.query(
    `WITH gone AS (DELETE FROM webhook_deliveries WHERE id = $2)
     UPDATE webhooks SET delivered = delivered + 1, last_ok = now(), failures = 0, not_before = now() WHERE name = $1`,
    [hook, id],
  );
}

export interface Failure {
  readonly error: string;
  /** Until the next attempt; undefined: there is none. */
  readonly againMs: number | undefined;
  /** Until anything else is tried there. */
  readonly restMs: number;
  /** Nothing is to go there any more. */
  readonly isGone: boolean;
}

/** @returns whether it is the first of its hook that nobody took, since somebody asked for those again */
export async function putFailed(pool: Pool, hook: string, id: string, failure: Failure): Promise<boolean> {
  const { error, againMs, restMs, isGone } = failure;
  await pool.query(
    `UPDATE webhooks SET failures = failures + ($2::float8 > 0)::int, not_before = now() + make_interval(secs => $2::float8),
       paused = CASE WHEN $3 THEN now() ELSE paused END WHERE name = $1`,
    [hook, restMs / 1000, isGone],
  );
  await pool.query(
    `UPDATE webhook_deliveries SET error = $2, due = now() + make_interval(secs => coalesce($3::float8, 0)),
       dead = CASE WHEN $3::float8 IS NULL THEN now() END WHERE id = $1`,
    [id, error.slice(0, 1000), againMs === undefined ? null : againMs / 1000],
  );
  if (againMs !== undefined) return false;
  const { rowCount } = await pool.query(
    'UPDATE webhooks SET dead_told = now() WHERE name = $1 AND dead_told IS NULL',
    [hook],
  );
  return rowCount === 1;
}

/** What is more than may wait for a receiver, or be dead of it: the oldest go, and are counted. */
export async function bound(
  pool: Pool,
  most: number,
): Promise<readonly { readonly hook: string; readonly events: number }[]> {
  const { rows } = await pool.query<{ hook: string; events: number }>(
    `WITH old AS (
       SELECT id FROM (
         SELECT id, row_number() OVER (PARTITION BY hook, dead IS NULL ORDER BY id DESC) AS n FROM webhook_deliveries
       ) d WHERE n > $1
     ), gone AS (DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM old) RETURNING hook),
       counted AS (SELECT hook, count(*)::int AS events FROM gone GROUP BY hook)
     UPDATE webhooks w SET dropped = w.dropped + c.events FROM counted c WHERE w.name = c.hook RETURNING c.hook, c.events`,
    [most],
  );
  return rows;
}

/** What nobody has taken, nor asked for again, for so long. */
export async function forget(pool: Pool, days: number): Promise<void> {
  await pool.query('DELETE FROM webhook_deliveries WHERE dead < now() - make_interval(days => $1)', [days]);
}
