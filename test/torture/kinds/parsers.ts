import assert from 'node:assert/strict';
import { noCaptures } from '#test/fuzz/captures.ts';
import { hunt } from '#test/fuzz/hunt.ts';
import { TARGETS } from '#test/fuzz/targets.ts';
import type { Report, Rig, Torture } from '../torture.ts';

async function run(rig: Rig): Promise<Report> {
  const inputs = rig.times(2000, 1_000_000);
  const notes: string[] = noCaptures ? [`without recorded traffic: ${noCaptures}`] : [];
  const findings: string[] = [];
  let tried = 0;
  for (const target of Object.keys(TARGETS)) {
    const progress = (done: number) => rig.progress(`${target}: ${done} of ${inputs}`);
    const hunted = await hunt({ target, seed: rig.seed, inputs, progress });
    tried += hunted.inputs;
    notes.push(`${target}: ${hunted.inputs}, slowest ${Math.round(hunted.slowestMs)} ms`);
    for (const { number, what, input } of hunted.findings)
      findings.push(`${target}, seed ${rig.seed}, input ${number}: ${what}\n  ${input}`);
  }
  assert.deepEqual(findings, []);
  return { tried: [tried, `inputs for ${Object.keys(TARGETS).length} readers`], notes };
}

export const parsers: Torture = {
  name: 'parsers',
  about: 'mutated inputs for every reader: no crash, no hang, no memory without end',
  run,
};
