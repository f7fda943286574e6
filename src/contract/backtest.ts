import type { Problem } from '#contract/model.ts';
import type { Json } from '#kernel/event.ts';

/** What a back-test says, also as `--json`. `file` is the site file that is tried, `past` what it is held against. */
export interface BacktestReport {
  readonly file: string;
  readonly data: string;
  /**
   * Where the rows come from: the journal, in the order in which they were decided on, or the historian, which reaches
   * further back and knows source times only. `notes` says what that means.
   */
  readonly past: 'journal' | 'history';
  /**
   * What the file is held against: what the site recorded of itself, its present file over the same rows, or nothing,
   * where a historian has no record. Then all that the file finds is a difference.
   */
  readonly against: 'record' | 'current' | 'nothing';
  readonly fromUs: number;
  readonly toUs: number;
  /** Replayed, with those that rules and alarms settled on. */
  readonly rows: number;
  readonly rowsPerS: number;
  readonly equal: boolean;
  /** Tags of the file that the past does not have, and those of which no row came in this time. */
  readonly unknownTags: readonly string[];
  readonly silentTags: readonly string[];
  /** What is to be known beside the figures, in sentences. */
  readonly notes: readonly string[];
  readonly subjects: readonly BacktestSubject[];
  /** In the order of time; the first ones where there are very many. */
  readonly differences: readonly BacktestDifference[];
  readonly differenceCount: number;
}

/** What a running site says of a back-test: how far it has come (0 to 1), or its end. */
export type BacktestLine =
  | { readonly part: number; readonly rows: number; readonly rowsPerS: number }
  | { readonly problems: readonly Problem[] }
  | { readonly report: BacktestReport };

/** A rule, an alarm, or what a rule told, wrote or sent. */
export interface BacktestSubject {
  readonly kind: 'rule' | 'alarm' | 'alert' | 'write' | 'send';
  /** Of the rule or alarm; for alerts, writes and messages the rule. */
  readonly id: string;
  /** Tag that is written, or actuator. */
  readonly to?: string;
  readonly file: BacktestTally | undefined;
  readonly past: BacktestTally | undefined;
}

export interface BacktestTally {
  /** How often it was raised, switched on, written or sent. */
  readonly count: number;
  /** Writes that a limit refuses. */
  readonly refused?: number;
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
  /** Rules on, alarms raised, alerts standing; absent for writes and messages. */
  readonly activeUs?: number;
  /** From, to; from, to; … of the time active, or the moments of writes and messages twice. */
  readonly spans: readonly number[];
}

export interface BacktestDifference {
  readonly timeUs: number;
  /** Who has it; the other one has not. */
  readonly in: 'file' | 'past';
  readonly kind: BacktestSubject['kind'];
  readonly id: string;
  /** In words: `normal → unacknowledged`, `line1/pump/speed = 1200`. */
  readonly what: string;
  readonly value?: Json;
  /** Why a write would be refused. */
  readonly refused?: string;
}
