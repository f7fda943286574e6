import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ServerOptions {
  readonly port: number;
  /** Variables `Plant/Line1/Counter<n>`, `ns=1;i=<10000 + n>`: each step gives all of them the same next number. */
  readonly variables?: number;
  /** Time between steps; 0: only when told. */
  readonly everyMs?: number;
  /** Operation limits, such as `maxNodesPerRead`, `maxMonitoredItemsPerCall`. */
  readonly limits?: { readonly [name: string]: number };
  /** False: the limits hold, but nobody is told. */
  readonly announceLimits?: boolean;
  readonly secured?: boolean;
  /** Folder in which it keeps its certificate; a new one means a new certificate. */
  readonly certificates?: string;
  /** False: user `otto` with password `motor` only. */
  readonly anonymous?: boolean;
  readonly maxSessions?: number;
  /** Added to all numeric node ids. */
  readonly renumber?: number;
  /** An endpoint URL to announce instead of its own. */
  readonly announce?: string;
  readonly tokenLifetimeMs?: number;
  /** Offers to take passwords in the clear. */
  readonly passwordInClear?: boolean;
}

/** What a server says of itself. */
export interface ServerReport {
  readonly mute: 'no' | 'data' | 'all';
  /** Steps taken: the value of every counter. */
  readonly count: number;
  readonly sessions: number;
  readonly sessionsEver: number;
  readonly subscriptions: number;
  readonly subscriptionsEver: number;
  readonly items: number;
  readonly channels: number;
  readonly values: { readonly [name: string]: unknown };
}

export interface ServerRequest {
  readonly id?: number;
  /** So many steps at once. */
  readonly step?: number;
  /** Added to source times from now on. */
  readonly clockOffsetMs?: number;
  readonly set?: { readonly name: string; readonly value: unknown };
  /** Every write ends so from now on, having been carried out: the name of a status code; empty: as it did. */
  readonly writesEnd?: string;
  /** So many notifications vanish on their way from now on. */
  readonly swallow?: number;
  /** True: nothing that was sent is kept to be sent again. */
  readonly forgetful?: boolean;
  /** `data`: keep-alives only; `all`: nothing is published at all. */
  readonly mute?: ServerReport['mute'];
  /** Shuts down in order, then ends. */
  readonly stop?: boolean;
}

const PROGRAM = fileURLToPath(new URL('./server.ts', import.meta.url));

/** An OPC UA server in a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string | undefined;
  readonly port: number;
  #id = 0;

  private constructor(child: ChildProcess, port: number, folder: string | undefined) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  static async start(options: Partial<ServerOptions> = {}): Promise<ServerProcess> {
    const port = options.port ?? (await freePort());
    const own = options.certificates === undefined ? await certificateFolder() : undefined;
    const home = options.certificates ?? own;
    const child = fork(PROGRAM, [JSON.stringify({ ...options, port })], {
      // Not what the test runner was started with: the server would report as a test, into the file of the real ones.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // The library keeps certificates below the folder of the user's settings.
      env: { ...process.env, NODE_NO_WARNINGS: '1', XDG_CONFIG_HOME: home, HOME: home },
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    const server = new ServerProcess(child, port, own);
    const failed = once(child, 'exit').then(() => {
      throw new Error(`the server ended: ${said}`);
    });
    try {
      await Promise.race([once(child, 'message'), failed]);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    failed.catch(() => {});
    return server;
  }

  get url(): string {
    return `opc.tcp://127.0.0.1:${this.port}/test`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask(request: Omit<ServerRequest, 'id'> = {}): Promise<ServerReport> {
    const id = ++this.#id;
    const answered = new Promise<ServerReport>((resolve, reject) => {
      const done = () => {
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
      };
      const onMessage = (message: { id?: number; report: ServerReport }) => {
        if (message.id !== id) return;
        done();
        resolve(message.report);
      };
      const onExit = () => {
        done();
        reject(new Error('the server has ended'));
      };
      this.#child.on('message', onMessage as (message: unknown) => void);
      this.#child.on('exit', onExit);
    });
    this.#child.send({ ...request, id });
    return answered;
  }

  /** As when the power goes. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

/** For the certificate of a server; whoever asks for it removes it. */
export const certificateFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'holdfast-opcua-'));

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
