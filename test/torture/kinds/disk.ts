import assert from 'node:assert/strict';
import { allAccountedFor } from '#test/crash/accounts.ts';
import { startOnDisk } from '#test/crash/logging-site.ts';
import { until } from '#test/until.ts';
import { pause, pick, type Report, type Rig, type Torture } from '../torture.ts';

const TROUBLES = ['full', 'read-only', 'full then read-only'] as const;
const MOST_MEMORY = 450 * 2 ** 20;

async function run(rig: Rig): Promise<Report> {
  const { chance } = rig;
  const { disk, machines, edge, seenDir } = await startOnDisk(rig, 48, 64);
  const rounds = rig.times(2, 100);
  for (let round = 0; round < rounds; round++) {
    const trouble = pick(chance, TROUBLES);
    rig.progress(`round ${round + 1} of ${rounds}: ${trouble}`);
    if (trouble !== 'read-only') disk.fill();
    if (trouble !== 'full') disk.remount('ro');
    await until(
      'the journal has a fault',
      async () => {
        if (trouble === 'full') disk.fill();
        return (await edge.status()).journal.fault !== undefined;
      },
      60_000,
    );
    await pause(chance.uniform() * 1500);
    await machines.level(95);
    await until('it decides', async () => (await edge.alarm('high')).state !== 'normal', 30_000);
    disk.remount('rw');
    disk.free();
    await until('it has recovered', async () => (await edge.status()).journal.fault === undefined, 60_000);
    const { memoryBytes } = await edge.status();
    assert.ok(memoryBytes < MOST_MEMORY, `${memoryBytes} bytes of memory in round ${round}`);
    await machines.level(1);
    await pause(chance.uniform() * 500);
  }
  await machines[Symbol.asyncDispose]();
  const { kept, said, told, samples } = await allAccountedFor(rig, edge, seenDir);
  return {
    tried: [rounds, 'times a full or read-only disk'],
    rows: {
      acquired: samples,
      stored: kept,
      counted: told.rows,
      reasons: told.reasons,
      lost: Math.max(0, samples - kept - told.rows),
    },
    notes: [`${said} rows of the site itself`],
  };
}

export const disk: Torture = {
  name: 'disk',
  about:
    'a site under load whose disk is full or read-only again and again: decisions go on, every loss is counted',
  impossible: process.platform === 'linux' ? false : 'needs mount namespaces of Linux',
  run,
};
