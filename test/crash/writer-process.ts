import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { openReader } from '#journal/reader.ts';
import type { Scope } from '#test/scope.ts';

const WRITER = fileURLToPath(new URL('./journal-writer.ts', import.meta.url));

/** A program that writes a journal, and the worker, bundled as in a release: it then starts in a fraction of the time. */
export function bundledWriter(t: Scope, program = WRITER): string {
  const outdir = mkdtempSync(join(tmpdir(), 'holdfast-writer-'));
  t.after(() => rmSync(outdir, { recursive: true, force: true }));
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  // The asynchronous form leaves a helper process that may outlive this one by a moment.
  buildSync({
    entryPoints: { writer: program, worker: here('../../src/journal/worker.ts') },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
  });
  return join(outdir, 'writer.mjs');
}

/**
 * Starts the writer, which appends numbers from `first` on, and waits for its first lines.
 * @param lines 1: it has opened the journal; 2: its first promise is made
 */
export async function startWriter(
  writer: string,
  dir: string,
  first: number,
  lines: number,
  env: NodeJS.ProcessEnv = {},
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [writer, dir, `${first}`, `${dir}.promises`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await firstLine(child, () => text, lines);
  return child;
}

/** The highest number that it said was settled. */
export function promisedIn(dir: string, first: number): number {
  const promised = readFileSync(`${dir}.promises`, 'utf8').split('\n').slice(0, -1).map(Number);
  return Math.max(first - 1, ...promised);
}

function firstLine(child: ChildProcess, text: () => string, lines: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the writer ended by itself with ${code}`)));
    child.stdout?.on('data', () => {
      if (text().split('\n').length > lines) resolve();
    });
  });
}

export function assertChain(dir: string): void {
  using reader = openReader(dir);
  const verified = reader.verify();
  assert.equal(verified.broken, undefined);
  assert.ok(verified.events > 0);
}
