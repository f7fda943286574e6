import { writeSync } from 'node:fs';
import { openJournal } from '#journal/journal.ts';
import { until } from '#test/until.ts';
import { anEvent, series, settled } from '../crash/journal-fixture.ts';

/*
 * Child of kinds/failing-writes.ts: opens a journal, appends rows whose values are their own numbers, gives the disk the
 * time to come back, and closes it. Prints one JSON line: rows appended, which of them were settled, and of which their
 * source heard that they were not, with whether the disk still failed when the journal was closed.
 */

const [dir = '', failing = '0'] = process.argv.slice(2);
/** The journal tries again every two seconds; an attempt may end with the first of its writes. */
const WELL_MS = 30_000 + 3000 * Number(failing);
const BATCHES = 25;
const ROWS = 40;
const STDOUT = 1;

const unexpected: string[] = [];
process.on('uncaughtException', (error) => unexpected.push(String(error)));
process.on('unhandledRejection', (error) => unexpected.push(String(error)));

let next = 0;
const durable: [from: number, upTo: number][] = [];
const unsettled: [from: number, upTo: number][] = [];
let endedFailing = false;
try {
  await using journal = await openJournal({
    dir,
    quotaBytes: 64 * 2 ** 20,
    maxAgeUs: Number.POSITIVE_INFINITY,
    commitMs: 2,
  });
  const one = async () => {
    const atUs = 1_790_000_000_000_000 + next;
    const from = next;
    journal.append(
      series(
        Array.from({ length: ROWS }, () => next++),
        next % 3,
      ),
      { source: 'child', atUs },
    );
    journal.event(anEvent(`child.n${from}`), atUs);
    journal.state('n', from);
    const result = await settled(journal);
    (result === 'durable' ? durable : unsettled).push([from, next - 1]);
  };
  for (let n = 0; n < BATCHES; n++) {
    journal.tag({ number: n, path: `a/t${n}`, type: 'number', access: 'read' });
    await one();
  }
  // The disk is well again by now, or after some more tries.
  await until(
    'the journal is well',
    () => journal.health.fault === undefined && journal.health.pendingRows === 0,
    WELL_MS,
  );
  await one();
  endedFailing = journal.health.fault !== undefined;
} catch (error) {
  unexpected.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
writeSync(STDOUT, `${JSON.stringify({ appended: next, durable, unsettled, endedFailing, unexpected })}\n`);
