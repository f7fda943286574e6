import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openJournal } from '#journal/journal.ts';
import { itemsOf, journalConfig, START_US, series, settled } from './journal-fixture.ts';
import { assertChain, bundledWriter, promisedIn, startWriter } from './writer-process.ts';

/** Journals killed side by side, and kills of each. */
const LANES = 2;
const ROUNDS = 25;
/** One of so many rounds does not wait for a first promise, so that opening and the first commit are met as well. */
const EARLY_EVERY = 5;

/** Runs the writer for a random moment, kills it, and returns the highest number that it said was settled. */
async function killedRound(writer: string, dir: string, first: number, round: number): Promise<number> {
  const child = await startWriter(writer, dir, first, round % EARLY_EVERY === 0 ? 1 : 2);
  const exited = once(child, 'exit');
  // The moment is random on purpose: whatever it is, what follows must hold.
  await new Promise((resolve) => setTimeout(resolve, randomInt(0, 80)));
  child.kill('SIGKILL');
  await exited;
  return promisedIn(dir, first);
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
