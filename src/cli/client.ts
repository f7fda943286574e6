import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { dim } from '#cli/text.ts';
import { faultOf, nextIn, partsOf, pathOf } from '#cli/transport.ts';
import { ApiAddress, type ProblemDetails } from '#contract/api.ts';
import { type Call, type Page, SiteApi, type Transport } from '#contract/client.ts';
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
    process.stderr.write(`${dim(`no site runs; from its folder ${kept}`)}\n`);
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
  readonly api: SiteApi;

  constructor(address: ApiAddress, dir: string) {
    this.#address = address;
    this.dir = dir;
    this.api = new SiteApi(this.#transport());
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

  #transport(): Transport {
    const ask = (call: Call, next?: string) => this.#fetch(call, next, AbortSignal.timeout(ANSWER_MS));
    return {
      json: async <T>(call: Call) => (await (await ask(call)).json()) as T,
      text: async (call) => await (await ask(call)).text(),
      async page<T>(call: Call, next?: string): Promise<Page<T>> {
        const reply = await ask(call, next);
        return { items: (await reply.json()) as readonly T[], next: nextIn(reply.headers.get('link')) };
      },
      lines: <T>(call: Call) => this.#lines<T>(call),
      stream: <T>(call: Call) => this.#stream<T>(call),
      bytes: (call) => this.#bytes(call),
    };
  }

  /** Whatever a GET answers, for who only passes it on. */
  async text(path: string): Promise<string> {
    return await (
      await this.#fetch({ method: 'GET', path }, undefined, AbortSignal.timeout(ANSWER_MS))
    ).text();
  }

  /** Server-Sent Events until the signal; each as its name and its data. */
  async *#stream<T>(call: Call): AsyncIterable<T> {
    for await (const part of partsOf(textIn(await this.#fetch(call)), '\n\n')) {
      const match = /^event: (.*)\ndata: (.*)$/s.exec(part);
      if (match?.[1] && match[2]) yield { name: match[1], data: JSON.parse(match[2]) } as T;
    }
  }

  /** JSON objects, one a line, until the end or the signal. @throws Fault that a last line tells of */
  async *#lines<T>(call: Call): AsyncIterable<T> {
    for await (const text of partsOf(textIn(await this.#fetch(call)), '\n')) {
      const line = JSON.parse(text);
      if ('fault' in line) throw faultOf(line.fault);
      yield line as T;
    }
  }

  /** @throws Fault `cli.broken-off` where the file is not whole */
  async *#bytes(call: Call): AsyncIterable<Uint8Array> {
    const reply = await this.#fetch(call);
    try {
      for await (const part of reply.body ?? []) yield part;
    } catch (error) {
      if (call.signal?.aborted) throw error;
      throw new Fault('cli.broken-off', `the site broke off: ${messageOf(error)}`, {
        hint: 'what has come is not whole; `holdfast status` says how the site does',
      });
    }
  }

  async #fetch(call: Call, next?: string, patience?: AbortSignal): Promise<Response> {
    const { url, token } = this.#address;
    const { method, body, upload } = call;
    const type = upload ? upload.type : body && 'application/json';
    const signals = [call.signal, patience].filter((one) => one !== undefined);
    const reply = await fetch(url + (next ?? pathOf(call)), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(type && { 'content-type': type }) },
      signal: AbortSignal.any(signals),
      ...(body && { body: JSON.stringify(body) }),
      ...(upload && { body: ReadableStream.from(upload.bytes), duplex: 'half' }),
    }).catch((error) => {
      if (call.signal?.aborted) throw error;
      throw new Fault('cli.unreachable', `the site at ${url} does not answer: ${messageOf(error)}`, {
        hint: 'is it still running? `holdfast status` finds it again after a restart',
        cause: error,
      });
    });
    if (reply.ok) return reply;
    const { title, detail, hint } = (await reply.json().catch(() => ({}))) as Partial<ProblemDetails>;
    const message = detail ?? `${call.path}: HTTP ${reply.status}`;
    throw faultOf({ code: title ?? 'cli.http', message, hint });
  }
}

/** For an answer that comes in one piece; streams take as long as they take. */
const ANSWER_MS = 30_000;

const textIn = ({ body }: Response): AsyncIterable<string> | Iterable<string> =>
  body?.pipeThrough(new TextDecoderStream()) ?? [];
