import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./light-server.ts', import.meta.url));

interface Report {
  /** Open now. */
  readonly sessions: number;
  /** Made since it listens. */
  readonly connections: number;
}

/** The light server in a process of its own; see `light-server.ts`. */
export class LightServer implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Nobody is answered before `listen`: the next one can be made ready while this one lives. */
  static async load(port: number): Promise<LightServer> {
    const child = fork(PROGRAM, [String(port)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error('the light server ended');
    });
    ended.catch(() => {});
    await Promise.race([once(child, 'message'), ended]);
    return new LightServer(child);
  }

  /** The value of all of its nodes. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  listen(): Promise<Report> {
    return this.#ask({ listen: true });
  }

  report(): Promise<Report> {
    return this.#ask({});
  }

  async #ask(request: { readonly listen?: boolean }): Promise<Report> {
    this.#child.send(request);
    const [report] = await once(this.#child, 'message');
    return report as Report;
  }

  /** As when the power goes. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
