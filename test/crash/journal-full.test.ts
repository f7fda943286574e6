import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./journal-full.ts', import.meta.url));

/**
 * Runs the child on a file system of its own size in a mount namespace of its own, which ends with it. Without root a
 * user namespace gives the right to mount.
 */
function onSmallDisk(megabytes: number, mode: string): Record<string, never> & ReturnType<typeof JSON.parse> {
  const mount = mkdtempSync(join(tmpdir(), 'holdfast-full-'));
  const script = 'mount -t tmpfs -o size="$1"m none "$2" && exec "$3" "$4" "$2" "$5"';
  const own = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--user', '--map-root-user'];
  const args = [...own, 'sh', '-c', script, 'sh', `${megabytes}`, mount, process.execPath, CHILD, mode];
  const done = spawnSync('unshare', args, { encoding: 'utf8', timeout: 60_000 });
  rmdirSync(mount);
  assert.equal(done.status, 0, `${done.stderr}\n${done.stdout}`);
  return JSON.parse(done.stdout);
}

const options = { skip: process.platform === 'linux' ? false : 'needs mount namespaces of Linux' };

test('on a full disk the oldest samples make room for new ones, and every one is told', options, () => {
  const seen = onSmallDisk(24, 'shrink');
  assert.deepEqual(seen.unexpected, []);
  assert.equal(seen.results.durable, 120, JSON.stringify(seen));
  assert.equal(seen.fault, undefined);
  assert.ok(seen.lostRows > 0);
  assert.equal(seen.kept + seen.told, seen.rows);
  assert.deepEqual(seen.reasons, ['disk-full']);
  assert.equal(seen.events, 120);
  assert.equal(seen.broken, undefined);
});

test('on a full disk new tags get their room too', options, () => {
  const seen = onSmallDisk(24, 'tags');
  assert.deepEqual(seen.unexpected, []);
  assert.equal(seen.results.durable, 120, JSON.stringify(seen));
  assert.equal(seen.tags, 120);
  assert.equal(seen.kept + seen.told, seen.rows);
});

test(
  'a backlog larger than the room left is written after others took every byte and gave a few back',
  options,
  () => {
    const seen = onSmallDisk(48, 'crowd');
    assert.deepEqual(seen.unexpected, []);
    assert.equal(seen.fault, undefined);
    assert.equal(seen.kept + seen.told, seen.rows);
    assert.equal(seen.broken, undefined);
  },
);

test('a disk without a free byte: nothing throws, memory is bounded, it recovers by itself', options, () => {
  const seen = onSmallDisk(12, 'starve');
  assert.deepEqual(seen.unexpected, []);
  assert.equal(seen.fault, 'journal.full', JSON.stringify(seen));
  assert.ok(seen.results['journal.full'] > 0);
  assert.ok(seen.most <= 2.5 * 2 ** 20, `${seen.most} bytes pending`);
  assert.ok(seen.lostRows > 0);
  assert.equal(seen.last, 'durable');
  assert.equal(seen.newest, 42);
  assert.equal(seen.kept + seen.told, seen.rows);
  assert.equal(seen.events, 300);
  assert.equal(seen.broken, undefined);
});

test('a site that starts on a full disk knows its tags, and writes once there is space', options, () => {
  const seen = onSmallDisk(8, 'start');
  assert.deepEqual(seen.unexpected, []);
  assert.equal(seen.fault, 'journal.full', JSON.stringify(seen));
  assert.equal(seen.tags, 1);
  assert.equal(seen.result, 'journal.full');
  assert.equal(seen.kept, 2);
  assert.deepEqual(seen.sources, ['plc', 'other']);
});
