import type { Feed, Journal, Page } from '#journal/api.ts';
import type { Batch } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Gap } from '#kernel/gap.ts';
import type { Lane, LedgerMessage, Positions } from '../messages.ts';
import type { AnswerMessage, AskedAcknowledgement, ReportRow } from '../reports.ts';
import type { BudgetConfig } from './budget.ts';

/** What the uplink needs of the site. */
export interface UplinkPorts {
  readonly site: string;
  /** Version of the program. */
  readonly software: string;
  readonly clock: Clock;
  readonly journal: Pick<Journal, 'opened' | 'seq' | 'durableSeq' | 'beyond' | 'whenSettled' | 'health'>;
  readonly feed: Pick<Feed, 'block' | 'events' | 'pages' | 'pack'>;
  /** Rises whenever a tag is declared or changed. */
  tagsVersion(): number;
  /** Rows of the tags that have changed since, each once, and the version to ask with next. */
  newest(since: number): { readonly version: number; readonly batch: Batch };
  /** Where the hub stands, as it said when it was greeted. */
  welcomed(hub: string, positions: Positions): void;
  /** The hub has so many samples of this journal up to there; told before that is confirmed, and when it was greeted. */
  counted(upTo: number, total: number): void;
  /** What became of all samples, at a position that the hub has confirmed; undefined while that cannot be told. */
  ledger(): Promise<Omit<LedgerMessage, 'kind'> | undefined>;
  /** The hub has it on disk. @param count rows or events since the last time */
  stored(lane: Lane, upTo: number, count: number): void;
  /** Absent: it reports nothing, and does nothing that is asked. */
  readonly reports?: ReportPorts | undefined;
  /** What cannot be carried. */
  gap(gap: Gap): void;
  /** Of blocks that cannot be read. */
  damage(what: string): void;
  /** Samples before there that will never come: they cannot be read, or not be carried. */
  lost(upTo: number, rows: number): void;
}

/** What the site says of itself, and does for the hub. */
export interface ReportPorts {
  /** Another one whenever the site file says something else of alarms. */
  readonly definitions: unknown;
  /** Pages of what the site file says of alarms, by their number. */
  definitionPages(): Iterable<Page>;
  /** All that holds now. The body of a row that has not changed is the very same. */
  rows(): Iterable<ReportRow>;
  /** Rises over all connections of this run. */
  nextRevision(): number;
  /** Does what it has not done yet, and answers each once that is durable. @param asked all that the hub waits for */
  asked(asked: readonly AskedAcknowledgement[], answered: (answer: AnswerMessage) => void): void;
}

export interface UplinkConfig {
  readonly budget: BudgetConfig;
  /**
   * Samples are gathered for so long, unless many wait: few together cost more bytes each. While many wait, the newest
   * values of all tags go ahead of them in this rhythm.
   */
  readonly everyMs: number;
  /** Speaks the oldest version of the uplink, as its hub knows no newer one. */
  readonly asOldest?: boolean | undefined;
}
