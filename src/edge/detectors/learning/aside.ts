import { heardBeside, type SaidFault } from '#edge/beside.ts';
import type { LearningResult } from '#edge/detectors/learning/learning.ts';
import { Fault } from '#kernel/fault.ts';

/** What the thread is started with. */
export interface LearnTask {
  readonly dataDir: string;
  /** The site file that runs. */
  readonly text: string;
  readonly id: string;
  readonly fromUs: number;
  readonly toUs: number;
}

export type FromLearner =
  | { readonly done: number; readonly what: 'reading' | 'learning' }
  | { readonly result: LearningResult }
  | SaidFault;

/** Columns of numbers lie outside of this; `MOST_VALUES` bounds them. */
const LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 8 };

/**
 * Learns in a thread of its own: decisions go on meanwhile.
 * @throws Fault as `learnFrom`; `detector.thread-lost`; the reason of the signal
 */
export async function learnAside(
  task: LearnTask,
  progress: (done: number, what: 'reading' | 'learning') => void,
  signal: AbortSignal,
): Promise<LearningResult> {
  const name = import.meta.url.endsWith('.ts') ? './worker.ts' : './edge-learn-worker.js';
  const how = { task, limits: LIMITS };
  for await (const said of heardBeside<FromLearner>(new URL(name, import.meta.url), how, signal, lost)) {
    if ('result' in said) return said.result;
    progress(said.done, said.what);
  }
  throw lost();
}

const lost = (cause?: unknown): Fault =>
  new Fault('detector.thread-lost', 'the thread that learns ended early', {
    hint: 'name a shorter period, or give the detector a longer everyMs',
    cause,
  });
