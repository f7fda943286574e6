import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTorture } from './run.ts';
import { TORTURES } from './tortures.ts';

/** The same choices in every check. */
export const SEED = 20_260_101;

/** A torture as a test, so often that it takes seconds. */
export function tortured(name: string, times: number): void {
  test(`torture: ${name}`, async (t) => {
    const torture = await TORTURES[name]?.();
    assert.ok(torture);
    const { state, why, tried, rows, notes } = await runTorture(torture, {
      ...{ long: false, seed: SEED, hours: 0.01, times },
      progress: () => {},
    });
    if (state === 'skipped') return t.skip(why ?? '');
    assert.equal(state, 'held', why ?? 'it did not hold');
    t.diagnostic(JSON.stringify({ tried, rows, notes }));
  });
}
