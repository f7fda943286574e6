import { createInterface } from 'node:readline';
import { openHistorian } from '#historian/historian.ts';
import { openHistory } from '#historian/history.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { START_US, settled } from './journal-fixture.ts';

/*
 * Child of historian-full.test.ts: a journal on a disk with room and a historian on a small one. Does what each line of
 * its input says and answers with a line of JSON; the parent fills the disk, and judges.
 */

const [journalDir = '', dir = '', quotaMb = '', first = '0'] = process.argv.slice(2);
const MEGABYTE = 2 ** 20;
const ROWS_A_BATCH = 500;
const TAGS = 3;
const unexpected: string[] = [];
process.on('uncaughtException', (error) => unexpected.push(messageOf(error)));
process.on('unhandledRejection', (error) => unexpected.push(messageOf(error)));

await using journal = await openJournal({
  dir: journalDir,
  quotaBytes: 256 * MEGABYTE,
  maxAgeUs: Number.POSITIVE_INFINITY,
  commitMs: 20,
});
await using historian = await openHistorian({
  dir,
  journalDir,
  quotaBytes: Number(quotaMb) * MEGABYTE,
  maxAgeUs: Number.POSITIVE_INFINITY,
  // Seldom by itself, so that the parent knows when.
  flushMs: 3_600_000,
  flushRows: 60_000,
  pollMs: 50,
});
await using reader = openHistory({ dir, journalDir });
historian.onPosition((seq) => journal.setCursor('historian', seq));
journal.setCursor('historian', historian.position);
for (let number = 0; number < TAGS; number++) {
  journal.tag({ number, path: `line/tag${number}`, type: 'number', access: 'read' });
}
let next = Number(first);

/** Rows that no coding makes small; the whole part of each is its number. */
async function append(count: number): Promise<object> {
  for (const end = next + count; next < end; next += ROWS_A_BATCH) {
    const batch = allocBatch(ROWS_A_BATCH, { receivedUs: START_US });
    for (let i = 0; i < ROWS_A_BATCH; i++) {
      const n = next + i;
      batch.tag[i] = n % TAGS;
      batch.value[i] = n + Math.abs(Math.sin(n * 1e6)) / 2;
      batch.timeUs[i] = START_US + n * 1000 + (n % 7);
    }
    journal.append(batch, { source: 'plc', atUs: START_US + next });
    await journal.room();
  }
  const result = await settled(journal);
  return { settled: result === 'durable' ? result : result.code };
}

async function flush(): Promise<object> {
  try {
    await historian.flush();
    return {};
  } catch (error) {
    return { code: Fault.from(error, 'test.other', 'flush').code };
  }
}

/** All that answers hold, as numbers of rows in their order, and all that gaps count. */
async function read(): Promise<object> {
  const numbers: number[] = [];
  const span = { fromUs: 0, toUs: 2 ** 53 };
  for (let tag = 0; tag < TAGS; tag++) {
    for await (const { value } of reader.raw([`line/tag${tag}`], span))
      numbers.push(...value.map(Math.floor));
  }
  numbers.sort((a, b) => a - b);
  const wrong = numbers.findIndex((n, i) => i > 0 && n !== (numbers[i - 1] as number) + 1);
  const gaps = await reader.gaps(span);
  return {
    count: numbers.length,
    first: numbers[0],
    wrong,
    told: gaps.reduce((sum, { count }) => sum + (count ?? 0), 0),
    reasons: [...new Set(gaps.map(({ reason }) => reason))],
  };
}

function health(): object {
  const { fault, rows, damaged, usedBytes } = historian.health;
  const { position } = historian;
  const { rss } = process.memoryUsage();
  return { fault: fault?.code, hint: fault?.hint, rows, damaged, usedBytes, position, rss, unexpected };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [what = '', count = '0'] = line.split(' ');
  const does = { append: () => append(Number(count)), flush, read, health }[what];
  if (!does) break;
  process.stdout.write(`${JSON.stringify(await does())}\n`);
}
