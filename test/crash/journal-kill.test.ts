import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { openJournal } from '#journal/journal.ts';
import { openReader } from '#journal/reader.ts';
import { itemsOf, journalConfig, START_US, series, settled } from './journal-fixture.ts';

/** Journals killed side by side, and kills of each. */
const LANES = 2;
const ROUNDS = 25;
/** One of so many rounds does not wait for a first promise, so that opening and the first commit are met as well. */
const EARLY_EVERY = 5;

/** The writer and the worker bundled as in a release: a process then starts in a fraction of the time. */
function bundledWriter(t: TestContext): string {
  const outdir = mkdtempSync(join(tmpdir(), 'holdfast-writer-'));
  t.after(() => rmSync(outdir, { recursive: true, force: true }));
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  // The asynchronous form leaves a helper process that may outlive this one by a moment.
  buildSync({
    entryPoints: { writer: here('./journal-writer.ts'), worker: here('../../src/journal/worker.ts') },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
  });
  return join(outdir, 'writer.mjs');
}

/** Runs the writer for a random moment, kills it, and returns the highest number that it said was settled. */
async function killedRound(writer: string, dir: string, first: number, round: number): Promise<number> {
  const child = spawn(process.execPath, [writer, dir, `${first}`, `${dir}.promises`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await firstLine(child, () => text, round % EARLY_EVERY === 0 ? 1 : 2);
  // The moment is random on purpose: whatever it is, what follows must hold.
  await new Promise((resolve) => setTimeout(resolve, randomInt(0, 80)));
  child.kill('SIGKILL');
  await exited;
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

test(`after each of ${LANES * ROUNDS} kills every settled row is there exactly once and the chain holds`, async (t) => {
  const writer = bundledWriter(t);
  await Promise.all(Array.from({ length: LANES }, () => killRepeatedly(t, writer)));
});

/** One journal, killed again and again. */
async function killRepeatedly(t: TestContext, writer: string): Promise<void> {
  const config = journalConfig(t, { quotaBytes: 512 * 2 ** 20 });
  t.after(() => rmSync(`${config.dir}.promises`, { force: true }));
  let next = 0;
  let after = 0;
  let settledRows = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const first = next;
    const promised = await killedRound(writer, config.dir, first, round);
    const items = itemsOf(config.dir, after);
    // What was not promised may be there or not, but in order, without a hole, and once.
    for (const item of items) {
      if (item.kind !== 'batch') continue;
      for (const value of item.batch.value) assert.equal(value, next++, `round ${round}`);
    }
    assert.ok(next > promised, `round ${round}: settled up to ${promised}, found up to ${next - 1}`);
    settledRows += Math.max(0, promised - first + 1);
    after = items.at(-1)?.seq ?? after;
  }
  // All rounds but the early ones waited for a first promise of 200 rows.
  const least = (ROUNDS - Math.ceil(ROUNDS / EARLY_EVERY)) * 200;
  assert.ok(settledRows >= least, `only ${settledRows} rows were settled`);
  assertChain(config.dir);
  await using journal = await openJournal(config);
  assert.equal(journal.opened.epoch, ROUNDS + 1);
  assert.deepEqual(journal.opened.damage, []);
  journal.append(series([next]), { source: 'parent', atUs: START_US });
  assert.equal(await settled(journal), 'durable');
}

function assertChain(dir: string): void {
  using reader = openReader(dir);
  const verified = reader.verify();
  assert.equal(verified.broken, undefined);
  assert.ok(verified.events > 0);
}
