import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { openHistorian } from '#historian/historian.ts';
import { Past } from '#historian/reading/past.ts';

/** Histories killed side by side, and kills of each. */
const LANES = 2;
const ROUNDS = 25;
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

interface Folders {
  readonly dir: string;
  readonly journalDir: string;
}

/** All numbers in the history, of all tags, ascending. */
function numbersIn(dirs: Folders): Float64Array {
  const past = new Past(dirs);
  try {
    const parts = Array.from({ length: TAGS }, (_, n) => [...past.stretches(`line/tag${n}`, 0, 2 ** 52)])
      .flat()
      .map((stretch) => stretch.rows().value);
    assert.equal(past.damage.size, 0);
    const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let from = 0;
    for (const part of parts) {
      all.set(part, from);
      from += part.length;
    }
    return all.sort();
  } finally {
    past.close();
  }
}

test(`after each of ${LANES * ROUNDS} kills while chunks are merged every settled row is there exactly once`, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-historian-kill-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const writer = bundledWriter(join(root, 'program'));
  await Promise.all(
    Array.from({ length: LANES }, (_, lane) => killRepeatedly(writer, join(root, `${lane}`))),
  );
});

/** One history, killed again and again. */
async function killRepeatedly(writer: string, root: string): Promise<void> {
  const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
  mkdirSync(root);
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const args = [writer, dirs.journalDir, dirs.dir, `${next}`];
    const promised = await killedRound(args, join(root, 'promises'));
    const numbers = numbersIn(dirs);
    const wrong = numbers.findIndex((n, i) => n !== i);
    assert.equal(wrong, -1, `round ${round}: ${numbers[wrong]} in place of ${wrong}`);
    assert.ok(numbers.length > promised, `round ${round}: settled ${promised}, found ${numbers.length}`);
    next = numbers.length;
  }
  const quotaBytes = 512 * 2 ** 20;
  await using historian = await openHistorian({ ...dirs, quotaBytes, maxAgeUs: Number.POSITIVE_INFINITY });
  await historian.flush();
  assert.equal(historian.health.rows, next);
  assert.equal(historian.health.damaged, 0);
}
