import { type Line, newLine, stepLine } from '#plant/physics/line.ts';
import { instruments, type Signals } from '#plant/physics/measure.ts';
import { packagingSignals, utilitySignals } from '#plant/physics/measure-site.ts';
import { seededNoise } from '#plant/physics/noise.ts';
import { newPackaging, type Packaging, stepPackaging } from '#plant/physics/packaging.ts';
import { shift } from '#plant/physics/shift.ts';
import { newUtilities, stepUtilities, type Utilities } from '#plant/physics/utilities.ts';

/** Lines of the plant, numbered from 1. */
export const LINES = 3;
/** Longest step that keeps the balances fine. */
const STEP_S = 0.1;

export interface World {
  readonly lines: readonly Line[];
  readonly utilities: Utilities;
  readonly packaging: Packaging;
  /** Moves all lines and what stands around them on, in steps of at most a tenth of a second. Deterministic for a seed and a sequence of steps. */
  step(dtS: number): void;
  /** What the instruments of each line show now; noise makes each look a little different. */
  measure(): readonly Signals[];
  measureUtilities(): Signals;
  measurePackaging(): Signals;
}

/** @param people whether somebody changes products and stops a line now and then */
export function createWorld(seed = 1, people = true): World {
  const lines = Array.from({ length: LINES }, (_, i) => newLine(i + 1));
  const process = seededNoise(seed);
  const shifts = lines.map((_, i) => (people ? shift(i + 1) : () => {}));
  const readers = lines.map((_, i) => instruments(seededNoise(seed * 1000 + i)));
  const utilities = newUtilities(LINES);
  const packaging = newPackaging();
  const utilityNoise = seededNoise(seed * 1000 + 100);
  const packagingNoise = seededNoise(seed * 1000 + 101);
  const step = (dtS: number) => {
    for (const [i, line] of lines.entries()) {
      stepLine(line, process, dtS);
      shifts[i]?.(line);
    }
    const bottlesPerMin = lines.reduce((sum, { filler }) => sum + filler.ratePerMin, 0);
    stepPackaging(packaging, { bottlesPerMin, airBar: utilities.air.headerBar }, dtS);
    stepUtilities(utilities, lines, packaging, dtS);
  };
  return {
    lines,
    utilities,
    packaging,
    step(dtS) {
      const steps = Math.max(Math.ceil(dtS / STEP_S - 1e-9), 1);
      for (let s = 0; s < steps; s++) step(dtS / steps);
    },
    measureUtilities: () => utilitySignals(utilities, utilityNoise),
    measurePackaging: () => packagingSignals(packaging, packagingNoise),
    measure: () => lines.map((line, i) => (readers[i] as ReturnType<typeof instruments>)(line)),
  };
}
