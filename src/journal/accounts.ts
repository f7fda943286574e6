/* The delivery ledger: what became of every sample. */

/** What became of samples that a cursor passes. Durable with the cursor, so that nothing is counted twice after a crash. */
export type Handled = HandledHere | HandledThere;

/** Counted by the sink since the cursor was set last. */
export interface HandledHere {
  /** Confirmed by the far side. */
  readonly delivered: number;
  /** Refused for good: dead letters. */
  readonly rejected: number;
  /** That the sink's configuration does not pass on. */
  readonly leftOut: number;
  /** That could not be read, or not be carried. */
  readonly lost: number;
}

/** The far side counts: all samples that it has up to the cursor, which may then stand further back than it did. */
export interface HandledThere {
  readonly total: number;
  readonly lost: number;
}

/** Moves of one cursor within one commit, together. */
export interface CursorMove {
  /** Where it stands in the end. */
  readonly at: number;
  /** Undefined where nobody counted. */
  readonly delivered: number | undefined;
  readonly total: number | undefined;
  readonly rejected: number;
  readonly leftOut: number;
  readonly lost: number;
}

/** What became of every sample, as the disk says. */
export interface Ledger {
  readonly sinceUs: number;
  readonly acquired: number;
  readonly stored: number;
  /** Counted as lost before they were stored. */
  readonly lost: number;
  /** Holes without a count. */
  readonly unknown: number;
  readonly sinks: readonly SinkLedger[];
  /** Samples in the journal behind the position that was asked with. */
  readonly behind: number;
}

export interface LedgerAsked {
  /** Hours that begin from here on, and before there. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Only these; undefined: all, and what is of no known tag. */
  readonly tags: ReadonlySet<number> | undefined;
  readonly each: 'hour' | 'tag' | 'both';
}

/** One hour, one tag, or one hour of a tag. */
export interface LedgerRow {
  /** Begin of the hour in which the samples arrived, UTC; 0: all hours, or those of which no more is known. */
  readonly hourUs: number;
  /** Undefined: all, or not known. */
  readonly tag: number | undefined;
  readonly stored: number;
  /** Before they were stored. */
  readonly lost: number;
  readonly sinks: readonly {
    readonly id: string;
    readonly passed: number;
    readonly waiting: number;
    /** Removed before they were confirmed; what was on its way then may have come all the same. */
    readonly lost: number;
  }[];
}

/** Of one cursor. */
export interface SinkLedger {
  readonly id: string;
  /** Where it stands. */
  readonly at: number;
  /** Since it is there, with what it found; and what was lost before that was stored. */
  readonly stored: number;
  readonly lostBefore: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly leftOut: number;
  readonly waiting: number;
  readonly lost: number;
  /** What the far side counts beyond `delivered`; undefined where it does not count, or has not been heard. */
  readonly beyond: number | undefined;
}
