import { writeSync } from 'node:fs';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';

/*
 * Child of journal-kill.test.ts: appends at full rate until it is killed. Each row's value is its own number; a line on
 * standard output says up to which number all rows are settled, another which event is.
 */

const [dir = '', first = '0'] = process.argv.slice(2);
const ROWS = 200;
const STDOUT = 1;

const journal = await openJournal({
  dir,
  quotaBytes: 512 * 2 ** 20,
  maxAgeUs: Number.POSITIVE_INFINITY,
  commitMs: 5,
});
let next = Number(first);
let batches = 0;
writeSync(STDOUT, 'ready\n');
for (;;) {
  const atUs = Date.now() * 1000;
  const batch = allocBatch(ROWS, { receivedUs: atUs });
  for (let i = 0; i < ROWS; i++) {
    batch.value[i] = next + i;
    batch.timeUs[i] = atUs;
  }
  next += ROWS;
  const upTo = next - 1;
  journal.append(batch, { source: 'child', atUs });
  if (++batches % 7 === 0) {
    journal.event({ kind: 'system', name: 'child.at', timeUs: atUs, subject: `${upTo}` }, atUs);
  }
  journal.whenSettled((result) => {
    // Straight to the pipe: a line still in a buffer of this process would say less than what was promised.
    if (result === 'durable') writeSync(STDOUT, `${upTo}\n`);
  });
  await journal.room();
  if (batches % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
}
