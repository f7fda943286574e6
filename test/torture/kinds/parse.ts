import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { noCaptures } from '#test/fuzz/captures.ts';
import { type Hunted, hunt } from '#test/fuzz/hunt.ts';
import { slowOnes } from '#test/fuzz/targets.ts';
import type { Torture } from '../torture.ts';

/** To start a thread for fewer is not worth it. */
const LEAST_PART = 10_000;

/** Mutated inputs for one reader. */
export const parse = (target: string): Torture => ({
  name: `parse:${target}`,
  about: 'mutated inputs for a reader: no crash, no hang, no memory without end',
  async run(rig) {
    const inputs = rig.times(slowOnes.has(target) ? 300 : 3000, 1_000_000);
    const { findings, slowestMs, grownMb } = await huntBeside({ target, seed: rig.seed, inputs }, (done) =>
      rig.progress(`${done} of ${inputs}`),
    );
    const told = findings.map(({ number, what, input }) => `input ${number}: ${what}\n  ${input}`);
    assert.deepEqual(told, [], `seed ${rig.seed}`);
    const notes = [`slowest ${Math.round(slowestMs)} ms`, `memory grew by ${Math.round(grownMb)} MB at most`];
    if (target.startsWith('modbus') && noCaptures) notes.push('without recorded traffic');
    return { tried: [inputs, 'inputs'], notes };
  },
});

/** An input is made from the seed and its number alone: of a slow reader's, each processor reads a part. */
async function huntBeside(
  { inputs, ...what }: { readonly target: string; readonly seed: number; readonly inputs: number },
  progress: (done: number) => void,
): Promise<Pick<Hunted, 'findings' | 'slowestMs' | 'grownMb'>> {
  // Memory is that of the process: where it comes near its limit, one thread reads all.
  const parts = slowOnes.has(what.target)
    ? Math.min(availableParallelism(), Math.ceil(inputs / LEAST_PART))
    : 1;
  const done = new Array<number>(parts).fill(0);
  const all = await Promise.all(
    done.map((_, part) => {
      const [from, to] = [Math.floor((part * inputs) / parts), Math.floor(((part + 1) * inputs) / parts)];
      return hunt({
        ...{ ...what, from, inputs: to - from },
        progress(number) {
          done[part] = Math.max(0, number - from);
          progress(done.reduce((sum, one) => sum + one));
        },
      });
    }),
  );
  const missing = inputs - all.reduce((sum, hunted) => sum + hunted.inputs, 0);
  const findings = all.flatMap((hunted) => hunted.findings);
  assert.ok(missing === 0 || findings.length > 0, `${missing} inputs were not read`);
  return {
    findings,
    slowestMs: Math.max(...all.map((hunted) => hunted.slowestMs)),
    grownMb: Math.max(...all.map((hunted) => hunted.grownMb)),
  };
}
