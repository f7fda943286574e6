import { type Line, newLine, stepLine } from '#plant/physics/line.ts';
import { instruments, type Signals } from '#plant/physics/measure.ts';
import { seededNoise } from '#plant/physics/noise.ts';

/** Lines of the plant, numbered from 1. */
export const LINES = 3;
/** Longest step that keeps the balances fine. */
const STEP_S = 0.1;

export interface World {
  readonly lines: readonly Line[];
  /** Moves all lines on, in steps of at most a tenth of a second. Deterministic for a seed and a sequence of steps. */
  step(dtS: number): void;
  /** What the instruments of each line show now; noise makes each look a little different. */
  measure(): readonly Signals[];
}

export function createWorld(seed = 1): World {
  const lines = Array.from({ length: LINES }, (_, i) => newLine(i + 1));
  const process = seededNoise(seed);
  const readers = lines.map((_, i) => instruments(seededNoise(seed * 1000 + i)));
  return {
    lines,
    step(dtS) {
      const steps = Math.max(Math.ceil(dtS / STEP_S - 1e-9), 1);
      for (let s = 0; s < steps; s++) for (const line of lines) stepLine(line, process, dtS / steps);
    },
    measure: () => lines.map((line, i) => (readers[i] as ReturnType<typeof instruments>)(line)),
  };
}
