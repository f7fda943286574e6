import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiAddress, EventView, SiteStatus, TagValue } from '#contract/api.ts';
import { until } from '../until.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** Compiled code of earlier starts: the programs start dozens of times, which halves what that costs. */
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/compiled');
/** Every process below carries it, so that none can hide: names and parents change, the environment stays. */
const MARK = 'HOLDFAST_E2E';

export interface Ended {
  /** null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under test while it runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Ended>;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface StartOptions {
  /** Command and arguments that start ours, such as `unshare -n`. */
  readonly under?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Further arguments of `holdfast edge`. */
  readonly more?: readonly string[];
}

/** A folder and an environment of their own; at the end of its scope no process of it is left. */
export class Sandbox implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
  readonly #mark = randomUUID();
  /** Put before every command, such as `nsenter`. */
  under: readonly string[] = [];

  /** Where the demo of this sandbox keeps its data. */
  get demoDir(): string {
    return join(this.dir, 'holdfast/demo');
  }

  path(...parts: readonly string[]): string {
    return join(this.dir, ...parts);
  }

  /** Starts `holdfast` with these arguments. */
  start(args: readonly string[], options: StartOptions = {}): Running {
    const [command, ...rest] = [
      ...(options.under ?? this.under),
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      MAIN,
      ...args,
    ] as [string, ...string[]];
    const child = spawn(command, rest, {
      cwd: options.cwd ?? this.dir,
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: COMPILED,
        XDG_STATE_HOME: this.dir,
        [MARK]: this.#mark,
        NO_COLOR: '1',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return running(child);
  }

  /** Runs `holdfast` with these arguments to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    return await this.start(args).ended;
  }

  /** Runs a command that must succeed, and reads the JSON that it prints. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    if (status !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** The demo, once its site answers. */
  async startDemo(args: readonly string[] = [], options: StartOptions = {}): Promise<Running> {
    const demo = this.start(['demo', ...args], options);
    await this.#answers(demo, this.demoDir);
    return demo;
  }

  /** A site, once its API is there. */
  async startEdge(site: string, data: string, options: StartOptions = {}): Promise<Running> {
    const edge = this.start(['edge', '--site', site, '--data', data, ...(options.more ?? [])], options);
    await this.#answers(edge, data);
    return edge;
  }

  /** Processes of this sandbox that live, by their environment. */
  processes(): { readonly pid: number; readonly command: string }[] {
    const text = (pid: string, file: string) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'utf8');
      } catch {
        return ''; // gone meanwhile
      }
    };
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && text(pid, 'environ').includes(`${MARK}=${this.#mark}`))
      .map((pid) => ({ pid: Number(pid), command: text(pid, 'cmdline').replaceAll('\0', ' ').trim() }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.processes()) kill(pid);
    await until('the end of all processes', () => this.processes().length === 0);
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #answers(site: Running, data: string): Promise<void> {
    await until(
      'the site runs',
      () => {
        if (site.child.exitCode !== null) {
          throw new Error(`it ended with ${site.child.exitCode}: ${site.stderr()}${site.stdout()}`);
        }
        return existsSync(join(data, 'api.json')) && readAddress(data).pid === site.pid;
      },
      60_000,
    );
  }
}

export const readAddress = (data: string): ApiAddress =>
  JSON.parse(readFileSync(join(data, 'api.json'), 'utf8'));

/** The API of a running site, asked as any program would. */
export class Api {
  readonly address: ApiAddress;

  constructor(data: string) {
    this.address = readAddress(data);
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(this.address.url + path, {
      ...init,
      headers: { authorization: `Bearer ${this.address.token}`, ...init.headers },
    });
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.fetch(path)).json()) as T;
  }

  async post(path: string, body: string): Promise<Response> {
    return await this.fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }

  status(): Promise<SiteStatus> {
    return this.get('/api/status');
  }

  /** Waits until every source has delivered rows; some load a large library first, on a machine that may be busy. */
  async allSpeak(): Promise<void> {
    await until(
      'all sources speak',
      async () => Object.values((await this.status()).sources).every(({ samples }) => samples > 0),
      60_000,
    );
  }

  events(): Promise<readonly EventView[]> {
    return this.get('/api/events?limit=1000');
  }

  async tag(path: string): Promise<TagValue> {
    const tags = await this.get<readonly TagValue[]>(`/api/tags?prefix=${path}`);
    const found = tags.find((tag) => tag.path === path);
    if (!found) throw new Error(`there is no tag ${path}`);
    return found;
  }
}

function running(child: ChildProcess): Running {
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...said }));
  });
  // A test that never asks for the end must not fail by it.
  ended.catch(() => {});
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    ended,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await ended;
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone meanwhile
  }
}
