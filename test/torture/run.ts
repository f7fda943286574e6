import { seededNoise } from '#plant/physics/noise.ts';
import type { Result } from './results.ts';
import type { Report, Rig, Torture } from './torture.ts';

export interface Form {
  readonly long: boolean;
  readonly seed: number;
  readonly hours: number;
  /** How often, whatever the form. */
  readonly times?: number | undefined;
  readonly progress: (text: string) => void;
  /** Ends it early: what it opened is tidied up all the same. */
  readonly signal?: AbortSignal;
}

/** Runs one torture and tidies up behind it. Never throws: what did not hold is in the result. */
export async function runTorture(torture: Torture, form: Form): Promise<Result> {
  const { long, seed } = form;
  const startMs = performance.now();
  const known = { name: torture.name, long, seed, on: new Date().toISOString().slice(0, 10) };
  const seconds = () => Math.round((performance.now() - startMs) / 100) / 10;
  if (torture.impossible) return { ...known, state: 'skipped', why: torture.impossible, seconds: 0 };
  const tidy: (() => unknown)[] = [];
  const rig: Rig = {
    ...form,
    chance: seededNoise(seed),
    times: (few, many) => form.times ?? (long ? many : few),
    after: (done) => void tidy.push(done),
  };
  try {
    const report = await Promise.race([torture.run(rig), interruption(form.signal)]);
    const problem = contradiction(report);
    return {
      ...known,
      ...report,
      seconds: seconds(),
      ...(problem ? { state: 'broken', why: problem } : { state: 'held' }),
    };
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...known, state: 'broken', why, seconds: seconds() };
  } finally {
    for (const done of tidy.reverse()) await done();
  }
}

/** Never resolves; rejects when the signal says so. */
const interruption = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    const stop = () => reject(new Error('interrupted'));
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });

/** What holds after each: acquired is what is stored and what is counted as lost, and nothing was not tried at all. */
function contradiction({ tried, rows }: Report): string | undefined {
  if (!(tried[0] > 0)) return `nothing was tried: ${tried.join(' ')}`;
  if (!rows) return undefined;
  if (!(rows.acquired > 0)) return 'no sample was acquired';
  if (rows.lost !== 0) return `${rows.lost} samples are lost without a word`;
  if (rows.stored + rows.counted < rows.acquired)
    return `${rows.acquired} acquired, ${rows.stored} stored and ${rows.counted} counted as lost`;
  return undefined;
}
