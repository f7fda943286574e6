import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import type { ClientConfig, Pool } from 'pg';
import { Backoff } from '#kernel/backoff.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { takeLock } from '#platform/sqlite.ts';
import { connectionTo, EmbeddedPostgres, isRunning } from './embedded.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { openPool } from './pool.ts';
import type { Tables } from './tables.ts';

export interface DatabaseOptions {
  /** Folder of the hub. Its own PostgreSQL is below it. */
  readonly dir: string;
  /** Connection string of a PostgreSQL that others look after; the hub's own when absent. */
  readonly url?: string | undefined;
  readonly log: Log;
  readonly clock: Clock;
  /** A hub stays and has its PostgreSQL for itself; a command comes beside it, or starts PostgreSQL for a moment. */
  readonly as: 'hub' | 'command';
}

export interface Database extends AsyncDisposable {
  /** For what is hot; everything else asks through `queries`. */
  readonly pool: Pool;
  readonly queries: Kysely<Tables>;
  /** How to connect beside the pool, for connections that listen. */
  readonly connection: ClientConfig;
}

const CONNECT_MS = 10_000;
/** A command that has the folder ends soon; another hub does not. */
const LOCK_MS = 8_000;
const LOOK_MS = 100;
/** PostgreSQL and hub may be started together, in any order. */
const REACH_MS = 60_000;

/**
 * The hub's database with its tables up to date.
 * @throws Fault `hub.running`, `hub.database`, `hub.database-newer`, `hub.migration`, and those of {@link EmbeddedPostgres}
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, log, clock } = options;
  await using stack = new AsyncDisposableStack();
  await makeFolder(options.dir);
  if (url === undefined) await ownPostgres(options, stack);
  const connection: ClientConfig = {
    ...(url === undefined ? connectionTo(options.dir) : { connectionString: url }),
    application_name: `holdfast ${options.as}`,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  };
  const pool = openPool(connection, log);
  stack.defer(() => pool.end());
  await reach(pool, url, clock);
  const done = await migrate(pool, MIGRATIONS);
  if (done.length > 0) log.info({ steps: done }, 'the tables are up to date');
  const queries = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const owned = stack.move();
  return { pool, queries, connection, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function makeFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o711 }).catch((error) => {
    throw new Fault('hub.folder', `cannot keep data in ${dir}: ${messageOf(error)}`, {
      retry: 'never',
      hint: 'name with --data a folder that the user who runs the hub may write',
      cause: error,
    });
  });
}

async function ownPostgres(
  { dir, log, clock, as }: DatabaseOptions,
  stack: AsyncDisposableStack,
): Promise<void> {
  const untilUs = clock.steadyUs() + LOCK_MS * 1000;
  for (;;) {
    const free = takeLock(join(dir, 'lock'));
    if (free) {
      stack.defer(free);
      const postgres = await EmbeddedPostgres.start({ dir, log, clock });
      stack.defer(() => postgres.stop(as === 'hub' ? 'fast' : 'smart'));
      return;
    }
    if (as === 'command' && isRunning(dir)) return;
    if (clock.steadyUs() > untilUs) {
      throw new Fault('hub.running', `another hub runs on ${dir}`, {
        retry: 'never',
        hint: 'one process has a folder; several share a database that DATABASE_URL names, each with a folder of its own',
      });
    }
    await clock.sleep(LOOK_MS);
  }
}

/** SQLSTATE of what waiting does not mend: wrong password, unknown user or database. */
const LASTING: ReadonlySet<string> = new Set(['28P01', '28000', '3D000', '42501']);

async function reach(pool: Pool, url: string | undefined, clock: Clock): Promise<void> {
  const untilUs = clock.steadyUs() + REACH_MS * 1000;
  const backoff = new Backoff();
  for (;;) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (error) {
      const { code } = error as { readonly code?: string };
      const isLasting = code !== undefined && LASTING.has(code);
      const pauseMs = backoff.nextMs();
      if (isLasting || clock.steadyUs() + pauseMs * 1000 > untilUs) throw unreachable(url, error, isLasting);
      await clock.sleep(pauseMs);
    }
  }
}

function unreachable(url: string | undefined, error: unknown, isLasting: boolean): Fault {
  return new Fault('hub.database', `the database ${nameOf(url)} lets nobody in: ${messageOf(error)}`, {
    ...(isLasting && { retry: 'never' as const }),
    hint:
      url === undefined
        ? 'look into its log, in postgres/log of the folder'
        : 'Does it run? Is DATABASE_URL right?',
    cause: error,
  });
}

/** Without the password. */
function nameOf(url: string | undefined): string {
  if (url === undefined) return 'of the hub';
  if (!URL.canParse(url)) return 'of DATABASE_URL';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}
