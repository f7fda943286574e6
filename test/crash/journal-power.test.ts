import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readLedger } from '#journal/ledger.ts';
import { itemsOf, journalConfig } from './journal-fixture.ts';
import { builtPowerCut, noPowerCut, Power } from './power-cut.ts';
import { assertChain, bundledWriter, promisedIn, startWriter } from './writer-process.ts';

const options = { skip: noPowerCut };
const CUTS = 20;
/** One of so many rounds does not wait for a first promise, so that opening and the first commit are met as well. */
const EARLY_EVERY = 5;

/** Writes `synced.txt` and fsyncs it, `lost.txt` without, a table with one row of each kind, and waits. */
const WRITES = `
  import { closeSync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
  import { DatabaseSync } from 'node:sqlite';
  const dir = process.argv[1];
  const file = (name, text) => {
    const fd = openSync(dir + '/' + name, 'w');
    writeSync(fd, text);
    return fd;
  };
  fsyncSync(file('synced.txt', 'old and '.repeat(1000)));
  const folder = openSync(dir, 'r');
  fsyncSync(folder);
  file('lost.txt', 'never there');
  writeSync(openSync(dir + '/synced.txt', 'r+'), 'new');
  const db = new DatabaseSync(dir + '/a.db');
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (a)');
  db.exec("INSERT INTO t VALUES ('synced')");
  db.exec("PRAGMA synchronous = OFF; INSERT INTO t VALUES ('not synced')");
  console.log(db.prepare('SELECT count(*) AS n FROM t').get().n);
  setInterval(() => {}, 1000);
`;

test('the power cut takes back exactly what was not fsynced', options, async (t) => {
  const { dir } = journalConfig(t);
  using power = new Power(builtPowerCut(t), dir, true);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', WRITES, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...power.env },
  });
  const [said] = await once(child.stdout, 'data');
  assert.equal(`${said}`.trim(), '2', 'until then the process sees all that it wrote');
  const exited = once(child, 'exit');
  power.cut();
  await exited;
  // SQLite fsyncs the folder for its log: the name is there, and nothing in it.
  assert.equal(readFileSync(join(dir, 'lost.txt'), 'utf8'), '');
  assert.equal(readFileSync(join(dir, 'synced.txt'), 'utf8'), 'old and '.repeat(1000));
  assert.ok(power.lostBytes > 4096, `${power.lostBytes} bytes`);
  using db = new DatabaseSync(join(dir, 'a.db'));
  assert.deepEqual(
    db
      .prepare('SELECT a FROM t')
      .all()
      .map((row) => row.a),
    ['synced'],
  );
});

test(
  `after each of ${CUTS} power cuts every settled row is there exactly once and the chain holds`,
  options,
  async (t) => {
    const library = builtPowerCut(t);
    const writer = bundledWriter(t);
    const { dir } = journalConfig(t);
    t.after(() => rmSync(`${dir}.promises`, { force: true }));
    let next = 0;
    let after = 0;
    let lostBytes = 0;
    for (let round = 0; round < CUTS; round++) {
      const first = next;
      lostBytes += await cutRound(library, writer, dir, first, round);
      const damage: string[] = [];
      const items = itemsOf(dir, after, damage);
      assert.deepEqual(damage, []);
      for (const item of items) {
        if (item.kind !== 'batch') continue;
        for (const value of item.batch.value) assert.equal(value, next++, `round ${round}`);
      }
      const promised = promisedIn(dir, first);
      assert.ok(next > promised, `round ${round}: settled up to ${promised}, found up to ${next - 1}`);
      after = items.at(-1)?.seq ?? after;
      if (next > 0) assertChain(dir);
      assert.equal(readLedger(join(dir, 'journal.ledger')).epoch, round + 1, 'the ledger has every opening');
    }
    assert.ok(lostBytes > 0, 'some cuts came between a write and its fsync');
    t.diagnostic(`${next} rows kept, ${lostBytes} bytes lost by ${CUTS} cuts`);
  },
);

/** @returns bytes that were written and lost */
async function cutRound(
  library: string,
  writer: string,
  dir: string,
  first: number,
  round: number,
): Promise<number> {
  using power = new Power(library, dir, round % 2 === 0);
  const child = await startWriter(writer, dir, first, round % EARLY_EVERY === 0 ? 1 : 2, power.env);
  const exited = once(child, 'exit');
  // The moment is random on purpose: whatever it is, what follows must hold.
  await pause(randomInt(0, 80));
  power.cut();
  await exited;
  return power.lostBytes;
}
