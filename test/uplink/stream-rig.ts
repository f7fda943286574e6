import type { TestContext } from 'node:test';
import type { Pool } from 'pg';
import type { NatsSettings } from '#contract/hub-file.ts';
import { StreamPasser } from '#hub/jetstream/passer.ts';
import { beginPassing } from '#hub/telemetry/passing.ts';
import { blockOfRows } from '#journal/carry.ts';
import { systemClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import { series } from '../crash/journal-fixture.ts';
import { Nats } from '../interop/nats.ts';
import { until } from '../until.ts';
import { database } from './hub-rig.ts';

export const LONG_MS = 60_000;
/** Everything is sorted without waiting for more. */
export const AT_ONCE = { rows: 1, waitS: 0 };

/** What sites sent, as the hub stores it. */
export class Inbox {
  readonly pool: Pool;
  readonly #at = new Map<number, number>();

  constructor(pool: Pool) {
    this.pool = pool;
  }

  /** A hub that was restored: its site goes on there. */
  goesBack(journal: number, upTo: number): void {
    this.#at.set(journal, upTo);
  }

  async comes(journal: number, values: readonly number[]): Promise<void> {
    const upTo = (this.#at.get(journal) ?? 0) + values.length;
    this.#at.set(journal, upTo);
    const batch = series(values);
    // A sample has its time, in whatever block it comes.
    values.forEach((value, i) => {
      batch.timeUs[i] = value * 1e6;
    });
    const body = Buffer.from(blockOfRows(upTo, batch));
    await this.pool.query(
      `WITH moved AS (
         INSERT INTO lane_positions (journal, lane, position) VALUES ($1, 2, $2)
         ON CONFLICT (journal, lane) DO UPDATE SET position = EXCLUDED.position
       ) INSERT INTO telemetry_inbox (journal, upto, rows, from_us, to_us, body) VALUES ($1, $2, $3, 0, 1, $4)`,
      [journal, upTo, values.length, body],
    );
  }
}

/** What the database has of a journal, as a backup keeps it. */
export class Backup {
  readonly #pool: Pool;
  readonly #tables: Record<string, readonly object[]> = {};

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async of(pool: Pool): Promise<Backup> {
    const backup = new Backup(pool);
    for (const table of KEPT) backup.#tables[table] = (await pool.query(`SELECT * FROM ${table}`)).rows;
    return backup;
  }

  async restore(): Promise<void> {
    await this.#pool.query(`TRUNCATE ${KEPT.join(', ')}`);
    for (const table of KEPT)
      for (const row of this.#tables[table] ?? []) {
        const marks = Object.keys(row).map((_, n) => `$${n + 1}`);
        const names = Object.keys(row).map((name) => `"${name}"`);
        await this.#pool.query(`INSERT INTO ${table} (${names}) VALUES (${marks})`, Object.values(row));
      }
  }
}

const KEPT = ['lane_positions', 'telemetry_inbox', 'telemetry_outbox', 'stream_positions'];

/** A hub's database with two sites, and a real stream beside it. */
export async function rig(t: TestContext) {
  const { pool } = await database(t, ['north', 'south']);
  await pool.query(
    "INSERT INTO journals (site, uuid, epoch, software) SELECT s, gen_random_uuid(), 1, '' FROM unnest('{north,south}'::text[]) s ORDER BY s",
  );
  const nats = await Nats.start(t);
  const said: string[] = [];
  const lost: object[] = [];
  const log: Log = {
    debug() {},
    info() {},
    error() {},
    warn: (detail) => void said.push(JSON.stringify(detail)),
  };
  const wentBack = (site: string, detail: object) => void lost.push({ site, ...detail });
  const pass = async (settings: NatsSettings = nats.settings): Promise<StreamPasser> => {
    await beginPassing(pool, settings.keep, settings.waitingBytes);
    const passer = new StreamPasser(settings, { pool, clock: systemClock(), log, wentBack });
    t.after(() => passer[Symbol.asyncDispose]());
    return passer;
  };
  const passed = async () => {
    const { rows } = await pool.query('SELECT coalesce(sum(count), 0)::int AS n FROM stream_positions');
    return rows[0].n as number;
  };
  const has = (n: number) => until(`${n} samples are passed on`, async () => (await passed()) === n, LONG_MS);
  const values = async (site = 'north') =>
    (await nats.samples()).filter((one) => one.site === site).map(({ value }) => value);
  return { pool, nats, said, lost, inbox: new Inbox(pool), pass, has, values };
}

export const count = async (pool: Pool, table: string): Promise<number> =>
  (await pool.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;
