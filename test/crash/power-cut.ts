import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scope } from '#test/scope.ts';

const SOURCE = fileURLToPath(new URL('./power-cut.c', import.meta.url));

/** Why it cannot be built here, if so. */
export const noPowerCut: string | false =
  process.platform !== 'linux'
    ? 'preloads a library of Linux'
    : spawnSync('cc', ['--version']).error
      ? 'needs the Debian packages gcc and libc6-dev'
      : false;

/** Builds what makes a process lose what it did not fsync, see power-cut.c. @returns the library's path */
export const builtPowerCut = (t: Scope): string => builtLibrary(t, SOURCE);

/** Builds a library to preload from one file of C. @returns its path */
export function builtLibrary(t: Scope, source: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-preload-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const library = join(dir, 'preload.so');
  const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stderr);
  return library;
}

/** The power of one folder's disk, for one process. */
export class Power implements Disposable {
  /** For the process that writes the folder. */
  readonly env: NodeJS.ProcessEnv;
  readonly #trigger: string;
  readonly #report: string;
  readonly #saved: string;

  /** @param loseAll nothing that was not fsynced is there by chance */
  constructor(library: string, dir: string, loseAll = false) {
    this.#trigger = `${dir}.cut`;
    this.#report = `${dir}.lost`;
    this.#saved = `${dir}.saved`;
    this[Symbol.dispose](); // of an earlier cut
    this.env = {
      LD_PRELOAD: library,
      POWER_CUT_DIR: dir,
      POWER_CUT_TRIGGER: this.#trigger,
      POWER_CUT_REPORT: this.#report,
      ...(loseAll && { POWER_CUT_ALL: '1' }),
    };
  }

  /** The process is killed by it soon after. */
  cut(): void {
    writeFileSync(this.#trigger, '');
  }

  /** Bytes written that the disk had forgotten. */
  get lostBytes(): number {
    return readFileSync(this.#report, 'utf8')
      .split('\n')
      .reduce((sum, line) => sum + Number(line), 0);
  }

  [Symbol.dispose](): void {
    for (const path of [this.#trigger, this.#report, this.#saved])
      rmSync(path, { recursive: true, force: true });
  }
}
