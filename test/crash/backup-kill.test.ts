import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { verifyArchive } from '#edge/backup/archive.ts';
import { folderOf, leftSite } from '#edge/backup/fixture.ts';
import { journalDir } from '#edge/data-folder.ts';
import { openReader } from '#journal/reader.ts';
import { Sandbox } from '../e2e/sandbox.ts';
import { until } from '../until.ts';
import { SmallDisk } from './small-disk.ts';

const KILLS = 5;
/** Enough that copying takes a while. */
const BATCHES = 4000;

/** Kills the program so long after it began to write. @returns whether it had ended by itself */
async function killed(
  box: Sandbox,
  args: readonly string[],
  begun: string,
  afterMs: number,
): Promise<boolean> {
  const run = box.start(args);
  await until('it writes', () => existsSync(begun) || run.child.exitCode !== null, 60_000);
  await pause(afterMs);
  const { status } = await run.stop('SIGKILL');
  return status === 0;
}

async function prepared(t: TestContext, batches = BATCHES) {
  const dir = folderOf(t);
  const data = join(dir, 'data');
  await leftSite(data, { batches, identity: false });
  return { dir, data, out: join(dir, 'site.backup') };
}

test('a backup that is killed leaves the one before it, or a whole new one', async (t) => {
  await using box = new Sandbox();
  const { dir, data, out } = await prepared(t);
  const args = ['backup', '--data', data, '--out', out, '--with-samples'];
  for (let kill = 0; kill < KILLS; kill++) {
    await killed(box, args, `${out}.new/journal.db`, 60 * kill);
    if (existsSync(out)) await verifyArchive(out);
  }
  const { status, stderr } = await box.run(...args);
  assert.equal(status, 0, stderr);
  assert.equal((await verifyArchive(out)).manifest.samples, true);
  assert.deepEqual(readdirSync(dir).sort(), ['data', 'site.backup']);
});

test('a restore that is killed leaves no folder or a whole one', async (t) => {
  await using box = new Sandbox();
  const { dir, data, out } = await prepared(t);
  const made = await box.run('backup', '--data', data, '--out', out, '--with-samples');
  assert.equal(made.status, 0, made.stderr);
  for (let kill = 0; kill < KILLS; kill++) {
    const to = join(dir, `restored-${kill}`);
    const args = ['restore', out, '--data', to];
    await killed(box, args, `${to}.restoring/site`, 60 * kill);
    if (!existsSync(to)) {
      const { status, stderr } = await box.run(...args);
      assert.equal(status, 0, stderr);
    }
    using reader = openReader(journalDir(to));
    assert.equal(reader.verify().broken, undefined);
    assert.equal(reader.rowsAfter(0), BATCHES * 1000);
    assert.ok(existsSync(join(to, 'site.yaml')));
  }
});

test('a full disk is said, and nothing half is left on it', {
  skip: process.platform === 'linux' ? false : 'needs mount namespaces of Linux',
}, async (t) => {
  await using box = new Sandbox();
  await using disk = await SmallDisk.open(2);
  const { data, out } = await prepared(t, 800);
  const under = { under: disk.wrap };
  const copied = await box.start(
    ['backup', '--data', data, '--out', join(disk.mount, 'site.backup'), '--with-samples'],
    under,
  ).ended;
  assert.equal(copied.status, 1);
  assert.match(copied.stderr, /cannot write .*site\.backup.*backup\.out/s);
  assert.deepEqual(readdirSync(disk.seen), []);

  const made = await box.run('backup', '--data', data, '--out', out, '--with-samples');
  assert.equal(made.status, 0, made.stderr);
  mkdirSync(join(disk.seen, 'within'));
  const restored = await box.start(['restore', out, '--data', join(disk.mount, 'within/data')], under).ended;
  assert.equal(restored.status, 1);
  assert.match(restored.stderr, /cannot restore to .*restore\.folder/s);
  assert.deepEqual(readdirSync(join(disk.seen, 'within')), []);
});
