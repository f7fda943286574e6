import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { Fault } from '#kernel/fault.ts';
import { cloudEvent, secretText, typeOf } from './cloud-event.ts';

/** What is told to a receiver, and where it is. */
export interface Webhook {
  readonly name: string;
  readonly url: string;
  /** Kinds of events; all when absent. */
  readonly kinds?: readonly string[] | undefined;
  /** Begins of names; all when absent. */
  readonly names?: readonly string[] | undefined;
  /** Label expression of sites; all, and the hub itself, when absent. */
  readonly sites?: string | undefined;
}

export interface KeptWebhook extends Webhook {
  readonly by: string;
  readonly made: Date;
  readonly delivered: number;
  readonly waiting: number;
  readonly dead: number;
  /** Gone because too many waited. */
  readonly dropped: number;
  readonly lastOk: Date | undefined;
  /** Its receiver said that it is gone for good. */
  readonly paused: Date | undefined;
  /** Why the oldest that waits has not been taken, or the last that died. */
  readonly error: string | undefined;
}

export interface DeadDelivery {
  readonly event: string;
  readonly type: string;
  readonly attempts: number;
  readonly error: string;
  readonly made: Date;
  readonly dead: Date;
}

/** Events that wait for receivers, and those that nobody took, as people see them. */
export class Webhooks {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(): Promise<KeptWebhook[]> {
    const { rows } = await this.#pool.query(
      `SELECT w.*, d.waiting, d.dead, d.error FROM webhooks w CROSS JOIN LATERAL (
         SELECT count(*) FILTER (WHERE dead IS NULL)::int AS waiting, count(dead)::int AS dead,
           (array_agg(error ORDER BY dead DESC NULLS FIRST, id) FILTER (WHERE error IS NOT NULL))[1] AS error
         FROM webhook_deliveries WHERE hook = w.name
       ) d ORDER BY w.name`,
    );
    return rows.map((row) => ({
      ...{ name: row.name, url: row.url, by: row.by, made: row.made },
      ...{ kinds: row.kinds ?? undefined, names: row.names ?? undefined, sites: row.sites ?? undefined },
      ...{
        delivered: Number(row.delivered),
        waiting: row.waiting,
        dead: row.dead,
        dropped: Number(row.dropped),
      },
      ...{ lastOk: row.last_ok ?? undefined, paused: row.paused ?? undefined, error: row.error ?? undefined },
    }));
  }

  /** @returns the secret that its requests are signed with @throws Fault `webhook.exists`, `webhook.url` */
  async add({ name, url, kinds, names, sites }: Webhook, by: string): Promise<string> {
    mustBeUrl(url);
    const secret = secretText(randomBytes(32));
    const { rowCount } = await this.#pool.query(
      `WITH added AS (
         INSERT INTO webhooks (name, url, kinds, names, sites, secret, by) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT DO NOTHING RETURNING name, url
       ) INSERT INTO hub_events (time, kind, name, subject, by, detail)
       SELECT now(), 'security', 'security.webhook-added', name, $7, jsonb_build_object('url', url) FROM added`,
      [name, url, kinds ?? null, names ?? null, sites ?? null, secret, by],
    );
    if (rowCount === 1) return secret;
    throw new Fault('webhook.exists', `there is a webhook ${name} already`, {
      retry: 'never',
      hint: 'choose another name, or remove it first',
    });
  }

  /** What waits for it goes, too. @throws Fault `webhook.unknown` */
  async remove(name: string, by: string): Promise<void> {
    const { rowCount } = await this.#pool.query(
      `WITH gone AS (DELETE FROM webhooks WHERE name = $1 RETURNING name)
       INSERT INTO hub_events (time, kind, name, subject, by) SELECT now(), 'security', 'security.webhook-removed', name, $2 FROM gone`,
      [name, by],
    );
    if (rowCount === 0) throw unknown(name);
  }

  /** What nobody took, the newest first. @throws Fault `webhook.unknown` */
  async dead(name: string, most: number): Promise<DeadDelivery[]> {
    await this.#mustBe(name);
    const { rows } = await this.#pool.query<DeadDelivery>(
      `SELECT event, type, attempts, error, made, dead FROM webhook_deliveries
       WHERE hook = $1 AND dead IS NOT NULL ORDER BY dead DESC, id DESC LIMIT $2`,
      [name, most],
    );
    return rows;
  }

  /** All that nobody took is tried anew, from now on. @returns how many @throws Fault `webhook.unknown` */
  async retry(name: string): Promise<number> {
    await this.#mustBe(name);
    await this.#pool.query(
      'UPDATE webhooks SET paused = NULL, dead_told = NULL, failures = 0, not_before = now() WHERE name = $1',
      [name],
    );
    const { rowCount } = await this.#pool.query(
      'UPDATE webhook_deliveries SET dead = NULL, attempts = 0, due = now() WHERE hook = $1 AND dead IS NOT NULL',
      [name],
    );
    return rowCount ?? 0;
  }

  /** Something to try a receiver with. @throws Fault `webhook.unknown` */
  async test(name: string, by: string): Promise<void> {
    await this.#mustBe(name);
    const { rows } = await this.#pool.query<{ hub: string; id: string; us: string }>(
      'SELECT id AS hub, gen_random_uuid() AS id, (extract(epoch FROM now()) * 1000000)::bigint AS us FROM hub',
    );
    const { hub = '', id = '', us = '0' } = rows[0] ?? {};
    const body = cloudEvent({
      ...{ id, hub, site: undefined, timeUs: Number(us), kind: 'system', name: 'webhook.test' },
      ...{ subject: name, by, detail: { text: 'Nothing has happened: somebody tries this webhook.' } },
    });
    await this.#pool.query(
      'INSERT INTO webhook_deliveries (hook, event, type, body) VALUES ($1, $2, $3, $4)',
      [name, id, typeOf('webhook.test'), body],
    );
  }

  async #mustBe(name: string): Promise<void> {
    const { rowCount } = await this.#pool.query('SELECT FROM webhooks WHERE name = $1', [name]);
    if (rowCount === 0) throw unknown(name);
  }
}

function mustBeUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && url.username === '' && url.password === '';
  if (isPlain && (url.protocol === 'https:' || url.protocol === 'http:')) return;
  throw new Fault('webhook.url', `${text} is no address of a receiver`, {
    retry: 'never',
    hint: 'https://host/path, without user and password: requests are signed',
  });
}

const unknown = (name: string): Fault =>
  new Fault('webhook.unknown', `there is no webhook ${name}`, {
    retry: 'never',
    hint: '`holdfast hub webhooks list` lists them',
  });
