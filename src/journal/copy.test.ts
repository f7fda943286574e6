import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import type { Journal } from './api.ts';
import { copyJournal } from './copy.ts';
import { openJournal } from './journal.ts';
import { openReader } from './reader.ts';
import { verifyCopy } from './revive.ts';
import { FILES } from './schema.ts';

function folderOf(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-copy-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function noise(first: number): Batch {
  const batch = allocBatch(500, { receivedUs: 1e15 });
  for (let i = 0; i < 500; i++) {
    batch.tag[i] = 1;
    batch.timeUs[i] = 1e15 + first + i;
    batch.value[i] = Math.random();
  }
  return batch;
}

/** Writes as fast as the journal takes it, until told to stop. */
async function write(journal: Journal, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    journal.append(noise(n * 500), { source: 's', atUs: 1e15 + n });
    journal.event({ kind: 'system', name: 'system.test', subject: `${n}`, timeUs: 1e15 }, 1e15 + n);
    journal.state('count', n);
    await (journal.room() ?? new Promise((next) => setImmediate(next)));
  }
}

for (const samples of [true, false]) {
  test(`a copy is the journal at one moment while it is written and old entries go${samples ? '' : ', without samples'}`, async (t) => {
    const dir = folderOf(t);
    const journal = await openJournal({ dir, quotaBytes: 12e6, maxAgeUs: 1e15, commitMs: 5 });
    const stop = new AbortController();
    const writing = write(journal, stop.signal);
    while (journal.health.lostRows === 0) await new Promise((next) => setTimeout(next, 20));
    for (let round = 0; round < 3; round++) {
      const to = folderOf(t);
      const { head, state } = await copyJournal(dir, join(to, FILES.database), { samples });
      const eventHash = Buffer.from(head.event_hash).toString('hex');
      verifyCopy(to, { eventHash, eventCount: head.event_count });
      using reader = openReader(to);
      assert.equal(reader.rowsAfter(0), head.rows);
      let last = 0;
      for (const item of reader.items(0)) if (item.kind === 'event') last = Number(item.event.subject);
      assert.equal(Number(state.get('count')), last, 'state and events are of one moment');
      const reasons = reader.gaps(1000).map(({ reason }) => reason);
      assert.equal(reasons.includes('not-in-backup'), !samples);
    }
    assert.equal(journal.health.fault, undefined, 'no writer was held up');
    stop.abort();
    await writing;
    await journal[Symbol.asyncDispose]();
  });
}
