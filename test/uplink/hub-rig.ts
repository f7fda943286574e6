import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import type { Pool } from 'pg';
import { migrate } from '#hub/database/migrate.ts';
import { MIGRATIONS } from '#hub/database/migrations.ts';
import { openPool } from '#hub/database/pool.ts';
import type { Report } from '#hub/uplink/api.ts';
import { SiteUplinks } from '#hub/uplink/server.ts';
import { systemClock } from '#kernel/clock.ts';
import { Postgres } from '#test/postgres.ts';
import type { Scope } from '#test/scope.ts';
import { FRAME_BYTES, FrameReader } from '#uplink/frames.ts';
import { type FromHub, type FromSite, frameOf, readFromHub, VERSION } from '#uplink/messages.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A real PostgreSQL with the hub's tables and some sites. */
export async function database(
  t: Scope,
  sites: readonly string[],
): Promise<{ postgres: Postgres; pool: Pool }> {
  const postgres = await Postgres.start();
  t.after(() => postgres[Symbol.asyncDispose]());
  const pool = openPool(postgres.connection, quiet);
  t.after(() => pool.end());
  await migrate(pool, MIGRATIONS);
  await pool.query('INSERT INTO sites (id, joined) SELECT s, now() FROM unnest($1::text[]) s', [sites]);
  return { postgres, pool };
}

/** The hub's end in this process, and what it reports. */
export function uplinkServer(
  t: Scope,
  pool: Pool,
): { readonly server: SiteUplinks; readonly reports: Report[] } {
  const reports: Report[] = [];
  const report = (one: Report) => reports.push(one);
  const server = new SiteUplinks({ pool, clock: systemClock(), log: quiet, report });
  t.after(() => server[Symbol.asyncDispose]());
  return { server, reports };
}

export function scratch(t: Scope): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-uplink-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A site that says just what the test wants it to. */
export class SiteByHand {
  readonly heard: FromHub[] = [];
  ended = false;
  readonly stream: Duplex;

  constructor(server: SiteUplinks, site: string) {
    const [here, there] = duplexPair();
    this.stream = here;
    const reader = new FrameReader((type, body) => this.heard.push(readFromHub(type, body)), FRAME_BYTES);
    here.on('data', (chunk: Uint8Array) => reader.push(chunk));
    here.on('error', () => {});
    here.on('end', () => {
      this.ended = true;
    });
    server.accept(there, Buffer.alloc(0), { site, serial: '1', instance: '1' });
  }

  say(message: FromSite): void {
    this.stream.write(frameOf(message));
  }

  hello(site: string, journal: string, epoch = 1): void {
    this.say({ kind: 'hello', version: VERSION, site, journal, epoch, software: 'test' });
  }

  /** The last of a kind that was heard. */
  last<K extends FromHub['kind']>(kind: K): (FromHub & { readonly kind: K }) | undefined {
    return this.heard.findLast((message): message is FromHub & { readonly kind: K } => message.kind === kind);
  }
}
