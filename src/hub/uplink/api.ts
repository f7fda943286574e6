import type { Fault } from '#kernel/fault.ts';
import type { CarriedTable, Lane, LedgerMessage } from '#uplink/messages.ts';
import type { AnswerMessage } from '#uplink/reports.ts';

/** Something for the hub's own record, about a site. */
export interface Report {
  readonly site: string;
  readonly fault: Fault;
}

interface WorkHead {
  readonly journal: number;
  /** In memory while it waits. */
  readonly bytes: number;
  /**
   * Called once: it is durable, or will never be taken.
   * @param total of a stretch: all rows of its lane that are stored up to its end
   */
  done(result: 'stored' | Fault, total?: number): void;
}

/** One stretch of a lane, checked. */
export interface StretchWork extends WorkHead {
  readonly lane: Lane;
  /** Run of the site that sent it. */
  readonly epoch: number;
  readonly after: number;
  readonly upTo: number;
  readonly content: HistoryContent | EventsContent;
}

export interface HistoryContent {
  readonly kind: 'history';
  readonly rows: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly block: Uint8Array;
  /** Newest values as of its end; empty where later ones are known. */
  readonly newest: readonly NewestRow[];
}

export interface EventsContent {
  readonly kind: 'events';
  readonly events: readonly EventRow[];
}

export interface EventRow {
  readonly seq: number;
  readonly timeUs: number;
  readonly kind: string;
  readonly name: string;
  readonly subject: string;
  readonly by: string | null;
  /** JSON. */
  readonly detail: string | null;
}

export interface PageWork extends WorkHead {
  readonly lane: 'page';
  readonly table: CarriedTable;
  readonly page: number;
  readonly crc: number;
  readonly rows: readonly TagRow[] | readonly GapRow[] | readonly AlarmRow[];
}

export interface TagRow {
  readonly number: number;
  readonly path: string;
  readonly body: string;
}

export interface GapRow {
  readonly number: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly count: number | null;
  readonly reason: string;
  readonly body: string;
}

/** What the site file says of an alarm. */
export interface AlarmRow {
  readonly number: number;
  readonly id: string;
  readonly body: string;
}

/** What a site says of itself, checked; bodies are JSON. */
export interface ReportContent {
  readonly alarms: ReadonlyMap<string, AlarmStateRow | null>;
  readonly sources: ReadonlyMap<string, { readonly troubled: boolean; readonly body: string } | null>;
  readonly health?: string;
  readonly waiting?: string;
}

export interface AlarmStateRow {
  readonly state: string;
  /** See the table `alarm_states`. */
  readonly urgency: number;
  readonly sinceUs: number;
  readonly occurrence: number;
  readonly body: string;
}

export interface ReportWork extends WorkHead {
  readonly lane: 'report';
  readonly epoch: number;
  readonly revision: number;
  /** Rows of earlier revisions hold no more; 0: they do. */
  readonly since: number;
  readonly content: ReportContent;
}

export interface AnswerWork extends WorkHead {
  readonly lane: 'answer';
  readonly id: number;
  readonly fault: AnswerMessage['fault'] | undefined;
}

export interface LiveWork extends WorkHead {
  readonly lane: 'live';
  readonly epoch: number;
  readonly stamp: number;
  readonly values: readonly NewestRow[];
}

export interface NewestRow {
  readonly number: number;
  readonly timeUs: number;
  readonly value: number;
  /** JSON. */
  readonly wide: string | null;
  readonly quality: number;
}

/** What the site counts, beside what the hub had at that position. */
export interface LedgerWork extends WorkHead {
  readonly lane: 'ledger';
  readonly counted: Omit<LedgerMessage, 'kind'>;
  readonly total: number;
}

export type Work = StretchWork | PageWork | LiveWork | LedgerWork | ReportWork | AnswerWork;
