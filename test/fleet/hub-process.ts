import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hubFlags } from '#cli/install/settings.ts';
import { until } from '#test/until.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('#cli/main.ts'));

/** Of its log, characters. */
const SAID = 50_000;
/** Recovering after a crash included. */
const START_MS = 300_000;

/** A folder that PostgreSQL's user may come to. */
export function hubFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-fleet-'));
  chmodSync(dir, 0o711);
  return dir;
}

export interface HubLaunch {
  /** Its folder; a new one, which goes with it, when absent. */
  readonly dir?: string;
  /** Put before the program: `ip netns exec …`. */
  readonly wrap?: readonly string[];
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port?: number;
}

/** `holdfast hub` with its own PostgreSQL, in a process of its own. */
export class HubProcess implements AsyncDisposable {
  readonly dir: string;
  #url = '';
  #said = '';
  readonly #child: ChildProcess;
  readonly #isOwnDir: boolean;

  /** Returns once it runs. @throws what it said where it ends before */
  static async start({ dir, wrap = [], host = '127.0.0.1', port = 0 }: HubLaunch = {}): Promise<HubProcess> {
    const data = dir ?? hubFolder();
    const command = [PROGRAM, 'hub', '--data', data, '--host', host, '--port', `${port}`];
    const [program = '', ...args] = [...wrap, process.execPath, ...hubFlags, ...command];
    const env = { ...process.env, DATABASE_URL: '' };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const hub = new HubProcess(data, child, dir === undefined);
    await until('the hub runs', () => hub.#port !== undefined || hub.hasEnded, START_MS);
    if (hub.hasEnded) throw new Error(`the hub ended: ${hub.said}`);
    hub.#url = `https://${host}:${hub.#port}`;
    return hub;
  }

  private constructor(dir: string, child: ChildProcess, isOwnDir: boolean) {
    this.dir = dir;
    this.#child = child;
    this.#isOwnDir = isOwnDir;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID);
    });
  }

  get url(): string {
    return this.#url;
  }

  /** What it logged last. */
  get said(): string {
    return this.#said;
  }

  get #port(): string | undefined {
    return /"port":(\d+).*"hub runs"/.exec(this.#said)?.[1];
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get databaseUrl(): string {
    return databaseUrl(this.dir);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its PostgreSQL lives on. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGTERM');
    if (this.#isOwnDir) rmSync(this.dir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }
}

/** Of a hub's own PostgreSQL, by its socket. */
export const databaseUrl = (dir: string): string =>
  `postgresql://holdfast@localhost/postgres?host=${encodeURIComponent(join(dir, 'postgres/run'))}`;

/** Process of a hub's own PostgreSQL; undefined where it does not run. */
export function postmasterPid(dir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
