import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Historian } from '#historian/api.ts';
import { openHistorian } from '#historian/historian.ts';
import { openJournal } from '#journal/journal.ts';
import { infoOf, Mix } from './historian/mix.ts';
import { type Row, report } from './table.ts';

/*
 * A month of a large site: written through the historian's own writer, the last hours of it through the journal, then
 * asked in a process of its own. With --keep=FOLDER it is built there, unless it has been, and stays.
 */

const STEP_US = 60e6;
const STEPS_A_DAY = 1440;
/** Of each tag in one import: enough for chunks of its own. */
const STEPS_AT_ONCE = 4320;
const TAGS_AT_ONCE = 200;
/** What came last waits in flushes, as in a site that runs. */
const LIVE_STEPS = 360;
const WAITING_STEPS = 4;
const QUOTA_BYTES = 2 ** 33;

interface Scale {
  readonly tags: number;
  readonly days: number;
}

async function build(dirs: { dir: string; journalDir: string }, { tags, days }: Scale): Promise<Row[]> {
  const beganMs = performance.now();
  await using journal = await openJournal({
    dir: dirs.journalDir,
    quotaBytes: QUOTA_BYTES,
    maxAgeUs: Number.POSITIVE_INFINITY,
    commitMs: 200,
  });
  await using historian = await openHistorian({
    ...dirs,
    quotaBytes: QUOTA_BYTES,
    maxAgeUs: Number.POSITIVE_INFINITY,
  });
  historian.onPosition((seq) => journal.setCursor('historian', seq));
  const mix = new Mix(tags);
  const steps = days * STEPS_A_DAY;
  const isBuilt = historian.health.rows > 0;
  for (let from = 0; from < steps && !isBuilt; from += STEPS_AT_ONCE) {
    await importSteps(historian, mix, tags, [from, Math.min(steps, from + STEPS_AT_ONCE)]);
    process.stderr.write(`day ${Math.floor(from / STEPS_A_DAY)} of ${days}\n`);
  }
  const importedMs = performance.now() - beganMs;
  const all = Array.from({ length: tags }, (_, tag) => tag);
  for (const tag of all) journal.tag({ ...infoOf(tag), number: tag });
  const live = async (from: number, to: number) => {
    for (let step = from; step < to; step++) {
      const batch = mix.batch(all, [step, step + 1], STEP_US);
      journal.append(batch, { source: 'plc', atUs: batch.receivedUs });
      const room = journal.room();
      if (room) await room;
    }
    // A busy disk may make it wait; nothing is lost by that.
    while ((await new Promise((resolve) => journal.whenSettled(resolve))) !== 'durable');
    if (journal.health.lostRows > 0) throw new Error(`${journal.health.lostRows} rows were lost`);
  };
  await live(steps, steps + LIVE_STEPS);
  await historian.flush();
  await live(steps + LIVE_STEPS, steps + LIVE_STEPS + WAITING_STEPS);
  const { rows, usedBytes, chunks } = historian.health;
  const of = `${tags.toLocaleString('en')} tags, ${days} days, a sample a minute`;
  const imported: Row[] = [
    {
      what: 'history: written, imported',
      unit: 'million samples/s',
      ours: (steps * tags) / importedMs / 1000,
      note: of,
    },
  ];
  return [
    ...(isBuilt ? [] : imported),
    {
      what: 'history: on disk',
      unit: 'bytes/sample',
      less: true,
      ours: usedBytes / rows,
      note: `${(usedBytes / 1e6).toFixed(0)} MB, ${chunks.toLocaleString('en')} chunks, ${rows.toLocaleString('en')} samples`,
    },
  ];
}

async function importSteps(
  historian: Historian,
  mix: Mix,
  tags: number,
  span: readonly [number, number],
): Promise<void> {
  for (let first = 0; first < tags; first += TAGS_AT_ONCE) {
    const some = Array.from({ length: Math.min(TAGS_AT_ONCE, tags - first) }, (_, i) => first + i);
    const batch = { ...mix.batch(some, span, STEP_US), late: true };
    await historian.importRows({ tags: some.map(infoOf), batch });
  }
}

/** In a process of its own, whose memory is the reader's. */
async function asked(root: string, { tags, days }: Scale): Promise<Row[]> {
  const program = fileURLToPath(new URL('./historian/ask.ts', import.meta.url));
  const args = ['--disable-warning=ExperimentalWarning', program, root, `${tags}`, `${days}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Row[];
}

async function bench(quick: boolean): Promise<Row[]> {
  const kept = process.argv.find((arg) => arg.startsWith('--keep='))?.slice('--keep='.length);
  const root = kept ?? mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const scale = quick ? { tags: 1000, days: 6 } : { tags: 10_000, days: 30 };
  const dirs = { dir: join(root, 'historian'), journalDir: join(root, 'journal') };
  try {
    return [...(await build(dirs, scale)), ...(await asked(root, scale))];
  } finally {
    if (kept === undefined) rmSync(root, { recursive: true, force: true });
  }
}

await report(bench);
