import assert from 'node:assert/strict';
import { runTests } from '#tools/check/test-run.ts';
import type { Rig, Torture } from '../torture.ts';

const LIMITS = { testMs: 600_000, processMs: 900_000 };

/** What the check does as often as it is promised already: its own tests, run from here. */
const fromTests = (
  name: string,
  about: string,
  what: string,
  each: number,
  files: readonly string[],
): Torture => ({
  name,
  about,
  async run(rig: Rig) {
    const rounds = rig.times(1, 1);
    let passed = 0;
    const notes: string[] = [];
    for (let round = 0; round < rounds; round++) {
      rig.progress(`round ${round + 1} of ${rounds}`);
      const result = await runTests(files, LIMITS);
      assert.equal(result.failed, 0, result.shown.join('\n'));
      passed += result.passed;
      if (result.skipped > 0) notes.push(...result.shown);
    }
    return { tried: [rounds * each, what], notes: [`${passed} tests passed`, ...notes] };
  },
});

export const deadDevices = fromTests(
  'dead-devices',
  'twenty dead devices and brokers for a whole run: memory flat, the good one read as fast as alone',
  'dead devices',
  60,
  ['test/crash/site-devices.test.ts', 'test/crash/dead-peers.test.ts'],
);

export const reloads = fromTests(
  'reloads',
  'a thousand reloads of the site file under load: nothing lost, memory flat, sessions kept',
  'reloads',
  1000,
  ['test/crash/reloads.test.ts'],
);
