import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { dim } from '#cli/text.ts';
import { ApiAddress, type ProblemDetails } from '#contract/api.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { isAlive } from '#platform/process.ts';

/** Where the demo keeps its data unless told otherwise. */
export function demoDir(): string {
  const state = process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return join(state, 'holdfast', 'demo');
}

/** Data folders to look into, in order, when the user named none. */
function candidates(): string[] {
  const named = process.env.HOLDFAST_DATA;
  return named ? [named] : [resolve('data'), '/var/lib/holdfast', demoDir()];
}

/** The data folder that was named, or the first of the usual ones in which a site runs. */
export async function findDataDir(named: string | undefined): Promise<string> {
  if (named !== undefined) return resolve(named);
  const all = candidates();
  for (const dir of all) if (await readAddress(dir)) return dir;
  throw new Fault('cli.no-site', `no running site found in ${all.join(', ')}`, {
    retry: 'never',
    hint: 'start one with `holdfast demo` or `holdfast edge`, or name its folder with --data',
  });
}

/** Those of the usual folders in which a site, running or not, has kept this. */
export const keptDirs = (part: 'trust' | 'journal'): string[] =>
  candidates().filter((dir) => existsSync(join(dir, part)));

/**
 * As {@link findDataDir}, for commands that read the folder themselves: where no site runs, the first one in which a
 * site has kept this.
 * @param part name of a file or folder of it @throws Fault `cli.no-site`
 */
export async function findKeptDir(named: string | undefined, part: 'trust' | 'journal'): Promise<string> {
  try {
    return await findDataDir(named);
  } catch (error) {
    const [kept] = keptDirs(part);
    if (kept === undefined) throw error;
    process.stderr.write(`${dim(`no site runs: ${kept}`)}\n`);
    return kept;
  }
}

/** Address of the site that runs in this folder; undefined when none does. */
export async function readAddress(dir: string): Promise<ApiAddress | undefined> {
  const text = await readFile(join(dir, 'api.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const address = ApiAddress.parse(JSON.parse(text));
  return isAlive(address.pid) && (await listens(address.url)) ? address : undefined;
}

/**
 * After a power cut the file is still there, and its process number may be somebody else's; then nobody listens. A
 * site that is too busy to answer still runs.
 */
async function listens(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) });
    return true;
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: string } };
    return cause?.code !== 'ECONNREFUSED';
  }
}

/** A connection to one running site, for all commands that ask it. */
export class SiteClient {
  readonly #address: ApiAddress;
  /** Data folder of the site. */
  readonly dir: string;

  constructor(address: ApiAddress, dir: string) {
    this.#address = address;
    this.dir = dir;
  }

  /** @throws Fault `cli.no-site` */
  static async find(named: string | undefined): Promise<SiteClient> {
    const dir = await findDataDir(named);
    const address = await readAddress(dir);
    if (address) return new SiteClient(address, dir);
    throw new Fault('cli.no-site', `no site runs in ${dir}`, {
      retry: 'never',
      hint: `start it with \`holdfast edge --site site.yaml --data ${dir}\``,
    });
  }

  async get<T>(path: string): Promise<T> {
    return await this.#ask<T>(path);
  }

  /** What is no JSON, such as metrics. */
  async text(path: string): Promise<string> {
    return await (await this.#fetch(path, { signal: AbortSignal.timeout(30_000) })).text();
  }

  async post<T>(path: string, body: object): Promise<T> {
    return await this.#ask<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** Server-Sent Events until the signal; each as its name and its data. */
  async *stream(path: string, signal: AbortSignal): AsyncIterable<{ name: string; data: unknown }> {
    const reply = await this.#fetch(path, { signal });
    if (!reply.body) return;
    let rest = '';
    for await (const chunk of reply.body.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const match = /^event: (.*)\ndata: (.*)$/s.exec(part);
        if (match?.[1] && match[2]) yield { name: match[1], data: JSON.parse(match[2]) };
      }
    }
  }

  /** JSON objects, one a line, until the end or the signal. */
  async *lines<T>(path: string, signal: AbortSignal): AsyncIterable<T> {
    const reply = await this.#fetch(path, { signal });
    let rest = '';
    for await (const chunk of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as T;
    }
  }

  async #ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const reply = await this.#fetch(path, { ...init, signal: AbortSignal.timeout(30_000) });
    return (await reply.json()) as T;
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const { url, token } = this.#address;
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const reply = await fetch(url + path, { ...init, headers }).catch((error) => {
      throw new Fault('cli.unreachable', `the site at ${url} does not answer: ${messageOf(error)}`, {
        hint: 'is it still running? `holdfast status` finds it again after a restart',
        cause: error,
      });
    });
    if (reply.ok) return reply;
    const problem = (await reply.json().catch(() => ({}))) as Partial<ProblemDetails>;
    const hint = problem.hint === undefined ? {} : { hint: problem.hint };
    throw new Fault(problem.title ?? 'cli.http', problem.detail ?? `${path}: HTTP ${reply.status}`, hint);
  }
}
