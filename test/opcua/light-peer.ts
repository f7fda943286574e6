import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./light-server.ts', import.meta.url));

/** The light server in a process of its own; see `light-server.ts`. */
export class LightServer implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(port: number): Promise<LightServer> {
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

  /** What there is now, and what has been since it started. */
  async report(): Promise<{ readonly sessions: number; readonly connections: number }> {
    this.#child.send({});
    const [report] = await once(this.#child, 'message');
    return report as { sessions: number; connections: number };
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
