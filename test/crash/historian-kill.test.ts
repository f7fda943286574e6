import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { openHistorian } from '#historian/historian.ts';
import { openHistory } from '#historian/history.ts';

const ROUNDS = 50;
const TAGS = 4;

/** The writer and its threads bundled as in a release: a process then starts in a fraction of the time. */
function bundledWriter(outdir: string): string {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  buildSync({
    entryPoints: {
      writer: here('./historian-writer.ts'),
      worker: here('../../src/journal/worker.ts'),
      'historian-worker': here('../../src/historian/worker.ts'),
    },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return join(outdir, 'writer.js');
}

/** Runs the writer until flushes are being merged, kills it, and returns the highest number that was settled. */
async function killedRound(args: readonly string[], promises: string): Promise<number> {
  const child = spawn(process.execPath, [...args, promises], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(([code]) => assert.fail(`the writer ended by itself with ${code}`)),
  ]);
  // The moment is random on purpose: whatever it is, what follows must hold.
  await new Promise((resolve) => setTimeout(resolve, randomInt(0, 60)));
  child.kill('SIGKILL');
  await exited;
  return Math.max(-1, ...readFileSync(promises, 'utf8').split('\n').slice(0, -1).map(Number));
}

/** All numbers in the history, of all tags. */
async function numbersIn(t: TestContext, dirs: { dir: string; journalDir: string }): Promise<number[]> {
  await using reader = openHistory(dirs);
  const span = { fromUs: 0, toUs: 2 ** 52 };
  const numbers: number[] = [];
  for await (const part of reader.raw(
    Array.from({ length: TAGS }, (_, n) => `line/tag${n}`),
    span,
  )) {
    for (const n of part.value) numbers.push(n);
  }
  assert.deepEqual(await reader.gaps(span), [], t.name);
  return numbers.sort((a, b) => a - b);
}

test(`after each of ${ROUNDS} kills while chunks are merged every settled row is there exactly once`, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-historian-kill-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const writer = bundledWriter(join(root, 'program'));
  const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const args = [writer, dirs.journalDir, dirs.dir, `${next}`];
    const promised = await killedRound(args, join(root, 'promises'));
    const numbers = await numbersIn(t, dirs);
    numbers.forEach((n, i) => {
      if (n !== i) assert.fail(`round ${round}: ${n} in place of ${i}`);
    });
    assert.ok(numbers.length > promised, `round ${round}: settled ${promised}, found ${numbers.length}`);
    next = numbers.length;
  }
  const quotaBytes = 512 * 2 ** 20;
  await using historian = await openHistorian({ ...dirs, quotaBytes, maxAgeUs: Number.POSITIVE_INFINITY });
  await historian.flush();
  assert.equal(historian.health.rows, next);
  assert.equal(historian.health.damaged, 0);
});
