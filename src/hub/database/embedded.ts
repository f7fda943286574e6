import { spawn } from 'node:child_process';
import { chownSync, existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#kernel/clock.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { syncFolderAside } from '#platform/files.ts';
import { type Account, accountFor, closedFolder } from './account.ts';
import { isPostgres, type Postmaster, postmasterOf } from './postmaster.ts';
import { copiedPrograms, linkLibraries, type Programs, packagedPrograms } from './programs.ts';

/** The one user and owner of our own cluster. Who reaches the socket's folder is let in: that is who may read the data. */
const CLUSTER_USER = 'holdfast';
/** A part of the name of the socket. */
const PORT = 5432;

/** Longest path of a socket on Linux, less its name (`.s.PGSQL.5432`). */
const LONGEST_DIR = 107 - 14;
const LOOK_MS = 1000;
const READY_LOOK_MS = 20;
/** Of recovering after a power cut, too; while the server lives it is waited for. */
const START_MS = 600_000;

/** What a server that was killed leaves behind: its helpers, which end once they notice. */
const LEFT_OVER = /shared memory block|lock file/;
const ORPHANS_MS = 30_000;
const ORPHANS_LOOK_MS = 300;

/** Folders of a cluster below that of the hub. */
const places = (hubDir: string) => {
  const base = join(hubDir, 'postgres');
  const at = (name: string) => join(base, name);
  return {
    base,
    data: at('data'),
    draft: at('data.new'),
    run: at('run'),
    lib: at('lib'),
    said: at('start.log'),
  };
};

/** How the cluster is reached, whether it runs or not; nothing of it comes from the environment. */
export const connectionTo = (hubDir: string) =>
  ({ host: places(hubDir).run, port: PORT, user: CLUSTER_USER, database: 'postgres', ssl: false }) as const;

export const isRunning = (hubDir: string): boolean => postmasterOf(places(hubDir).data)?.isReady === true;

export interface EmbeddedOptions {
  /** Folder of the hub. */
  readonly dir: string;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * The hub's own PostgreSQL: made where there is none, taken over where an earlier hub died and left it, and started
 * again when it dies. One process at a time may hold it for a folder: the caller sees to that.
 */
export class EmbeddedPostgres implements AsyncDisposable {
  readonly #options: EmbeddedOptions;
  readonly #programs: Programs;
  readonly #account: Account | undefined;
  readonly #ended = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  private constructor(options: EmbeddedOptions, programs: Programs, account: Account | undefined) {
    this.#options = options;
    this.#programs = programs;
    this.#account = account;
  }

  /** @throws Fault `hub.no-postgres`, `hub.no-account`, `hub.postgres` */
  static async start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const { base, data, run, lib } = places(options.dir);
    if (run.length > LONGEST_DIR) throw tooLong(run);
    const account = await accountFor(data);
    await makeFolders(options.dir, account);
    const packaged = await packagedPrograms();
    const isClosed = account && closedFolder(packaged.postgres, account) !== undefined;
    const programs = isClosed ? await copiedPrograms(base) : packaged;
    await linkLibraries(programs, lib);
    const postgres = new EmbeddedPostgres(options, programs, account);
    if (!existsSync(data)) await postgres.#makeCluster();
    await postgres.#run();
    postgres.#watching = postgres.#watch();
    return postgres;
  }

  /** Renamed into place: whoever finds a cluster finds a whole one. */
  async #makeCluster(): Promise<void> {
    const { base, data, draft } = places(this.#options.dir);
    await rm(draft, { recursive: true, force: true });
    const how = ['--username', CLUSTER_USER, '--auth', 'trust', '--encoding', 'UTF8', '--no-instructions'];
    // Of PostgreSQL itself: the order of letters of the system may change under an index.
    const letters = ['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'];
    const made = this.#spawn(this.#programs.initdb, ['--pgdata', draft, ...how, ...letters]);
    if ((await made.ended) !== 0) throw await this.#failed('the cluster was not made');
    await rename(draft, data);
    await syncFolderAside(base);
  }

  /** Starts it where it does not run, and waits until it takes connections. */
  async #run(): Promise<void> {
    const { data, run } = places(this.#options.dir);
    const { clock, log } = this.#options;
    const found = postmasterOf(data);
    if (found) log.warn({ pid: found.pid }, 'PostgreSQL of an earlier hub still runs; it is taken over');
    const spawned = () =>
      this.#spawn(this.#programs.postgres, ['-D', data, '-k', run, '-p', String(PORT), ...SETTINGS]);
    let child = found ? undefined : spawned();
    const untilUs = clock.steadyUs() + START_MS * 1000;
    const orphansUs = clock.steadyUs() + ORPHANS_MS * 1000;
    while (!postmasterOf(data)?.isReady) {
      const isGone = child ? child.hasEnded() : postmasterOf(data) === undefined;
      if (isGone) {
        await child?.ended; // throws where it could not even be started
        const fault = await this.#failed('PostgreSQL ended while it started');
        if (!LEFT_OVER.test(fault.message) || clock.steadyUs() > orphansUs) throw fault;
        await clock.sleep(ORPHANS_LOOK_MS, this.#ended.signal);
        child = spawned();
      }
      if (clock.steadyUs() > untilUs) throw await this.#failed('PostgreSQL is not ready after 10 minutes');
      await clock.sleep(READY_LOOK_MS, this.#ended.signal);
    }
  }

  /** Somebody may kill it, or the system when memory is short: then it is started again. */
  async #watch(): Promise<void> {
    const { clock, log, dir } = this.#options;
    while (!this.#ended.signal.aborted) {
      try {
        await clock.sleep(LOOK_MS, this.#ended.signal);
        if (postmasterOf(places(dir).data)) continue;
        log.error({}, 'PostgreSQL has ended without being told to; it is started again');
        await this.#run();
        log.info({}, 'PostgreSQL runs again');
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        const { message, hint } = Fault.from(error, 'hub.postgres', 'PostgreSQL');
        log.error({ hint }, message);
      }
    }
  }

  /** @param how `fast` ends the sessions of others, `smart` waits for them */
  async stop(how: 'fast' | 'smart'): Promise<void> {
    this.#ended.abort();
    await this.#watching;
    const found = postmasterOf(places(this.#options.dir).data);
    if (!found) return;
    process.kill(found.pid, how === 'fast' ? 'SIGINT' : 'SIGTERM');
    await this.#gone(found);
  }

  async #gone({ pid }: Postmaster): Promise<void> {
    while (isPostgres(pid)) await this.#options.clock.sleep(READY_LOOK_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('fast');
  }

  /** In a session of its own: a Ctrl-C on the terminal is for the hub, which stops it when nobody needs it any more. */
  #spawn(program: string, args: readonly string[]) {
    const { base, lib, said } = places(this.#options.dir);
    const { LD_LIBRARY_PATH: given, ...environment } = process.env;
    const libraries = [lib, this.#programs.lib, ...(given ? [given] : [])];
    const outputs = open(said, 'w', 0o600);
    let isOver = false;
    const ended = outputs.then((file) =>
      new Promise<number | null>((resolve, reject) => {
        give(said, this.#account);
        const child = spawn(program, args, {
          cwd: base,
          env: { ...environment, LC_ALL: 'C', LD_LIBRARY_PATH: libraries.join(':') },
          stdio: ['ignore', file.fd, file.fd],
          detached: true,
          ...this.#account,
        });
        child.once('spawn', () => void file.close());
        child.once('error', (error) => {
          void file.close();
          reject(Fault.from(error, 'hub.postgres', program));
        });
        child.once('exit', (status) => resolve(status));
        // A server outlives a hub that fails while it starts; the next one takes it over.
        if (program === this.#programs.postgres) child.unref();
      }).finally(() => {
        isOver = true;
      }),
    );
    // Whoever waits for it hears of it; of the server nobody does, its end shows in its file.
    ended.catch(() => {});
    return { ended, hasEnded: () => isOver };
  }

  async #failed(what: string): Promise<Fault> {
    const { said, data } = places(this.#options.dir);
    const text = await readFile(said, 'utf8').catch((error) => messageOf(error));
    return new Fault('hub.postgres', `${what}: ${text.trim().slice(-2000) || 'it said nothing'}`, {
      hint: `its data is in ${data}; is the disk full, or does it belong to another version of PostgreSQL?`,
    });
  }
}

/** @throws Fault `hub.postgres` where its user may not come to them */
async function makeFolders(dir: string, account: Account | undefined): Promise<void> {
  const { base, data, run, lib } = places(dir);
  for (const folder of [base, run, lib]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    give(folder, account);
  }
  const closed = account && closedFolder(data, account);
  if (closed === undefined) return;
  throw new Fault('hub.postgres', `PostgreSQL does not run as root, and its user may not enter ${closed}`, {
    retry: 'never',
    hint: `run the hub as a user of its own, or let others pass: chmod o+x ${closed}`,
  });
}

function give(path: string, account: Account | undefined): void {
  if (account) chownSync(path, account.uid, account.gid);
}

/** No network, its own log with a file for each day of the week, everything else as PostgreSQL has it: fsync is on. */
const SETTINGS = [
  ...['listen_addresses=', 'unix_socket_permissions=0700', 'max_connections=100'],
  ...['logging_collector=on', 'log_directory=../log', 'log_filename=postgres-%u.log'],
  ...['log_rotation_age=1d', 'log_rotation_size=0', 'log_truncate_on_rotation=on', 'log_file_mode=0600'],
].flatMap((setting) => ['-c', setting]);

const tooLong = (path: string): Fault =>
  new Fault(
    'hub.postgres',
    `${path} is too long for a socket: ${path.length} characters, ${LONGEST_DIR} at most`,
    {
      retry: 'never',
      hint: 'name with --data a folder with a shorter path',
    },
  );
