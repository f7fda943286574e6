import assert from 'node:assert/strict';
import { type Account, allAccountedFor } from '#test/crash/accounts.ts';
import type { EdgeProcess } from '#test/crash/edge-process.ts';
import { startOnDisk } from '#test/crash/logging-site.ts';
import { until } from '#test/until.ts';
import { pause, type Report, type Rig, type Torture } from '../torture.ts';

/**
 * A window of 48 MB waits for the disk, in texts of 8 kB; as much again is on its way to the journal's thread, and V8 lets the
 * heaps of both grow to some times what lives in them before it collects. Beyond this something grows.
 */
const MOST_MEMORY = 512 * 2 ** 20;
/** One of so many rounds starts on a read-only disk: what is open for writing keeps a file system from turning so. */
const READ_ONLY = 0.25;

type Started = Awaited<ReturnType<typeof startOnDisk>>;

const isWell = async (edge: EdgeProcess) => (await edge.status()).journal.fault === undefined;

/** Somebody else fills the disk under a running site, which goes on to decide. */
async function filled(rig: Rig, { disk, machines }: Started, edge: EdgeProcess): Promise<void> {
  const { lostRows } = (await edge.status()).journal;
  await until(
    'the journal has a fault, or gives up what is oldest',
    async () => {
      disk.fill();
      const { journal } = await edge.status();
      return journal.fault !== undefined || journal.lostRows > lostRows;
    },
    60_000,
  );
  await pause(rig.chance.uniform() * 1500);
  await machines.level(95);
  await until('it decides', async () => (await edge.alarm('high')).state !== 'normal', 30_000);
  disk.free();
  await until('it has recovered', () => isWell(edge), 60_000);
  await machines.level(1);
}

async function run(rig: Rig): Promise<Report> {
  const started = await startOnDisk(rig, 48, 64);
  const { disk, machines, seenDir, again } = started;
  let { edge } = started;
  let earlier: Account | undefined;
  let acquired = 0;
  /** Of a site that comes to rest: while the machines log on it never would. */
  const account = async () => {
    await machines.quiet();
    const { samples, ...found } = await allAccountedFor(rig, edge, seenDir, earlier);
    acquired += samples;
    earlier = found;
    return found;
  };
  const rounds = rig.times(2, 100);
  let starts = 0;
  let most = 0;
  for (let round = 0; round < rounds; round++) {
    rig.progress(`round ${round + 1} of ${rounds}`);
    if (rig.chance.uniform() < READ_ONLY) {
      starts++;
      await account();
      machines.again();
      disk.remount('ro');
      edge = again();
      const next = edge;
      rig.after(() => next.kill());
      await until('it cannot write', () => edge.ended || edge.said.includes('"code":"journal.'), 60_000);
      disk.remount('rw');
      await edge.up();
      await until('it has recovered', () => isWell(edge), 60_000);
    } else await filled(rig, started, edge);
    const { memoryBytes } = await edge.status();
    most = Math.max(most, memoryBytes);
    assert.ok(memoryBytes < MOST_MEMORY, `${memoryBytes} bytes of memory in round ${round}`);
    await pause(rig.chance.uniform() * 500);
  }
  await machines[Symbol.asyncDispose]();
  const { kept, said, told } = await account();
  return {
    tried: [rounds, 'times a full or read-only disk'],
    rows: {
      acquired,
      stored: kept,
      counted: told.rows,
      reasons: told.reasons,
      lost: Math.max(0, acquired - kept - told.rows),
    },
    notes: [
      `${said} rows of the site itself`,
      `${starts} starts on a read-only disk`,
      `at most ${Math.round(most / 2 ** 20)} MB resident`,
    ],
  };
}

export const disk: Torture = {
  name: 'disk',
  about:
    'a site under load whose disk is full or read-only again and again: decisions go on, every loss is counted',
  impossible: process.platform === 'linux' ? false : 'needs mount namespaces of Linux',
  run,
};
