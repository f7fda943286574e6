import type { Noise } from '#plant/physics/noise.ts';
import type { Scope } from '#test/scope.ts';

/** One way to try to break a site. */
export interface Torture {
  readonly name: string;
  /** What is done, and what must hold: one sentence. */
  readonly about: string;
  /** Why it cannot be done here, if so. */
  readonly impossible?: string | false;
  /** @throws what did not hold */
  run(rig: Rig): Promise<Report>;
}

/** What a torture is given; all that it opens is tidied up when it ends, however it does. */
export interface Rig extends Scope {
  readonly long: boolean;
  /** The same seed makes the same choices; what the machine does meanwhile stays its own. */
  readonly seed: number;
  readonly chance: Noise;
  /** How long what goes on by time is to last. */
  readonly hours: number;
  /** How often, unless the command line says so. */
  times(short: number, long: number): number;
  /** Shown while it runs. */
  progress(text: string): void;
}

export interface Report {
  /** How often, of what: `50 kills`. */
  readonly tried: readonly [count: number, what: string];
  /** Samples; absent where none are counted. */
  readonly rows?: Rows;
  /** What else was measured. */
  readonly notes?: readonly string[];
}

export interface Rows {
  /** Handed over by sources, or promised to them. */
  readonly acquired: number;
  /** Of those in the journal. */
  readonly stored: number;
  /** Of those told as lost there, and why. */
  readonly counted: number;
  readonly reasons?: readonly string[];
  /** Neither: must be 0. */
  readonly lost: number;
  /** Delivered again by an at-least-once sender, and therefore there more than once. */
  readonly twice?: number;
}

export const pick = <T>(chance: Noise, from: readonly T[]): T =>
  from[Math.floor(chance.uniform() * from.length)] as T;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
