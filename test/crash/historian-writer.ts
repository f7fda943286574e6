import { openSync, writeSync } from 'node:fs';
import { openHistorian } from '#historian/historian.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';

/*
 * Child of historian-kill.test.ts: journals at full rate until it is killed, while small flushes are merged all the time.
 * The value of a row is its own number, its tag that modulo four; each line of the promises file says up to which number
 * all rows are settled.
 */

const [journalDir = '', dir = '', first = '0', promisesPath = ''] = process.argv.slice(2);
const ROWS = 100;
const TAGS = 4;
const STDOUT = 1;
const promises = openSync(promisesPath, 'w');

const journal = await openJournal({
  dir: journalDir,
  quotaBytes: 512 * 2 ** 20,
  maxAgeUs: Number.POSITIVE_INFINITY,
  commitMs: 5,
  windowBytes: 2 ** 20,
});
for (let number = 0; number < TAGS; number++) {
  journal.tag({ number, path: `line/tag${number}`, type: 'number', access: 'read' });
}
const quotaBytes = 512 * 2 ** 20;
const often = { flushMs: 5, flushRows: 800, pollMs: 1 };
const historian = await openHistorian({
  dir,
  journalDir,
  quotaBytes,
  maxAgeUs: Number.POSITIVE_INFINITY,
  ...often,
});
let flushes = 0;
historian.onPosition((seq) => {
  journal.setCursor('historian', seq);
  // Enough for merges to be under way.
  if (++flushes === 12) writeSync(STDOUT, 'merging\n');
});
let next = Number(first);
for (;;) {
  const atUs = Date.now() * 1000;
  const batch = allocBatch(ROWS, { receivedUs: atUs });
  for (let i = 0; i < ROWS; i++) {
    const n = next + i;
    batch.tag[i] = n % TAGS;
    batch.value[i] = n;
    // One of fifty comes late, so that chunks are written anew.
    batch.timeUs[i] = (n % 50 === 0 ? Math.max(0, n - 5000) : n) * 1000 + 1;
  }
  next += ROWS;
  const upTo = next - 1;
  journal.append(batch, { source: 'child', atUs });
  journal.whenSettled((result) => {
    if (result === 'durable') writeSync(promises, `${upTo}\n`);
  });
  await journal.room();
  await new Promise((resolve) => setTimeout(resolve, 2));
}
