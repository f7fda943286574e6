import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { seededNoise } from '#plant/physics/noise.ts';
import type { Finding, Hunt, Shared } from './hunt.ts';
import { mutated } from './mutate.ts';
import { TARGETS } from './targets.ts';

/* The thread of hunt.ts that reads: one input after the other, each made from the seed and its own number alone. */

const { target: name, seed, inputs, from = 0, place, input: shown } = workerData as Hunt & Shared;
/** So many findings are enough to look at. */
const ENOUGH = 5;
/** Node lets go of what a decompression that failed had in hand only after a turn of its loop. */
const TURN = 1000;

const target = await TARGETS[name]?.();
if (!target) throw new Error(`there is no target ${name}; targets are: ${Object.keys(TARGETS).join(', ')}`);
const seeds = target.seeds(seed).filter(({ length }) => length > 0);
let slowestMs = 0;
let findings = 0;
for (let number = from; number < from + inputs && findings < ENOUGH; number++) {
  const chance = seededNoise(Math.imul(number + 1, 0x9e37_79b1) ^ seed);
  const input = mutated(seeds, chance, target.isText);
  shown.set(input);
  place[1] = input.length;
  Atomics.store(place, 0, number);
  const startMs = performance.now();
  try {
    target.read(input, chance);
  } catch (error) {
    findings++;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const hex = Buffer.from(input.subarray(0, 2000)).toString('hex');
    parentPort?.postMessage({ number, what, input: hex } satisfies Finding);
  }
  slowestMs = Math.max(slowestMs, performance.now() - startMs);
  if (number % TURN === 0) await setImmediate();
}
parentPort?.postMessage({ slowestMs });
