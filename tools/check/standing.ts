/*
 * Results that stand: a step that passed need not run again while nothing that it could depend on has changed. A key is
 * made of every file of the checkout but other steps' test files, of the recordings that tests read, of the machine's
 * packages, and of what of the environment changes how programs behave. A failure never stands, nor does anything for
 * longer than a day: certificates and the world outside grow older.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Step } from './steps.ts';
import type { Result } from './test-run.ts';

const DAY_MS = 86_400_000;
const recordings = '../shared/data';
const isTest = (file: string): boolean => file.endsWith('.test.ts');

interface Kept {
  readonly key: string;
  readonly atMs: number;
  readonly result: Result;
}

/** What a checkout holds: each file's digest by its path from the root. */
export type Contents = ReadonlyMap<string, string>;

/** What git knows here and what it would take in; undefined where this is no checkout, for then nothing is known. */
export function contentsOf(root: string): Contents | undefined {
  const args = ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) return undefined;
  const files = [...new Set(stdout.split('\0'))].filter((file) => file !== '').sort();
  return new Map(files.map((file) => [file, digestOf(join(root, file))]));
}

function digestOf(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return 'gone';
  if (stat.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (!stat.isFile()) return 'folder';
  return `${stat.mode & 0o111 ? 'program' : 'file'} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

/** Of the machine: what a test may find on it that is no file of the checkout. */
export function surroundings(packages: readonly string[]): string {
  const versions = spawnSync('dpkg-query', ['-W', ...packages], { encoding: 'utf8' }).stdout;
  const { TZ, LANG, LC_ALL, NODE_OPTIONS, PATH } = process.env;
  const data = globSync(`${recordings}/**/*`)
    .sort()
    .map((path) => [path, lstatSync(path).size, lstatSync(path).mtimeMs]);
  const process_ = [process.version, process.platform, process.arch, process.getuid?.()];
  return JSON.stringify([process_, { TZ, LANG, LC_ALL, NODE_OPTIONS, PATH }, versions, data]);
}

/** The results of earlier checks, in a file that may be absent or torn: then nothing stands. */
export class Standing {
  readonly #path: string;
  readonly #contents: Contents;
  readonly #common: string;
  readonly #kept: Map<string, Kept>;

  constructor(path: string, contents: Contents, around: string) {
    this.#path = path;
    this.#contents = contents;
    const shared = [...contents].filter(([file]) => !isTest(file));
    this.#common = JSON.stringify([around, shared]);
    this.#kept = read(path);
  }

  /** What the step gave when it passed last, if that still holds. */
  of(step: Step, nowMs: number): Result | undefined {
    const kept = this.#kept.get(step.title);
    const holds = kept && nowMs - kept.atMs < DAY_MS && nowMs >= kept.atMs && kept.key === this.#key(step);
    return holds ? kept.result : undefined;
  }

  /** Keeps what passed and forgets what failed; not yet on disk. */
  take(step: Step, result: Result, nowMs: number): void {
    if (result.failed > 0) this.#kept.delete(step.title);
    else this.#kept.set(step.title, { key: this.#key(step), atMs: nowMs, result });
  }

  /** Writes it, unless a file was changed meanwhile: nobody knows then which steps have seen which. */
  save(after: Contents | undefined): void {
    if (JSON.stringify([...this.#contents]) !== JSON.stringify([...(after ?? [])])) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify(Object.fromEntries(this.#kept)));
  }

  #key(step: Step): string {
    const tests = step.files ?? [...this.#contents.keys()].filter(isTest);
    const own = tests.map((file) => [file, this.#contents.get(file)]);
    return createHash('sha256').update(this.#common).update(JSON.stringify(own)).digest('hex');
  }
}

function read(path: string): Map<string, Kept> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as { [title: string]: Kept }));
  } catch {
    return new Map();
  }
}
