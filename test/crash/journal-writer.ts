import { openSync, writeSync } from 'node:fs';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';

/*
 * Child of journal-kill.test.ts: appends at full rate until it is killed. Each row's value is its own number; each
 * line of the promises file says up to which number all rows are settled. Standard output says `ready` after opening
 * and `settled` after the first promise.
 */

const [dir = '', first = '0', promisesPath = ''] = process.argv.slice(2);
const ROWS = 200;
const STDOUT = 1;
// Written straight away, so that a kill of this process cannot take a promise back.
const promises = openSync(promisesPath, 'w');
let promised = -1;

const journal = await openJournal({
  dir,
  quotaBytes: 512 * 2 ** 20,
  maxAgeUs: Number.POSITIVE_INFINITY,
  commitMs: 5,
  windowBytes: 2 ** 20,
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
  if (batches++ % 7 === 0) {
    journal.event({ kind: 'system', name: 'child.at', timeUs: atUs, subject: `${upTo}` }, atUs);
  }
  journal.whenSettled((result) => {
    if (result !== 'durable') return;
    writeSync(promises, `${upTo}\n`);
    if (promised < 0) writeSync(STDOUT, 'settled\n');
    promised = upTo;
  });
  await journal.room();
  if (batches % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
}
