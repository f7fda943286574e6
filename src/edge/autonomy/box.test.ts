import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { flashLife, freeBytes, writtenByProcess } from './box.ts';
import { readTimeSync } from './time-sync.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-box-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

/** A sysfs in which the folder lies on the first partition of an eMMC that says this. */
async function sysOf(dir: string, lifeTime: string): Promise<string> {
  const { dev } = await stat(dir);
  const number = `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
  const device = join(dir, 'devices/mmcblk0');
  await mkdir(join(device, 'mmcblk0p1'), { recursive: true });
  await mkdir(join(device, 'device'));
  await writeFile(join(device, 'device/life_time'), lifeTime);
  await mkdir(join(dir, 'dev/block'), { recursive: true });
  await symlink(join(device, 'mmcblk0p1'), join(dir, 'dev/block', number));
  return dir;
}

test('an eMMC tells its wear by the worse of both its kinds of memory', async (t) => {
  const dir = await folder(t);
  const life = await flashLife(dir, await sysOf(dir, '0x01 0x03\n'));
  assert.deepEqual(life, { usedShare: 0.3, said: 'mmcblk0: 20 to 30 % used' });
});

test('one that tells nothing is not guessed', async (t) => {
  const dir = await folder(t);
  const { usedShare, said } = await flashLife(dir, await sysOf(dir, '0x00 0x00\n'));
  assert.equal(usedShare, undefined);
  assert.match(said, /does not tell its wear: life_time 0x00 0x00/);
  const empty = await folder(t);
  assert.deepEqual(await flashLife(empty, empty), { said: 'its file system is on no block device' });
  assert.match((await flashLife(join(empty, 'gone'), empty)).said, /cannot be looked at/);
});

test('what the kernel does not count is not known', async (t) => {
  const dir = await folder(t);
  assert.equal(await writtenByProcess(dir), undefined);
  await mkdir(join(dir, 'self'));
  await writeFile(join(dir, 'self/io'), 'wchar: 99\nwrite_bytes: 4096\ncancelled_write_bytes: 1\n');
  assert.equal(await writtenByProcess(dir), 4096);
  assert.ok(((await freeBytes(dir)) ?? 0) > 0);
  assert.equal(await freeBytes(join(dir, 'gone')), undefined);
});

const CHRONY =
  'C0A80001,192.168.0.1,3,1800000000.5,0.000012,-0.000020,0.000030,-17.500,0.001,0.250,0.0005,0.0001,64.2';

test('chrony tells whether a server is followed, and how well it knows the clock', async () => {
  const said = (leap: string) => readTimeSync(async () => `${CHRONY},${leap}\n`);
  assert.deepEqual(await said('Normal'), {
    state: 'synchronised',
    why: 'chrony follows 192.168.0.1, 0.012 ms off',
    lastUs: 1_800_000_000_500_000,
    driftPpm: 0.25,
  });
  assert.equal((await said('Not synchronised')).state, 'unsynchronised');
});

test('without chrony the state of the kernel counts, and without both nothing is known', async (t) => {
  const stamp = join(await folder(t), 'synchronized');
  const asked = (answer: string | undefined) =>
    readTimeSync(async (program) => (program === 'timedatectl' ? answer : undefined), stamp);
  assert.deepEqual(await asked('no\n'), {
    state: 'unsynchronised',
    why: 'the kernel says not synchronised',
  });
  await writeFile(stamp, '');
  await utimes(stamp, 1_700_000_000, 1_700_000_000);
  const { state, lastUs } = await asked('yes\n');
  assert.deepEqual([state, lastUs], ['synchronised', 1_700_000_000_000_000]);
  assert.equal((await asked(undefined)).state, 'unknown');
  assert.equal((await asked('nonsense')).state, 'unknown');
});
