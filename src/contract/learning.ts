import type { FaultStatus } from '#contract/api.ts';

/** How fit a period is to learn from: what is unfit is refused, what is doubtful is learned and says so. */
export type Fitness = 'fit' | 'doubtful' | 'unfit';

/** What a period of the past is good for, and what a detector learned from it. */
export interface LearningReport {
  /** Moments that were learned from. */
  readonly rows: number;
  readonly fit: Fitness;
  /** What is to be known of the period, what weighs most first. */
  readonly findings: readonly PeriodFinding[];
  readonly signals: readonly LearnedSignal[];
  /** Of a kind that learns by context: those that were there longest first. */
  readonly contexts?: readonly ReportedContext[];
}

export interface PeriodFinding {
  /**
   * Values that are missing; moments without news; moments in which the detector rests; values outside of the engineering range; a signal that
   * stands still; too few moments; alarms and alerts of that time; a level that changed; a signal that this kind of
   * detector does not watch; what was calculated anew; contexts that were there too seldom.
   */
  readonly what:
    | 'gaps'
    | 'quiet'
    | 'rest'
    | 'range'
    | 'still'
    | 'short'
    | 'alarms'
    | 'change'
    | 'unwatched'
    | 'calculated'
    | 'contexts';
  readonly fit: Fitness;
  readonly signal?: string;
  /** Part of the period that it concerns, 0 to 1. */
  readonly share?: number;
  /** A sentence without its full stop. */
  readonly text: string;
}

export interface LearnedSignal {
  readonly signal: string;
  /** Part of the moments in which its value was known, 0 to 1. */
  readonly known: number;
  /** Least and greatest value; null where none was known. */
  readonly low: number | null;
  readonly high: number | null;
}

/** A product, a recipe, a shift in the period. */
export interface ReportedContext {
  /** A text in quotes, or a number. */
  readonly context: string;
  readonly moments: number;
  /** How often it was there for long enough to settle. */
  readonly visits: number;
  /** Parts of the day in which it was there, and those of them in which it was learned; 0: it was there too seldom. */
  readonly parts: number;
  readonly learned: number;
}

/** In words whether a context was learned. */
export const contextLearned = ({ parts, learned }: Pick<ReportedContext, 'parts' | 'learned'>): string => {
  if (learned === 0) return 'no: too seldom';
  return learned < parts ? `in ${learned} of ${parts} parts of the day` : 'yes';
};

/** How learning a detector goes, or went. */
export interface LearningStatus {
  readonly id: string;
  /** `refused`: the period is unfit; `ended`: somebody ended it. */
  readonly state: 'running' | 'done' | 'refused' | 'failed' | 'ended';
  /** From 0 to 1. */
  readonly done: number;
  readonly what: 'reading' | 'learning';
  readonly fromUs: number;
  readonly toUs: number;
  /** Nothing is kept. */
  readonly dryRun: boolean;
  readonly by: string;
  readonly startedUs: number;
  readonly report?: LearningReport;
  /** Of what was learned. */
  readonly digest?: string;
  readonly fault?: FaultStatus;
}
