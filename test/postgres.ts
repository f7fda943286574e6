import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAMS = '/usr/lib/postgresql/*/bin/initdb';
const START_MS = 60_000;

/** A PostgreSQL of Debian with its default settings, in a folder that goes with it; reached by a socket in there. */
export class Postgres implements AsyncDisposable {
  readonly #bin: string;
  readonly #dir: string;
  #child: ChildProcess;

  /** @throws where it is not installed, or does not start */
  static async start(): Promise<Postgres> {
    const bin = installed();
    const dir = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'));
    const as = unprivileged();
    try {
      if (as) chownSync(dir, as.uid, as.gid);
      const data = join(dir, 'data');
      const made = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C'];
      await promisify(execFile)(join(bin, 'initdb'), made, { ...as, cwd: dir });
      const postgres = new Postgres(bin, dir, server(bin, dir));
      await postgres.#ready();
      return postgres;
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(bin: string, dir: string, child: ChildProcess) {
    this.#bin = bin;
    this.#dir = dir;
    this.#child = child;
  }

  /** For clients of `pg`. */
  get connection(): { readonly host: string; readonly user: string; readonly database: string } {
    return { host: this.#dir, user: USER, database: 'postgres' };
  }

  /** All of it is killed, as by a power cut, and started again. */
  async crash(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGQUIT'); // immediate shutdown: no checkpoint, recovery at the start
    await gone;
    this.#child = server(this.#bin, this.#dir);
    await this.#ready();
  }

  /** Runs commands of psql. @returns what it prints, without heads */
  async run(...commands: readonly string[]): Promise<string> {
    const args = [
      '-h',
      this.#dir,
      '-U',
      USER,
      '-d',
      'postgres',
      '-X',
      '-q',
      '-A',
      '-t',
      '-v',
      'ON_ERROR_STOP=1',
    ];
    const { stdout } = await promisify(execFile)(
      join(this.#bin, 'psql'),
      [...args, ...commands.flatMap((command) => ['-c', command])],
      { maxBuffer: 2 ** 26 },
    );
    return stdout;
  }

  /** Time of each run of a query in one session, its answer sent over, ms. */
  async timed(query: string, times: number): Promise<number[]> {
    const said = await this.run(
      '\\timing on',
      '\\o /dev/null',
      ...Array.from({ length: times }, () => query),
    );
    return [...said.matchAll(/^Time: ([\d.]+) ms/gm)].map(([, ms]) => Number(ms));
  }

  async #ready(): Promise<void> {
    const untilMs = performance.now() + START_MS;
    for (;;) {
      try {
        await this.run('SELECT 1');
        return;
      } catch (error) {
        if (this.#child.exitCode !== null || performance.now() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGINT'); // fast shutdown
      await gone;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

const USER = 'holdfast';

function server(bin: string, dir: string): ChildProcess {
  const options = ['-D', join(dir, 'data'), '-k', dir, '-c', 'listen_addresses='];
  return spawn(join(bin, 'postgres'), options, { ...unprivileged(), cwd: dir, stdio: 'ignore' });
}

function installed(): string {
  const found = globSync(PROGRAMS).sort().at(-1);
  if (found === undefined)
    throw new Error('PostgreSQL is not installed (Debian: apt-get install postgresql)');
  return dirname(found);
}

/** It refuses to run as root: then it runs as the user that its package makes. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  if (uid === undefined) throw new Error('there is no user postgres to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}
