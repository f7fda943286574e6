import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { journalDir } from '#edge/data-folder.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';
import { EdgeProcess, folder } from './edge-process.ts';
import { settled } from './journal-fixture.ts';

const SITE = { site: 'plant', settings: { api: { port: 0 }, journal: { quotaMb: 1024 } } };
const ROWS_A_BATCH = 50_000;

/** A data folder whose journal holds so many rows that no coding makes small. @returns bytes on disk */
async function fill(dir: string, rows: number): Promise<number> {
  await using journal = await openJournal({
    dir: journalDir(dir),
    quotaBytes: 2 ** 30,
    maxAgeUs: Number.POSITIVE_INFINITY,
    commitMs: 50,
  });
  for (let n = 0; n < rows; n += ROWS_A_BATCH) {
    const batch = allocBatch(ROWS_A_BATCH, { receivedUs: 1_790_000_000_000_000 + n });
    for (let i = 0; i < batch.rows; i++) {
      batch.timeUs[i] = batch.receivedUs + i;
      batch.value[i] = Math.random();
    }
    journal.append(batch, { source: 'plc', atUs: batch.receivedUs });
    const room = journal.room();
    if (room) await room;
  }
  await settled(journal);
  return journal.health.usedBytes;
}

/** Bytes that a site has read by all its threads once it is up. */
async function readToStart(
  t: TestContext,
  rows: number,
): Promise<{ readonly disk: number; readonly read: number }> {
  const dir = await folder(t);
  const disk = await fill(dir, rows);
  // What was compiled by an earlier start would be read by the second one alone.
  const env = { NODE_DISABLE_COMPILE_CACHE: '1' };
  await using edge = await new EdgeProcess(SITE, dir, { env }).up();
  const { sources: _, ...status } = await edge.status();
  assert.equal(status.epoch, 2);
  return { disk, read: Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${edge.pid}/io`, 'utf8'))?.[1]) };
}

const options = { skip: process.platform === 'linux' ? false : 'needs /proc of Linux' };

test('what a site reads to start does not grow with what its journal holds', options, async (t) => {
  const small = await readToStart(t, 50_000);
  const large = await readToStart(t, 5_000_000);
  const grown = large.disk - small.disk;
  t.diagnostic(`${grown} bytes more on disk, ${large.read - small.read} bytes more read of ${large.read}`);
  assert.ok(grown > 30 * 2 ** 20, `only ${grown} bytes more`);
  assert.ok(large.read - small.read < 2 ** 20, `${large.read - small.read} bytes more read`);
});
