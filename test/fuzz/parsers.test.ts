import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hunt } from './hunt.ts';
import { slowOnes, TARGETS } from './targets.ts';

/** The same inputs in every check; scripts/torture has more of them, and others each time. */
const SEED = 20_260_101;
const INPUTS = 3000;
const SLOW_INPUTS = 300;

for (const target of Object.keys(TARGETS)) {
  test(`${target}: no mutated input crashes, hangs or takes memory without end`, async (t) => {
    const { findings, slowestMs, inputs } = await hunt({
      target,
      seed: SEED,
      inputs: slowOnes.has(target) ? SLOW_INPUTS : INPUTS,
    });
    t.diagnostic(`${inputs} inputs, the slowest took ${slowestMs.toFixed(1)} ms`);
    assert.deepEqual(findings, []);
  });
}
