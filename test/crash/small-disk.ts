import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A file system of its own size in a mount namespace of its own, which ends with it. Without root a user namespace
 * gives the right to mount.
 */
export class SmallDisk implements AsyncDisposable {
  /** Put before a program that shall see the disk. */
  readonly wrap: readonly string[];
  /** Where such a program finds it, and where everybody else does. */
  readonly mount: string;
  readonly seen: string;
  readonly #keeper: ChildProcess;

  static async open(megabytes: number): Promise<SmallDisk> {
    const mount = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
    const own = isRoot ? ['--mount'] : ['--mount', '--user', '--map-root-user'];
    const script = 'mount -t tmpfs -o size="$1"m none "$2" && echo ready && exec sleep infinity';
    const args = [...own, 'sh', '-c', script, 'sh', `${megabytes}`, mount];
    const keeper = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await Promise.race([
      once(keeper.stdout, 'data'),
      once(keeper, 'exit').then(() => Promise.reject(new Error('no file system could be mounted'))),
    ]);
    return new SmallDisk(mount, keeper);
  }

  private constructor(mount: string, keeper: ChildProcess) {
    this.mount = mount;
    this.#keeper = keeper;
    this.seen = `/proc/${keeper.pid}/root${mount}`;
    const enter = isRoot ? [] : ['--user', '--preserve-credentials'];
    this.wrap = ['nsenter', '--target', `${keeper.pid}`, '--mount', ...enter];
  }

  /** Somebody else's file takes every free byte. */
  fill(): void {
    for (let size = 2 ** 20; size >= 1; ) {
      if (statfsSync(this.seen).bavail === 0) return;
      const path = join(this.seen, `foreign-${performance.now()}`);
      try {
        writeFileSync(path, new Uint8Array(size), { flag: 'wx' });
      } catch {
        rmSync(path, { force: true });
        size = Math.floor(size / 2);
      }
    }
  }

  /** Somebody else's files go away again. */
  free(): void {
    this.#run('sh', '-c', 'rm -f "$1"/foreign-*', 'sh', this.mount);
  }

  remount(how: 'ro' | 'rw'): void {
    this.#run('mount', '-o', `remount,${how}`, this.mount);
  }

  /** The file reads as if it were not there, and cannot be replaced, until {@link uncover}. */
  cover(path: string): void {
    this.#run('mount', '--bind', '/dev/null', path);
  }

  uncover(path: string): void {
    this.#run('umount', path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#keeper, 'exit');
    this.#keeper.kill('SIGKILL');
    await exited;
    rmSync(this.mount, { recursive: true });
  }

  #run(...command: readonly string[]): void {
    const [program = '', ...args] = [...this.wrap, ...command];
    const done = spawnSync(program, args, { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${command.join(' ')}: ${done.stderr}`);
  }
}

const isRoot = process.getuid?.() === 0;
