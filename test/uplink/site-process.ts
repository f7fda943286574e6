import { connect } from 'node:net';
import { openFeed } from '#journal/feed.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';
import { systemClock } from '#kernel/clock.ts';
import { openSession } from '#uplink/site/session.ts';

/*
 * Child of uplink-kill.test.ts: a journal that is written at full rate and sent to a hub meanwhile, until it is killed. Each
 * row's value is its own number. Says `ready` after opening; `stored N` whenever the hub has confirmed N rows of this run.
 */

const [dir = '', first = '0', socket = '', site = '', most = '0'] = process.argv.slice(2);
const ROWS = 50;
const clock = systemClock();
const journal = await openJournal({
  dir,
  quotaBytes: 512 * 2 ** 20,
  maxAgeUs: Number.POSITIVE_INFINITY,
  commitMs: 5,
  windowBytes: 2 ** 20,
});
const feed = openFeed(dir);
let next = Number(first);
const end = next + Number(most);
let tags = 0;

async function write(): Promise<void> {
  for (let batches = 0; next < end; batches++) {
    const atUs = Date.now() * 1000;
    const batch = allocBatch(ROWS, { receivedUs: atUs });
    for (let i = 0; i < ROWS; i++) {
      batch.tag[i] = i % 3;
      batch.value[i] = next + i;
      batch.timeUs[i] = next + i; // rising, so that the order shows
    }
    next += ROWS;
    journal.append(batch, { source: 'child', atUs });
    const kind = batches % 10 === 0 ? 'security' : 'system';
    if (batches % 5 === 0)
      journal.event({ kind, name: `${kind}.at`, timeUs: atUs, subject: `${next}` }, atUs);
    if (batches === 3) {
      journal.tag({ number: 2, path: 'a/b/2', type: 'number', access: 'read', description: `from ${first}` });
      tags++;
    }
    await journal.room();
    await clock.sleep(2);
  }
}

async function link(): Promise<never> {
  for (;;) {
    try {
      const stream = connect(socket);
      await using session = await openSession(
        stream,
        { budget: {}, everyMs: 20 },
        {
          site,
          software: 'test',
          clock,
          journal,
          feed,
          tagsVersion: () => tags,
          newest(since) {
            const batch = allocBatch(1, { receivedUs: clock.nowUs() });
            batch.value[0] = next;
            batch.timeUs[0] = next;
            return { version: since + 1, batch };
          },
          welcomed: () => {},
          stored(lane, upTo, count) {
            if (lane !== 'history') return;
            journal.setCursor('hub', upTo);
            process.stdout.write(`stored ${count}\n`);
          },
          gap: (gap) => journal.gap(gap),
          damage: (what) => process.stdout.write(`damage ${what}\n`),
          counted: () => {},
          ledger: async () => undefined,
          lost: () => {},
        },
        AbortSignal.timeout(30_000),
      );
      await session.run(new AbortController().signal);
    } catch {
      await clock.sleep(30);
    }
  }
}

for (let number = 0; number < 3; number++)
  journal.tag({ number, path: `a/b/${number}`, type: 'number', access: 'read' });
journal.gap({ tags: [1], fromUs: Number(first), toUs: Number(first), count: 1, reason: 'device-silent' });
process.stdout.write('ready\n');
await Promise.all([write(), link()]);
