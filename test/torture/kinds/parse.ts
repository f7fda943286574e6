import assert from 'node:assert/strict';
import { noCaptures } from '#test/fuzz/captures.ts';
import { hunt } from '#test/fuzz/hunt.ts';
import { slowOnes } from '#test/fuzz/targets.ts';
import type { Torture } from '../torture.ts';

/** Mutated inputs for one reader. */
export const parse = (target: string): Torture => ({
  name: `parse:${target}`,
  about: 'mutated inputs for a reader: no crash, no hang, no memory without end',
  async run(rig) {
    const inputs = rig.times(slowOnes.has(target) ? 300 : 3000, 1_000_000);
    const progress = (done: number) => rig.progress(`${done} of ${inputs}`);
    const { findings, slowestMs, grownMb, ...hunted } = await hunt({
      target,
      seed: rig.seed,
      inputs,
      progress,
    });
    const told = findings.map(({ number, what, input }) => `input ${number}: ${what}\n  ${input}`);
    assert.deepEqual(told, [], `seed ${rig.seed}`);
    const notes = [`slowest ${Math.round(slowestMs)} ms`, `memory grew by ${Math.round(grownMb)} MB at most`];
    if (target.startsWith('modbus') && noCaptures) notes.push('without recorded traffic');
    return { tried: [hunted.inputs, 'inputs'], notes };
  },
});
