import type { Json } from '#kernel/event.ts';

/*
 * What every detector is. Like all that decides, a detector has no clock, no I/O and no promise: time comes in with the
 * samples, so that a replayed journal gives the same findings. Its memory is set when it is made, and a sample allocates
 * nothing: what is said of a moment is read from fields, and words are made only when somebody asks.
 */

/** Watches one signal or several that are looked at together. */
export interface Detector {
  /** What was learned it with; `kind` names the detector. */
  readonly learned: Learned;
  /**
   * Takes one moment.
   * @param values in the order of `learned.signals`; NaN where a value is missing or bad: such a signal says nothing
   * @param timeUs of the moment, µs since 1970; never less than before
   * @param text what the last signal is, where that is one of texts; undefined where it is missing or bad
   */
  observe(values: Float64Array, timeUs: number, text?: string): void;
  /** It says nothing as things are now: it has not learned them. Absent where a kind never rests by itself. */
  readonly rests?: boolean;
  /** Why it does, a sentence without its full stop; undefined while it does not. */
  whyRest?(): string | undefined;
  /**
   * What it watches was made new while it rested: what it saw before says nothing of it, and what it had found is over.
   * Absent where a rest changes nothing.
   */
  renew?(): void;
  /** How far its figure is on the way to the limit: 1 is at it, more is beyond. NaN while that is not known. */
  readonly ratio: number;
  /** Whether something is found now. It begins above the limit and ends well below, so that it does not flutter. */
  readonly found: boolean;
  /** When the present finding began; NaN while there is none. */
  readonly sinceUs: number;
  /**
   * What it lacks before its figure is known though its signals have their values; undefined where that is not why. Absent
   * of one that the first moment tells enough.
   */
  readonly lacks?: Lack | undefined;
  /**
   * Why: the signals that speak for it, the strongest first; what they say now, also while nothing is found.
   * @param units UCUM codes in the order of the signals, for the words; nothing said is a plain number
   */
  reasons(units?: readonly string[]): readonly Reason[];
  /** All that must survive a restart. */
  snapshot(): Json;
  /** Goes on from a snapshot of a detector of the same learned state; anything else is taken as none. */
  restore(from: Json): void;
}

export interface Reason {
  readonly signal: string;
  /** Part of the figure that is owed to this signal, 0 to 1. */
  readonly share: number;
  /** What it is now (for some detectors smoothed), and what it would be if all were well. NaN where there is no such. */
  readonly value: number;
  readonly expected: number;
  /** Distance of both in usual deviations of good running, with its sign. */
  readonly deviation: number;
  /** A sentence without its full stop. */
  readonly text: string;
}

/** So many more moments, or so much more time of a window. */
export type Lack = { readonly moments: number } | { readonly us: number };

/** What a detector learned: the content of its file. */
export interface Learned {
  readonly kind: string;
  readonly signals: readonly string[];
  /** What people may set; all of it is spelled out. */
  readonly settings: { readonly [name: string]: number };
  readonly state: { readonly [name: string]: Json };
}

/** A stretch of good running: a column for each signal, a row for each moment; NaN where a value is missing. */
export interface Period {
  readonly signals: readonly string[];
  readonly columns: readonly Float64Array[];
  /** Where the last signal is one of texts: what the numbers in its column stand for; none where that is no usable one. */
  readonly texts?: readonly string[];
}

/**
 * How sure a detector is that what it sees is none of the good running that it learned from: 0.5 at the limit, towards 1
 * beyond it; 0 while it does not know.
 */
export const certaintyOf = ({ ratio }: Pick<Detector, 'ratio'>): number =>
  ratio > 0 ? ratio ** 2 / (1 + ratio ** 2) : 0;
