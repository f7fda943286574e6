import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, nodeFlags } from '#cli/install/settings.ts';
import {
  type AlarmStatus,
  ApiAddress,
  type EventView,
  type SiteStatus,
  type TagValue,
} from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import type { Item } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import type { GapReason } from '#kernel/gap.ts';
import type { Scope } from '#test/scope.ts';

const CLI = fileURLToPath(import.meta.resolve('#cli/main.ts'));
const UP_MS = 60_000;

export interface Launch {
  /** Put before the program: `nsenter …`, `faketime …`. */
  readonly wrap?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The command line's file, where it is not that of the sources. */
  readonly main?: string;
  /** The data folder as this process sees it, where the site's own view differs. */
  readonly seenDir?: string;
}

/** A whole site in a process of its own: `holdfast edge`, looked at through its API. */
export class EdgeProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #seenDir: string;
  #address: ApiAddress | undefined;
  #said = '';

  /** @param site undefined: the file of the last start, which lies beside the data folder */
  constructor(
    site: object | undefined,
    dir: string,
    { wrap = [], env = {}, main = CLI, seenDir = dir }: Launch = {},
  ) {
    if (site) {
      const text = JSON.stringify({ settings: { api: { port: 0 } }, ...site });
      writeFileSync(`${seenDir}.site.json`, text);
    }
    const node = [process.execPath, ...nodeFlags];
    const edge = [main, 'edge', '--site', `${dir}.site.json`, '--data', dir];
    const [command = '', ...args] = [...wrap, ...node, ...edge];
    this.#seenDir = seenDir;
    this.#child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment, NODE_NO_WARNINGS: '1', ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-20_000);
      });
    }
  }

  /** What it logged last, for messages of failing tests. */
  get said(): string {
    return this.#said;
  }

  /** Of the site itself, once it is up: a wrapper may have a process of its own. */
  get pid(): number {
    return this.#address?.pid ?? (this.#child.pid as number);
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get url(): string {
    return (this.#address as ApiAddress).url;
  }

  /** Resolves once its API answers. */
  async up(): Promise<this> {
    const deadline = performance.now() + UP_MS;
    while (!(await this.#answers())) {
      if (this.ended) throw new Error(`the site ended by itself:\n${this.#said}`);
      if (performance.now() > deadline) throw new Error(`the site is not up:\n${this.#said}`);
      await new Promise((again) => setTimeout(again, 10));
    }
    return this;
  }

  async get<T>(path: string): Promise<T> {
    return await this.#ask<T>(path);
  }

  async post<T>(path: string, body: object): Promise<T> {
    return await this.#ask<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  status(): Promise<SiteStatus> {
    return this.get<SiteStatus>('/api/status');
  }

  async tag(path: string): Promise<TagValue> {
    const found = (await this.get<TagValue[]>(`/api/tags?prefix=${encodeURIComponent(path)}`))[0];
    if (!found) throw new Error(`no tag ${path}`);
    return found;
  }

  async alarm(id: string): Promise<AlarmStatus> {
    const found = (await this.get<AlarmStatus[]>('/api/alarms')).find((alarm) => alarm.id === id);
    if (!found) throw new Error(`no alarm ${id}`);
    return found;
  }

  /** Of this run: what the site lists reaches back to earlier ones. */
  async events(): Promise<EventView[]> {
    const all = await this.get<EventView[]>('/api/events?limit=1000');
    return all.slice(
      Math.max(
        0,
        all.findLastIndex(({ name }) => name === 'system.started'),
      ),
    );
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.ended) return;
    const exited = once(this.#child, 'exit');
    if (this.#address) {
      try {
        process.kill(this.#address.pid, signal);
      } catch {
        // It was quicker.
      }
    } else this.#child.kill(signal);
    await exited;
  }

  /** Resolves once it has ended, by whatever. */
  async exited(): Promise<void> {
    if (!this.ended) await once(this.#child, 'exit');
  }

  /** An orderly end. */
  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    if (this.#child.exitCode !== 0)
      throw new Error(`the site ended with ${this.#child.exitCode}:\n${this.#said}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #answers(): Promise<boolean> {
    try {
      const address = ApiAddress.parse(JSON.parse(readFileSync(join(this.#seenDir, 'api.json'), 'utf8')));
      // The file of the run before lies there until the new one is up.
      process.kill(address.pid, 0);
      this.#address = address;
      await this.status();
      return true;
    } catch {
      this.#address = undefined;
      return false;
    }
  }

  async #ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const { url, token } = this.#address as ApiAddress;
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const reply = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(10_000) });
    const body = await reply.json();
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${JSON.stringify(body)}`);
    return body as T;
  }
}

/** A folder of the test's own, removed when it ends. */
export async function folder(t: Scope): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-site-'));
  // What ends a site that still runs may come behind this.
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return join(dir, 'data');
}

/** Entries of a site's journal, oldest first. */
export function* journalItems(dataDir: string, damage: string[] = []): Iterable<Item> {
  using reader = openReader(journalDir(dataDir));
  yield* reader.items(0, (what) => damage.push(what));
}

/** Of holes that a source knew of before there was a sample: the site was given none that it could lose. */
const OUTSIDE: ReadonlySet<GapReason> = new Set([
  'device-silent',
  'site-down',
  'device-overflow',
  'inbox-full',
  'undecodable',
]);

/** Samples that the site had and counts as lost, by reason; `undefined` counts as none. */
export function toldLosses(dataDir: string): { readonly rows: number; readonly reasons: readonly string[] } {
  using reader = openReader(journalDir(dataDir));
  const lost = reader
    .gaps(100_000)
    .filter(({ source, reason }) => source !== 'journal/events' && !OUTSIDE.has(reason));
  return {
    rows: lost.reduce((sum, gap) => sum + (gap.count ?? 0), 0),
    reasons: [...new Set(lost.map((gap) => gap.reason))],
  };
}
