// Long because it is made: by tools/client.ts, from the OpenAPI document. Change the table of routes instead.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One question to a site. */
export interface Call {
  readonly method: 'GET' | 'POST';
  /** With its parameters, without its query. */
  readonly path: string;
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  readonly upload?: Upload | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file that is sent, of the type that its question names. */
export interface Upload {
  readonly type: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A list, or a part of it with the way to the next one. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Path and query of the next page; absent on the last one. */
  readonly next?: string | undefined;
}

/** How questions reach a site: whoever carries them adds the token, and throws what the site answers as a problem. */
export interface Transport {
  json<T>(call: Call): Promise<T>;
  text(call: Call): Promise<string>;
  /** @param next path and query as the page before gave them, in place of those of the call */
  page<T>(call: Call, next?: string): Promise<Page<T>>;
  /** A line of JSON each; a last line that tells of a fault is thrown. */
  lines<T>(call: Call): AsyncIterable<T>;
  /** A file, as it comes. */
  bytes(call: Call): AsyncIterable<Uint8Array>;
  /** Server-Sent Events, each as its name and its data. */
  stream<T>(call: Call): AsyncIterable<T>;
}

export interface ActuatorView {
  readonly id: string;
  readonly kind: string;
  readonly waiting: number;
  readonly done: number;
  readonly failed: number;
  readonly unknown: number;
  readonly fault?: Fault;
}

export interface AlarmStatus {
  readonly id: string;
  /** Path of the asset that it belongs to; empty for the site. */
  readonly asset: string;
  readonly description?: string;
  readonly priority: 'critical' | 'high' | 'medium' | 'low';
  /** After ISA-18.2-2016, figure 2. */
  readonly state:
    | 'normal'
    | 'unacknowledged'
    | 'acknowledged'
    | 'returnedUnacknowledged'
    | 'latchedUnacknowledged'
    | 'latchedAcknowledged'
    | 'shelved'
    | 'suppressed'
    | 'outOfService';
  /** Whether the condition holds now, whatever the state. */
  readonly condition: boolean | 'unknown';
  /** What happens when nobody acts. */
  readonly consequence: string;
  /** What the operator does. */
  readonly response: string;
  /** When the state last changed; 0 where it never has. */
  readonly sinceUs: number;
  /** Rank in its burst: 1 came first; 0 while normal. */
  readonly firstOut: number;
  /** µs since 1970, wall clock of the site. */
  readonly shelvedUntilUs?: number;
  readonly comment?: string;
  /** Condition, as an expression over tags. */
  readonly when: string;
  /** Paths of the tags that the condition reads; absent of a stopped site. */
  readonly reads?: readonly string[];
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  /** Stays until it is reset by hand. */
  readonly latched: boolean;
  /** Suppressed by design while this is true. */
  readonly suppressWhen?: string;
  /** Longest time that it may be shelved for. */
  readonly shelveMaxMin: number;
}

/** Something worth knowing that is so now, and asks nobody for a response. */
export interface AlertStatus {
  /** Id of the rule, or of the detector, that raised it. */
  readonly rule: string;
  /** Path of the asset that this belongs to; empty for the site. */
  readonly asset: string;
  /** As it read when it began. */
  readonly text: string;
  /** When it began. */
  readonly sinceUs: number;
  /** Of the rule or the detector. */
  readonly description?: string;
  /** Whether the condition holds now; while it is unknown the alert stays as it is. */
  readonly condition: boolean | 'unknown';
  /** Condition of the rule, in CEL; empty for a detector. */
  readonly when: string;
  /** Values now of the tags that the condition reads; absent of a stopped site. */
  readonly inputs?: readonly TagValue[];
  /** Present where a detector found it. */
  readonly detector?: {
    readonly kind:
      | 'drift'
      | 'unusual'
      | 'season'
      | 'frozen'
      | 'noise'
      | 'relation'
      | 'balance'
      | 'limit'
      | 'remaining-life'
      | 'model';
    /** How sure it is that this is none of what it learned from, 0 to 1; 0.5 is at its limit. */
    readonly certainty: number;
    /** Its figure now: 1 is at its limit. null while it is not known. */
    readonly ratio: number | null;
    /** The strongest first. */
    readonly reasons: readonly {
      /** Path of the tag that speaks for it. */
      readonly tag: string;
      /** Part of the figure that is owed to this tag, 0 to 1. */
      readonly share: number;
      /** What it is; of some kinds smoothed. null where there is no such. */
      readonly value: number | null;
      /** What it would be if all were well. */
      readonly expected: number | null;
      /** Distance of both in usual deviations of good running, with its sign. */
      readonly deviation: number | null;
      /** A sentence without its full stop. */
      readonly text: string;
    }[];
  };
  /** What people said of it: true, false, or known: it stands, and is shown quietly. */
  readonly verdict?: 'true' | 'false' | 'known';
}

/** Rows at equal distances. */
export interface Aligned {
  /** µs since 1970. */
  readonly timeUs: readonly number[];
  /** One a tag, in the order asked for; null where nothing usable is known. */
  readonly columns: readonly (readonly (number | null)[])[];
}

export interface AppliedConfig {
  /** refused: nothing has changed, see the problems. unchanged: this text runs already. */
  readonly state: 'applied' | 'unchanged' | 'refused';
  /** SHA-256 of the text, as hex. */
  readonly digest: string;
  /** SHA-256 of the text, as hex. */
  readonly before: string;
  readonly summary: string;
  /** One line a change. */
  readonly changes: readonly string[];
  readonly problems: readonly Problem[];
}

export interface AssetView {
  readonly asset: string;
  readonly mode: 'local' | 'remote' | 'outOfService';
  /** What it was said of: itself, one above it, empty for all. */
  readonly modeFrom?: string;
  readonly tagOut?: {
    readonly by: string;
    readonly why: string;
    /** What it was said of: itself, one above it, empty for all. */
    readonly from?: string;
  };
}

/** What a walk over the hash chain found. */
export interface AuditCheck {
  readonly events: number;
  /** First event still kept, when older ones were removed by quota. */
  readonly fromSeq: number;
  /** Hash of the newest event. */
  readonly head: string;
  readonly broken?: {
    readonly seq: number;
    readonly reason: string;
  };
}

export interface Autonomy {
  /** µs since 1970, wall clock of the site. */
  readonly atUs: number;
  /** Until the first end that counts; absent where none is known. */
  readonly days?: number;
  /** Which one that is. */
  readonly first?: {
    readonly reason:
      | 'certificate'
      | 'token'
      | 'backlog'
      | 'disk'
      | 'flash'
      | 'clock'
      | 'sequence'
      | 'retention';
    readonly subject: string;
  };
  /** What the site file asks for. */
  readonly leastDays: number;
  readonly isLow: boolean;
  /** Lines that count, and of which nobody can say how long. */
  readonly unknown: number;
  /** What ends first stands first, then what is unknown, then what lasts. */
  readonly lines: readonly {
    readonly reason:
      | 'certificate'
      | 'token'
      | 'backlog'
      | 'disk'
      | 'flash'
      | 'clock'
      | 'sequence'
      | 'retention';
    /** Whose: a peer, a token, a sink. */
    readonly subject: string;
    readonly state: 'ends' | 'lasts' | 'unknown';
    /** From now on, of what ends; 0: it has ended. */
    readonly days?: number;
    /** Whether something fails or is lost then that nobody wants lost. */
    readonly counts: boolean;
    /** What happens then. */
    readonly effect: string;
    /** How it was found, or why it is not known. */
    readonly why: string;
  }[];
}

/** How far a back-test has come, or its end. */
export type BacktestLine =
  | {
      /** 0 to 1. */
      readonly part: number;
      readonly rows: number;
      readonly rowsPerS: number;
    }
  | {
      readonly problems: readonly Problem[];
    }
  | {
      readonly report: BacktestReport;
    };

/** What a site file would have found, beside what was found. */
export interface BacktestReport {
  readonly file: string;
  readonly data: string;
  /** Where the rows came from. */
  readonly past: 'journal' | 'history';
  readonly against: 'record' | 'current' | 'nothing';
  /** µs since 1970, wall clock of the site. */
  readonly fromUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly toUs: number;
  readonly rows: number;
  readonly rowsPerS: number;
  readonly equal: boolean;
  /** Of the file; the past does not have them. */
  readonly unknownTags: readonly string[];
  /** No row of them came in this time. */
  readonly silentTags: readonly string[];
  readonly notes: readonly string[];
  readonly subjects: readonly {
    readonly kind: 'rule' | 'alarm' | 'alert' | 'write' | 'send';
    /** Of the rule or alarm; for alerts, writes and messages the rule. */
    readonly id: string;
    /** Tag that is written, or actuator. */
    readonly to?: string;
    readonly file?: {
      /** How often it began, was raised, switched on, written or sent. */
      readonly count: number;
      /** Writes that a limit refuses. */
      readonly refused?: number;
      /** µs since 1970, wall clock of the site. */
      readonly firstUs?: number;
      /** µs since 1970, wall clock of the site. */
      readonly lastUs?: number;
      /** Rules on, alarms raised, alerts standing; absent for writes and messages. */
      readonly activeUs?: number;
      /** From, to; from, to; … of the time active, or moments twice. */
      readonly spans: readonly number[];
    };
    readonly past?: {
      /** How often it began, was raised, switched on, written or sent. */
      readonly count: number;
      /** Writes that a limit refuses. */
      readonly refused?: number;
      /** µs since 1970, wall clock of the site. */
      readonly firstUs?: number;
      /** µs since 1970, wall clock of the site. */
      readonly lastUs?: number;
      /** Rules on, alarms raised, alerts standing; absent for writes and messages. */
      readonly activeUs?: number;
      /** From, to; from, to; … of the time active, or moments twice. */
      readonly spans: readonly number[];
    };
  }[];
  /** In the order of time; the first ones where there are very many. */
  readonly differences: readonly {
    /** µs since 1970, wall clock of the site. */
    readonly timeUs: number;
    /** Who has it; the other one has not. */
    readonly in: 'file' | 'past';
    readonly kind: 'rule' | 'alarm' | 'alert' | 'write' | 'send';
    readonly id: string;
    readonly what: string;
    /** Any JSON. */
    readonly value?: Json;
    /** Why a write would be refused. */
    readonly refused?: string;
  }[];
  readonly differenceCount: number;
}

/** Buckets of one tag; parts of one tag follow each other. */
export interface Buckets {
  readonly tag: string;
  /** µs since 1970. */
  readonly startUs: readonly number[];
  /** null where no usable sample is in it. */
  readonly columns: {
    readonly [name in
      | 'min'
      | 'max'
      | 'mean'
      | 'timeMean'
      | 'last'
      | 'first'
      | 'count'
      | 'sum'
      | 'duration']?: readonly (number | null)[];
  };
  /** Share of the bucket for which a usable value was known, 0 to 1. */
  readonly known: readonly number[];
}

export interface CertificateDetail {
  readonly seen: readonly CertificateView[];
  readonly pem: string;
}

export interface CertificateView {
  /** SHA-256 of the DER, 64 hex digits. */
  readonly fingerprint: string;
  readonly peer: string;
  /** changed: waits beside one that is trusted for the same peer. */
  readonly state: 'trusted' | 'waiting' | 'changed' | 'rejected';
  /** Trusted because the site file names it. */
  readonly pinned: boolean;
  readonly subject: string;
  readonly issuer: string;
  /** µs since 1970, wall clock of the site. */
  readonly validFromUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly validToUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly firstSeenUs: number;
  /** Of the state. */
  readonly sinceUs: number;
  readonly by?: string;
  readonly warnings: readonly string[];
  /** Sources that met this peer since the site started; absent before any did. */
  readonly sources?: readonly string[];
}

export interface CheckedConfig {
  /** SHA-256 of the text, as hex. */
  readonly digest: string;
  readonly problems: readonly Problem[];
  /** Against the file that runs; absent where one of the problems is an error. */
  readonly changes?: readonly {
    readonly section: string;
    readonly id: string;
    readonly what: 'added' | 'removed' | 'changed';
    readonly fields: readonly {
      readonly path: string;
      /** Any JSON. */
      readonly before?: Json;
      /** Any JSON. */
      readonly after?: Json;
    }[];
  }[];
  /** The same for people, a line each. */
  readonly lines?: readonly string[];
}

export interface ConfigDiff {
  /** SHA-256 of the text, as hex. */
  readonly before: string;
  /** SHA-256 of the text, as hex. */
  readonly after: string;
  /** By meaning; absent where one of them has errors. */
  readonly changes?: readonly {
    readonly section: string;
    readonly id: string;
    readonly what: 'added' | 'removed' | 'changed';
    readonly fields: readonly {
      readonly path: string;
      /** Any JSON. */
      readonly before?: Json;
      /** Any JSON. */
      readonly after?: Json;
    }[];
  }[];
  /** Lines of a unified diff of the texts. */
  readonly unified: readonly string[];
}

export interface ConfigEntry {
  /** Position of its event in the journal. */
  readonly seq: number;
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** file, hangup, start, or api: and a name. */
  readonly by: string;
  /** SHA-256 of the text, as hex. */
  readonly digest: string;
  /** Digest of the text before; null for the first one. */
  readonly before: string | null;
  readonly why?: string;
  /** Absent where the site was started with another file. */
  readonly summary?: string;
  /** Digest that an undo went back to. */
  readonly undoes?: string;
}

export interface ConfigVersion {
  /** Position of its event in the journal. */
  readonly seq: number;
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** file, hangup, start, or api: and a name. */
  readonly by: string;
  /** SHA-256 of the text, as hex. */
  readonly digest: string;
  /** Digest of the text before; null for the first one. */
  readonly before: string | null;
  readonly why?: string;
  /** Absent where the site was started with another file. */
  readonly summary?: string;
  /** Digest that an undo went back to. */
  readonly undoes?: string;
  readonly text: string;
}

export interface DeadLetterView {
  /** Counts all there ever were. */
  readonly id: number;
  readonly sink: string;
  readonly tag: string;
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** Any JSON. */
  readonly value: Json;
  readonly quality: string;
  readonly reason: string;
  /** When it was refused. */
  readonly atUs: number;
}

/** One detector, what it says now, and how often it was right. */
export interface DetectorStatus {
  /** Also the path of the tag that is its figure. */
  readonly id: string;
  readonly asset: string;
  /** Where the site file says it: keys and indices from the top. */
  readonly where: readonly string[];
  readonly kind:
    | 'drift'
    | 'unusual'
    | 'season'
    | 'frozen'
    | 'noise'
    | 'relation'
    | 'balance'
    | 'limit'
    | 'remaining-life'
    | 'model';
  readonly description?: string;
  /** Paths of the tags that it looks at. */
  readonly tags: readonly string[];
  /** Length of a moment. */
  readonly everyMs: number;
  /** Condition during which it rests, in CEL. */
  readonly restWhen?: string;
  readonly state: 'watching' | 'found' | 'resting' | 'warming-up' | 'unknown' | 'not-learned';
  /** With resting: why, where that is not its condition but something that it has not learned. */
  readonly whyRest?: string;
  /** With warming-up: what it waits for, in words, such as `needs 8 more moments, 40 s`. */
  readonly waitsFor?: string;
  /** With not-learned: why what it learned is not used, where there is something. */
  readonly fault?: string;
  /** Its figure: 1 is at the limit. null while it is not known. */
  readonly ratio: number | null;
  /** 0 while it is not known. */
  readonly certainty: number;
  /** When what it finds began. */
  readonly sinceUs?: number;
  /** What its tags say now, also while nothing is found. */
  readonly reasons: readonly {
    /** Path of the tag that speaks for it. */
    readonly tag: string;
    /** Part of the figure that is owed to this tag, 0 to 1. */
    readonly share: number;
    /** What it is; of some kinds smoothed. null where there is no such. */
    readonly value: number | null;
    /** What it would be if all were well. */
    readonly expected: number | null;
    /** Distance of both in usual deviations of good running, with its sign. */
    readonly deviation: number | null;
    /** A sentence without its full stop. */
    readonly text: string;
  }[];
  /** Those that it goes on with. */
  readonly settings: { readonly [name: string]: number };
  /** Settings of the site file that take effect once it learns anew. */
  readonly waiting: readonly string[];
  readonly learned?: {
    /** SHA-256 of the learned file. */
    readonly digest: string;
    /** When it took effect. */
    readonly atUs: number;
    /** Begin of the period that it learned from. */
    readonly fromUs?: number;
    /** End of that period. */
    readonly toUs?: number;
    readonly by: string;
    /** Whether that period was fit to learn from. */
    readonly report?: Json;
  };
  readonly shadow: boolean;
  /** Whether what it finds is an alarm too. */
  readonly alarm: boolean;
  readonly figures: {
    /** Since when they count: since it took what it goes on with. */
    readonly sinceUs: number;
    /** Findings that began. */
    readonly findings: number;
    readonly true: number;
    readonly false: number;
    readonly known: number;
    /** Of which nobody has said anything. */
    readonly open: number;
    /** False ones a week, over the time since then, but a week at least. */
    readonly falsePerWeek: number;
  };
}

/** It was done, and there is nothing to tell of it. */
export type Done = { readonly [name: string]: Json };

/** Always the last line, where the answer ended before its end. */
export interface Ended {
  readonly fault: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
  };
}

/** An alert that is over. */
export interface EndedAlert {
  /** Position of its end in the journal. */
  readonly id: number;
  /** Id of the rule, or of the detector, that raised it. */
  readonly rule: string;
  /** Path of the asset that this belongs to; empty for the site. */
  readonly asset: string;
  /** As it read when it began. */
  readonly text: string;
  /** When it began. */
  readonly sinceUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly endedUs: number;
  /** By the steady clock. */
  readonly lastedMs: number;
  /** changed: the site file had it no more. */
  readonly cause: 'condition' | 'changed';
  /** What its condition read as it ended. */
  readonly inputs: readonly {
    readonly tag: string;
    /** Any JSON. */
    readonly value: Json;
    /** Name of an enum code. */
    readonly state?: string;
    readonly quality: string;
  }[];
  /** Present where a detector found it: how sure it was and why, when it was at its worst. */
  readonly detector?: {
    readonly kind:
      | 'drift'
      | 'unusual'
      | 'season'
      | 'frozen'
      | 'noise'
      | 'relation'
      | 'balance'
      | 'limit'
      | 'remaining-life'
      | 'model';
    /** How sure it is that this is none of what it learned from, 0 to 1; 0.5 is at its limit. */
    readonly certainty: number;
    /** The strongest first. */
    readonly reasons: readonly {
      /** Path of the tag that speaks for it. */
      readonly tag: string;
      /** Part of the figure that is owed to this tag, 0 to 1. */
      readonly share: number;
      /** What it is; of some kinds smoothed. null where there is no such. */
      readonly value: number | null;
      /** What it would be if all were well. */
      readonly expected: number | null;
      /** Distance of both in usual deviations of good running, with its sign. */
      readonly deviation: number | null;
      /** A sentence without its full stop. */
      readonly text: string;
    }[];
    /** What its tags said as it ended; absent of one that the site file has no more. */
    readonly atEnd?: {
      readonly certainty: number;
      readonly text: string;
    };
  };
  /** What people said of it: true, false, or known: it stands, and is shown quietly. */
  readonly verdict?: 'true' | 'false' | 'known';
}

export interface EventView {
  /** Position in the journal: rises, with holes. */
  readonly id: number;
  readonly kind: 'alarm' | 'alert' | 'write' | 'rule' | 'security' | 'config' | 'system';
  /** What happened, such as alarm.unacknowledged or write.confirmed. */
  readonly name: string;
  /** What it concerns: tag, alarm, source. */
  readonly subject: string;
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** Who or what did it; the site itself when absent. */
  readonly by?: string;
  readonly detail?: { readonly [name: string]: Json };
}

/** What is wrong. */
export interface Fault {
  /** area.what; never changes. */
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** One thing found at a device. */
export interface Found {
  readonly name: string;
  readonly place?: readonly string[];
  /** Any JSON. */
  readonly address: Json;
  readonly type?: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
  readonly access?: 'read' | 'write' | 'readWrite';
  readonly description?: string;
  readonly unit?: string;
  readonly range?: readonly [number, number];
  readonly states?: { readonly [name: string]: string };
  /** Any JSON. */
  readonly value?: Json;
  /** Path of the tag that reads this address already. */
  readonly tag?: string;
}

/** A counted hole in what is kept. */
export interface GapView {
  /** Rises; absent for those of the historian. */
  readonly seq?: number;
  /** Who told of it; absent where the site itself lost rows. */
  readonly source?: string;
  /** Paths of the tags concerned. */
  readonly tags: readonly string[] | 'all';
  /** µs since 1970, wall clock of the site. */
  readonly fromUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly toUs: number;
  /** Samples lost; absent where nobody can know. */
  readonly count?: number;
  readonly reason: string;
}

export interface Health {
  readonly ok: boolean;
  /** Code of what keeps the journal from the disk. */
  readonly fault?: string;
}

export interface HistoryTag {
  readonly path: string;
  readonly type: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
  readonly access: 'read' | 'write' | 'readWrite';
  readonly unit?: string;
  readonly description?: string;
  readonly rows: number;
  /** µs since 1970, wall clock of the site. */
  readonly fromUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly toUs: number;
  /** On the disk. */
  readonly bytes: number;
}

/** How far an import has come, or its end. */
export type ImportLine =
  | {
      readonly rows: number;
      readonly bytes: number;
    }
  | {
      readonly report: ImportReport;
    };

/** What an import understood and did; of a dry run, what it would have done. */
export interface ImportReport {
  readonly dryRun: boolean;
  readonly format: 'csv' | 'parquet';
  readonly form: 'long' | 'wide';
  /** What else was understood of the file. */
  readonly about: { readonly [name: string]: string };
  readonly time: {
    readonly column: string;
    readonly format: string;
    readonly zone?: string;
  };
  readonly columns: readonly {
    /** As the file calls it. */
    readonly name: string;
    readonly path: string;
    readonly type: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
    readonly samples: number;
    readonly refused: number;
  }[];
  /** Names that no tag has; their rows were left out. */
  readonly unknown: readonly {
    readonly name: string;
    readonly path: string;
    readonly type: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
    readonly rows: number;
  }[];
  /** The first samples. */
  readonly preview: readonly {
    /** µs since 1970, wall clock of the site. */
    readonly timeUs: number;
    readonly path: string;
    /** Any JSON. */
    readonly value: Json;
  }[];
  readonly rows: number;
  readonly samples: number;
  /** New ones; the others were there already. */
  readonly added?: number;
  /** Cells with nothing in them, and marks of gaps. */
  readonly empty: number;
  readonly refused: number;
  /** The first of them. */
  readonly refusals: readonly {
    readonly line: number;
    readonly name?: string;
    readonly why: string;
  }[];
  /** µs since 1970, wall clock of the site. */
  readonly fromUs?: number;
  /** µs since 1970, wall clock of the site. */
  readonly toUs?: number;
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly digest: string;
}

/** A JSON Schema, draft 2020-12. */
export interface JsonSchema {
  readonly $schema: string;
}

/** What a period of the past is good for. */
export interface LearningReport {
  /** Moments that were learned from. */
  readonly rows: number;
  /** What is unfit is refused; what is doubtful is learned, and says so. */
  readonly fit: 'fit' | 'doubtful' | 'unfit';
  /** What weighs most first. */
  readonly findings: readonly {
    /** Values that are missing; moments without news; moments of rest; values outside of the engineering range; a signal that stands still; too few moments; alarms and alerts of that time; a level that changed; a signal that this kind does not watch; what was calculated anew; contexts that were there too seldom. */
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
    /** What is unfit is refused; what is doubtful is learned, and says so. */
    readonly fit: 'fit' | 'doubtful' | 'unfit';
    /** Named without the asset; of a balance: `the balance`. */
    readonly signal?: string;
    /** Part of the period that it concerns, 0 to 1. */
    readonly share?: number;
    /** A sentence without its full stop. */
    readonly text: string;
  }[];
  readonly signals: readonly {
    /** Named without the asset; of a balance: `the balance`. */
    readonly signal: string;
    /** Part of the moments in which its value was known, 0 to 1. */
    readonly known: number;
    /** Least value; null where none was known. */
    readonly low: number | null;
    readonly high: number | null;
  }[];
  /** Products, recipes, shifts that were learned, or were not; those that were there longest. */
  readonly contexts?: readonly {
    /** Value of the signal that is the context; a text in quotes. */
    readonly context: string;
    readonly moments: number;
    /** How often it was there for long enough to settle. */
    readonly visits: number;
    /** Parts of the day in which it was there. */
    readonly parts: number;
    /** Those of them in which it was learned; 0: it was there too seldom. */
    readonly learned: number;
  }[];
}

/** How learning a detector goes, or went. */
export interface LearningStatus {
  readonly id: string;
  /** refused: the period is unfit. ended: somebody ended it. */
  readonly state: 'running' | 'done' | 'refused' | 'failed' | 'ended';
  /** How far it has come, 0 to 1. */
  readonly done: number;
  readonly what: 'reading' | 'learning';
  /** µs since 1970, wall clock of the site. */
  readonly fromUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly toUs: number;
  readonly dryRun: boolean;
  readonly by: string;
  /** µs since 1970, wall clock of the site. */
  readonly startedUs: number;
  readonly report?: LearningReport;
  /** SHA-256 of what was learned. */
  readonly digest?: string;
  readonly fault?: Fault;
}

/** What became of every sample, from the source to each sink; read from the disk alone. */
export interface Ledger {
  /** When the counting began. */
  readonly sinceUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly atUs: number;
  /** Taken from sources or made here: stored, or counted as lost before that. */
  readonly acquired: number;
  /** Written to the journal. */
  readonly stored: number;
  /** Counted as lost before they were stored. */
  readonly lost: number;
  /** Holes of which nobody can know how many samples are missing; in no other number. */
  readonly unknown: number;
  /** acquired - stored - lost. */
  readonly difference: number;
  /** All that confirm what they are given. */
  readonly sinks: readonly {
    /** Of the site file; `/hub` is the hub, `/historian` the site’s own history. */
    readonly id: string;
    /** Written to the journal since the sink is there, and what it found there. */
    readonly stored: number;
    /** Confirmed by the far side. */
    readonly delivered: number;
    /** Refused by the far side for good: dead letters. */
    readonly rejected: number;
    /** That the configuration of the sink does not pass on. */
    readonly leftOut: number;
    /** In the journal, and not confirmed yet. */
    readonly waiting: number;
    /** Of what waits for the hub: sent by hand or one way, unconfirmed; absent where none was. */
    readonly sent?: number;
    /** Removed from the journal or unreadable before they were delivered, each in a gap. */
    readonly lost: number;
    /** stored - delivered - rejected - leftOut - waiting - lost. */
    readonly difference: number;
  }[];
}

/** One hour, one tag, or one hour of a tag. */
export interface LedgerRow {
  /** Absent: all tags, or losses of which the tag is not known. */
  readonly tag?: string;
  /** Begin of the hour in which they arrived, UTC. Absent: all hours, or older ones that were put together. */
  readonly fromUs?: number;
  /** Taken from sources or made here: stored, or counted as lost before that. */
  readonly acquired: number;
  /** Written to the journal. */
  readonly stored: number;
  /** Counted as lost before they were stored. */
  readonly lost: number;
  /** passed: delivered, refused or left out, or gone before the sink was there. lost: removed before it was confirmed; of what was on its way then some may have come all the same, as the sums tell. */
  readonly sinks: readonly {
    readonly id: string;
    readonly passed: number;
    /** In the journal, and not confirmed yet. */
    readonly waiting: number;
    readonly lost: number;
  }[];
}

export interface Me {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
  /** Paths; absent: the whole site. */
  readonly areas?: readonly string[];
  /** How he is known. */
  readonly via: 'local' | 'session' | 'token' | 'panel';
}

export interface NewCode {
  /** Opens once. It stands nowhere else. */
  readonly code: string;
}

export interface NewToken {
  /** Goes into the header `authorization: Bearer …`. It stands nowhere else. */
  readonly token: string;
}

export interface NoticesStatus {
  /** How many the site file has: without one nobody is told of anything. */
  readonly plans: number;
  readonly waiting: readonly {
    readonly id: number;
    readonly plan: string;
    /** Index of the step in its plan. */
    readonly step: number;
    readonly to: string;
    /** Addresses of a mail: for engineers. */
    readonly recipients?: readonly string[];
    readonly alarm: string;
    readonly priority: string;
    readonly reason: 'raised' | 'escalated' | 'ended';
    /** µs since 1970, wall clock of the site. */
    readonly sinceUs: number;
    /** µs since 1970, wall clock of the site. */
    readonly dueUs: number;
    readonly attempts: number;
    /** When it is tried again; absent under way, and once it was given up. */
    readonly nextUs?: number;
    readonly problem?: string;
  }[];
  /** What is told next of each alarm that asks, one a plan. */
  readonly coming: readonly {
    readonly plan: string;
    /** Index of the step in its plan. */
    readonly step: number;
    readonly to: string;
    /** Addresses of a mail: for engineers. */
    readonly recipients?: readonly string[];
    readonly alarm: string;
    readonly priority: string;
    /** µs since 1970, wall clock of the site. */
    readonly sinceUs: number;
    /** µs since 1970, wall clock of the site. */
    readonly dueUs: number;
    /** What holds it back though its time has come: no shift of it is on, or its asset is under maintenance. */
    readonly held?: 'shift' | 'maintenance';
  }[];
  /** Given up, oldest first; the last 200. */
  readonly failed: readonly {
    readonly id: number;
    readonly plan: string;
    /** Index of the step in its plan. */
    readonly step: number;
    readonly to: string;
    /** Addresses of a mail: for engineers. */
    readonly recipients?: readonly string[];
    readonly alarm: string;
    readonly priority: string;
    readonly reason: 'raised' | 'escalated' | 'ended';
    /** µs since 1970, wall clock of the site. */
    readonly sinceUs: number;
    /** µs since 1970, wall clock of the site. */
    readonly dueUs: number;
    readonly attempts: number;
    /** When it is tried again; absent under way, and once it was given up. */
    readonly nextUs?: number;
    readonly problem?: string;
  }[];
  readonly maintenance: readonly {
    readonly asset: string;
    /** µs since 1970, wall clock of the site. */
    readonly untilUs: number;
    readonly by: string;
    readonly why: string;
  }[];
}

/** An OpenAPI 3.1 document. */
export interface OpenApi {
  readonly openapi: '3.1.0';
}

export interface Picture {
  readonly name: string;
  readonly title: string;
  /** Absent: the whole site. */
  readonly area?: string;
  /** Beside the site file. */
  readonly file: string;
  /** SHA-256 of the cleaned drawing. */
  readonly digest: string;
  /** SVG without anything that acts or fetches. */
  readonly svg: string;
  readonly bindings: {
    readonly [name: string]: {
      /** What the element shows: path of a tag. */
      readonly tag?: string;
      /** The value of the tag as text; for a text element. */
      readonly value?: {
        /** Digits behind the point. */
        readonly decimals: number;
        /** Whether the unit stands behind it. */
        readonly unit: boolean;
      };
      /** The colour inside the element. */
      readonly fill?: {
        /** Colour by state of an enum, or by true and false. */
        readonly states: {
          readonly [name: string]:
            | 'background'
            | 'outline'
            | 'inactive'
            | 'active'
            | 'abnormal'
            | 'alarm'
            | string;
        };
        /** For all others. */
        readonly otherwise: 'background' | 'outline' | 'inactive' | 'active' | 'abnormal' | 'alarm' | string;
      };
      /** How far the element is filled; for a rect. */
      readonly level?: {
        /** Values at both ends; the range of the tag when absent. */
        readonly range?: readonly [number, number];
        /** Where it begins. */
        readonly from: 'bottom' | 'top' | 'left' | 'right';
      };
      /** How far the element is turned: valves, pointers. */
      readonly rotation?: {
        /** Values at both ends; the range of the tag when absent. */
        readonly range?: readonly [number, number];
        /** Angles at both ends, clockwise, about the middle of the element. */
        readonly degrees: readonly [number, number];
      };
      /** When the element is there at all. */
      readonly visible?: {
        /** States of an enum, or true or false, in which it shows. */
        readonly states: readonly string[];
      };
      /** Id of an alarm, or an asset: marked while one of its alarms is active, by priority. */
      readonly alarm?: string;
      /** Tag or asset whose faceplate opens. */
      readonly click?: string;
    };
  };
  /** What was taken out of the file as it lies there. */
  readonly removed: readonly {
    /** element script, attribute onclick, value of fill, … */
    readonly what: string;
    readonly count: number;
    /** Of the first of them. */
    readonly line: number;
  }[];
  /** Bindings that the drawing no longer fits. */
  readonly problems: readonly {
    readonly element: string;
    readonly message: string;
    readonly hint: string;
  }[];
}

export interface PictureHead {
  readonly name: string;
  readonly title: string;
  /** Absent: the whole site. */
  readonly area?: string;
  /** Beside the site file. */
  readonly file: string;
  /** Elements that show something. */
  readonly bindings: number;
}

export interface PictureSaved {
  readonly name: string;
  readonly file: string;
  /** SHA-256 of the cleaned drawing. */
  readonly digest: string;
  readonly bytes: number;
  /** What was taken out of the file as it lies there. */
  readonly removed: readonly {
    /** element script, attribute onclick, value of fill, … */
    readonly what: string;
    readonly count: number;
    /** Of the first of them. */
    readonly line: number;
  }[];
}

/** One thing wrong in a site file. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
  readonly severity: 'error' | 'hint';
}

/** What went wrong (RFC 9457). */
export interface ProblemDetails {
  /** urn:holdfast: and the code. */
  readonly type: string;
  /** The code. */
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
  /** What is wrong with the input, field by field. */
  readonly fields?: readonly {
    readonly in: 'query' | 'body';
    /** By dots; empty for the whole. */
    readonly name: string;
    readonly message: string;
  }[];
}

export interface RuleStatus {
  readonly id: string;
  readonly asset: string;
  readonly description?: string;
  /** Where the site file says it: keys and indices from the top. */
  readonly where: readonly (string | number)[];
  readonly state: 'off' | 'on' | 'unknown';
  /** Its condition, in CEL. */
  readonly when: string;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  /** What it does while an input is bad. */
  readonly onBad: 'hold' | 'safe' | 'alarm';
  readonly firstIsEdge: boolean;
  /** What stands in the list of alerts while it is on. */
  readonly alert?: string;
  readonly do: readonly { readonly [name: string]: Json }[];
  readonly clear: readonly { readonly [name: string]: Json }[];
  /** Paths of the tags that its condition rests on. */
  readonly reads: readonly string[];
  /** How often it was switched on since start. */
  readonly firings: number;
  /** When last; absent where it was not since start. */
  readonly lastOnUs?: number;
  /** What it would have done; null for a rule that acts. */
  readonly shadow: ShadowRuleStatus | null;
}

export interface RunningConfig {
  /** SHA-256 of the text, as hex. */
  readonly digest: string;
  /** µs since 1970, wall clock of the site. */
  readonly sinceUs: number;
  readonly file?: string;
  readonly watched: boolean;
  readonly refused?: {
    /** SHA-256 of the text, as hex. */
    readonly digest: string;
    /** µs since 1970, wall clock of the site. */
    readonly sinceUs: number;
    readonly problems: readonly Problem[];
  };
  readonly text: string;
}

export interface SavedView {
  readonly name: string;
  readonly tags: readonly {
    readonly path: string;
    /** Which of its axes; the first one when absent. */
    readonly axis?: number;
  }[];
  /** Drawn beside the tags; whoever is limited to areas does not see a view that has any. */
  readonly calculations?: readonly {
    /** As of a derived tag. */
    readonly expression: string;
    /** Bare names in it are signals of this asset. */
    readonly asset: string;
    readonly axis?: number;
  }[];
  /** Live: so much of the past, up to now. */
  readonly spanMs?: number;
  /** µs since 1970, with `toUs`: a time of its own. */
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly by: string;
  /** µs since 1970, wall clock of the site. */
  readonly savedUs: number;
}

/** Samples of one tag in the order of time; columns of equal length. */
export interface Series {
  readonly tag: string;
  /** µs since 1970. */
  readonly timeUs: readonly number[];
  /** null where there is no number; 64-bit integers as text. */
  readonly value: readonly Json[];
  /** Upper 16 bits of an OPC UA status code; 0 is good, from 32768 on bad. */
  readonly quality: readonly number[];
}

export interface SessionView {
  readonly id: string;
  readonly name: string;
  /** That holds now. */
  readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
  /** Paths; absent: the whole site. */
  readonly areas?: readonly string[];
  /** Address that signed in. */
  readonly from: string;
  /** µs since 1970, wall clock of the site. */
  readonly createdUs: number;
  /** Since its last request. */
  readonly idleMs: number;
  /** Whether it is the one that asks. */
  readonly isOwn: boolean;
}

/** A rule that decides and acts on nothing. Counted since start. */
export interface ShadowRuleStatus {
  readonly id: string;
  readonly state: 'off' | 'on' | 'unknown';
  /** The rule that it is held against. */
  readonly insteadOf?: string;
  /** Changes of its state. */
  readonly decisions: number;
  readonly wouldWrite: number;
  readonly wouldSend: number;
  /** How often one of both was on and the other was not. */
  readonly differences: number;
  /** For how long. */
  readonly differedMs: number;
  /** The newest ones; `on` is the rule that was on. Without an end: it goes on. */
  readonly last: readonly {
    /** µs since 1970, wall clock of the site. */
    readonly fromUs: number;
    /** µs since 1970, wall clock of the site. */
    readonly toUs?: number;
    readonly on: string;
  }[];
}

export interface SinkView {
  readonly id: string;
  readonly kind: string;
  readonly state: 'opening' | 'running' | 'waiting' | 'failed' | 'closed' | 'shadowed';
  readonly delivers: 'exactly-once' | 'at-least-once' | 'best-effort';
  readonly opened: number;
  /** Rows that the far side confirmed. */
  readonly delivered: number;
  /** Rows that it refused for good: dead letters. */
  readonly rejected: number;
  readonly backlog: {
    /** Counted over the next thousand blocks, estimated beyond. */
    readonly rows: number;
    /** Since the oldest of them arrived; absent without a backlog. */
    readonly ageMs?: number;
  };
  /** Over the last ten seconds. */
  readonly rowsPerS: number;
  /** Until the backlog is gone at this rate; absent while it grows. */
  readonly emptyInS?: number;
  /** Of the hub: given away by hand, and neither a receipt nor the link has said that it is there. */
  readonly unconfirmed?: {
    readonly samples: number;
    readonly events: number;
    readonly parcels: number;
    readonly atUs: number;
  };
  readonly fault?: Fault;
}

export interface SiteStatus {
  readonly site: string;
  readonly version: string;
  readonly pid: number;
  /** Rises with every start. */
  readonly epoch: number;
  readonly mode: 'live' | 'shadow';
  readonly config: {
    /** SHA-256 of the text that runs. */
    readonly digest: string;
    /** µs since 1970, wall clock of the site. */
    readonly sinceUs: number;
    readonly file?: string;
    /** Whether a saved file takes effect by itself. */
    readonly watched: boolean;
    /** The file that lies there is not what runs, because of this. */
    readonly refused?: {
      readonly digest: string;
      /** µs since 1970, wall clock of the site. */
      readonly sinceUs: number;
      readonly problems: readonly Problem[];
    };
    /** Set while the last good file runs because the one in place was bad: when it took effect. */
    readonly lastGoodUs?: number;
  };
  /** What the wall clock of the site says: ages are measured by it, and not by that of whoever looks. */
  readonly nowUs: number;
  /** Zone of the times that people read at the site, such as Europe/Berlin. */
  readonly timeZone: string;
  readonly upS: number;
  readonly memoryBytes: number;
  readonly sources: {
    readonly [name: string]: {
      readonly kind: string;
      /** shadowed: the device bears one session only, and the live site has it. */
      readonly state: 'opening' | 'running' | 'waiting' | 'failed' | 'closed' | 'shadowed';
      readonly samples: number;
      /** Sessions opened; more than 1 tells of reconnections. */
      readonly opened: number;
      /** Age of the newest row; absent before the first. */
      readonly ageMs?: number;
      /** Tags of the site file that are read from it. */
      readonly tags: number;
      /** Of these, those without a usable value now. */
      readonly badTags: number;
      /** The load budget of the device: what it is asked, beside what is allowed. */
      readonly load: {
        readonly requests: number;
        readonly requestsPerS: number;
        readonly p50Ms: number;
        readonly p99Ms: number;
        readonly ok: number;
        readonly timeout: number;
        readonly refused: number;
        readonly garbage: number;
        /** What the configuration allows. */
        readonly caps: {
          readonly connections?: number;
          readonly perSecond?: number;
          readonly outstanding?: number;
        };
      };
      readonly fault?: Fault;
    };
  };
  readonly actuators: {
    readonly [name: string]: {
      readonly kind: string;
      readonly waiting: number;
      readonly done: number;
      readonly failed: number;
      readonly unknown: number;
      readonly fault?: Fault;
    };
  };
  readonly sinks: {
    readonly [name: string]: {
      readonly kind: string;
      readonly state: 'opening' | 'running' | 'waiting' | 'failed' | 'closed' | 'shadowed';
      readonly delivers: 'exactly-once' | 'at-least-once' | 'best-effort';
      readonly opened: number;
      /** Rows that the far side confirmed. */
      readonly delivered: number;
      /** Rows that it refused for good: dead letters. */
      readonly rejected: number;
      readonly backlog: {
        /** Counted over the next thousand blocks, estimated beyond. */
        readonly rows: number;
        /** Since the oldest of them arrived; absent without a backlog. */
        readonly ageMs?: number;
      };
      /** Over the last ten seconds. */
      readonly rowsPerS: number;
      /** Until the backlog is gone at this rate; absent while it grows. */
      readonly emptyInS?: number;
      /** Of the hub: given away by hand, and neither a receipt nor the link has said that it is there. */
      readonly unconfirmed?: {
        readonly samples: number;
        readonly events: number;
        readonly parcels: number;
        readonly atUs: number;
      };
      readonly fault?: Fault;
    };
  };
  readonly tags: number;
  readonly samples: number;
  readonly decisions: {
    readonly count: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** Alarms by state. */
  readonly alarms: { readonly [name: string]: number };
  /** Detectors by state. */
  readonly detectors: { readonly [name: string]: number };
  /** Writes by how they ended. */
  readonly writes: {
    readonly refused: number;
    readonly sent: number;
    readonly confirmed: number;
    readonly failed: number;
    readonly unknown: number;
  };
  readonly shadowRules: readonly ShadowRuleStatus[];
  readonly notices: {
    readonly waiting: number;
    readonly failed: number;
    readonly maintenance: number;
  };
  readonly journal: {
    readonly durableRows: number;
    readonly pendingRows: number;
    readonly pendingBytes: number;
    readonly usedBytes: number;
    readonly quotaBytes: number;
    /** Written to the disk since start: a budget on flash. */
    readonly writtenBytes: number;
    readonly commits: number;
    readonly lastCommitMs: number;
    readonly lostRows: number;
    readonly gaps: number;
    readonly fault?: Fault;
  };
  /** The kept past; absent while it is switched off, and in the first seconds. */
  readonly historian?: {
    readonly rows: number;
    readonly chunks: number;
    readonly usedBytes: number;
    readonly quotaBytes: number;
    readonly writtenBytes: number;
    /** Entries of the journal up to here are in it. */
    readonly position: number;
    /** µs since 1970, wall clock of the site. */
    readonly oldestUs?: number;
    /** µs since 1970, wall clock of the site. */
    readonly newestUs?: number;
    /** Chunks that could not be read, each of them a gap. */
    readonly damaged: number;
    readonly fault?: Fault;
  };
  /** Bytes a day at the rate of the last hour. */
  readonly writtenPerDay?: number;
  readonly clockJumps: number;
  /** Came out of a backup, and nobody has looked since at what may be old. */
  readonly restored?: {
    /** µs since 1970, wall clock of the site. */
    readonly backupUs: number;
    /** µs since 1970, wall clock of the site. */
    readonly restoredUs: number;
    /** Whether the box took the place of another one. */
    readonly replacement: boolean;
    /** Rows that waited for a sink whose far side may have them: not sent again. */
    readonly skipped: readonly {
      readonly sink: string;
      readonly rows: number;
    }[];
  };
  /** Who may sign in. */
  readonly access?: {
    readonly users: number;
    readonly tokens: number;
    readonly sessions: number;
    /** used: until a new code is made. */
    readonly breakGlass: 'sealed' | 'used' | 'none';
    /** µs since 1970, wall clock of the site. */
    readonly breakGlassUsedUs?: number;
    /** Why nobody can sign in. */
    readonly damage?: string;
  };
  /** How long the site would bear to be left alone; absent in the first minutes. */
  readonly autonomy?: {
    /** µs since 1970, wall clock of the site. */
    readonly atUs: number;
    /** Until the first end that counts; absent where none is known. */
    readonly days?: number;
    /** Which one that is. */
    readonly first?: {
      readonly reason:
        | 'certificate'
        | 'token'
        | 'backlog'
        | 'disk'
        | 'flash'
        | 'clock'
        | 'sequence'
        | 'retention';
      readonly subject: string;
    };
    /** What the site file asks for. */
    readonly leastDays: number;
    readonly isLow: boolean;
    /** Lines that count, and of which nobody can say how long. */
    readonly unknown: number;
  };
}

export interface SourceView {
  readonly id: string;
  readonly kind: string;
  /** shadowed: the device bears one session only, and the live site has it. */
  readonly state: 'opening' | 'running' | 'waiting' | 'failed' | 'closed' | 'shadowed';
  readonly samples: number;
  /** Sessions opened; more than 1 tells of reconnections. */
  readonly opened: number;
  /** Age of the newest row; absent before the first. */
  readonly ageMs?: number;
  /** Tags of the site file that are read from it. */
  readonly tags: number;
  /** Of these, those without a usable value now. */
  readonly badTags: number;
  /** The load budget of the device: what it is asked, beside what is allowed. */
  readonly load: {
    readonly requests: number;
    readonly requestsPerS: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly ok: number;
    readonly timeout: number;
    readonly refused: number;
    readonly garbage: number;
    /** What the configuration allows. */
    readonly caps: {
      readonly connections?: number;
      readonly perSecond?: number;
      readonly outstanding?: number;
    };
  };
  readonly fault?: Fault;
}

/** `name` is the event field of the message, `data` its data. */
export type StreamMessage =
  | {
      readonly name: 'values';
      readonly data: readonly TagValue[];
    }
  | {
      readonly name: 'events';
      readonly data: readonly EventView[];
    };

export interface TagDetail {
  readonly path: string;
  readonly type: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
  /** UCUM code. */
  readonly unit?: string;
  /** null where there is none yet or it is no number; 64-bit integers as text. */
  readonly value: Json;
  /** Name of an enum code. */
  readonly state?: string;
  readonly quality: string;
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** Since it arrived; absent before the first. */
  readonly ageMs?: number;
  /** Its device lets nobody read it: it has no value, ever. */
  readonly writeOnly?: true;
  readonly access: 'read' | 'write' | 'readWrite';
  readonly description?: string;
  /** Engineering range. */
  readonly range?: readonly [number, number];
  /** Names of enum codes. */
  readonly states?: { readonly [name: string]: string };
  /** Id of the source that reads it. */
  readonly source?: string;
  /** Where at the device, as the site file says it. */
  readonly address?: Json;
  /** Expression that it is derived by. */
  readonly derive?: string;
  /** Belongs to a safety function: it is never written. */
  readonly safety: boolean;
  /** Limits on writes, as in the site file. */
  readonly write?: Json;
  /** Rules, alarms, what suppresses alarms, and derived tags that rest on it. */
  readonly readers: readonly {
    readonly kind: 'rule' | 'alarm' | 'suppression' | 'detector' | 'tag';
    readonly id: string;
  }[];
  /** Ids of the alarms of its asset. */
  readonly alarms: readonly string[];
}

export interface TagValue {
  readonly path: string;
  readonly type: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
  /** UCUM code. */
  readonly unit?: string;
  /** null where there is none yet or it is no number; 64-bit integers as text. */
  readonly value: Json;
  /** Name of an enum code. */
  readonly state?: string;
  readonly quality: string;
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** Since it arrived; absent before the first. */
  readonly ageMs?: number;
  /** Its device lets nobody read it: it has no value, ever. */
  readonly writeOnly?: true;
}

/** What a detector goes on with now. */
export interface TakenLearned {
  readonly id: string;
  /** SHA-256 of the file. */
  readonly digest: string;
}

export interface TokenView {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
  /** Paths; absent: the whole site. */
  readonly areas?: readonly string[];
  /** Who made it. */
  readonly by: string;
  /** µs since 1970, wall clock of the site. */
  readonly createdUs: number;
  /** Until it ends; not above 0: it has. Absent: it has no end. */
  readonly leftMs?: number;
}

export interface TreeNode {
  readonly name: string;
  readonly path: string;
  /** Tags at and below it. */
  readonly tags: number;
  readonly isTag: boolean;
  /** Absent below the depth that was asked for. */
  readonly children?: readonly TreeNode[];
}

export interface UserView {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
  /** Paths; absent: the whole site. */
  readonly areas?: readonly string[];
  /** µs since 1970, wall clock of the site. */
  readonly createdUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly changedUs: number;
}

export interface WriteResult {
  readonly id: number;
  readonly state: 'refused' | 'sent' | 'confirmed' | 'failed' | 'unknown';
  readonly tag: number;
  readonly path: string;
  /** Any JSON. */
  readonly value: Json;
  readonly by: {
    readonly kind: 'rule' | 'operator' | 'lease' | 'remote';
    readonly name: string;
  };
  readonly why: string;
  /** Which limit said no. */
  readonly refusal?: string;
  readonly reason?: string;
  /** What the device said afterwards: an echo, and no effect. */
  readonly readBack?: Json;
  /** Value of the feedback tag. */
  readonly feedback?: number;
  readonly attempts?: number;
  readonly tookMs: number;
}

export interface StreamQuery {
  /** Only tags whose path begins so. */
  readonly prefix?: string | undefined;
  /** Only these tags. */
  readonly tag?: string | readonly string[] | undefined;
  /** Only events of these kinds; none for no events. */
  readonly kind?:
    | 'alarm'
    | 'alert'
    | 'write'
    | 'rule'
    | 'security'
    | 'config'
    | 'system'
    | 'none'
    | readonly ('alarm' | 'alert' | 'write' | 'rule' | 'security' | 'config' | 'system' | 'none')[]
    | undefined;
  /** Pause between two messages. */
  readonly everyMs?: number | undefined;
}

export interface EventsQuery {
  /** Only of these kinds. */
  readonly kind?:
    | 'alarm'
    | 'alert'
    | 'write'
    | 'rule'
    | 'security'
    | 'config'
    | 'system'
    | readonly ('alarm' | 'alert' | 'write' | 'rule' | 'security' | 'config' | 'system')[]
    | undefined;
  /** Only names that begin so, such as alarm. or write.refused. */
  readonly name?: string | undefined;
  /** Only about this tag, alarm, source; ends with * for all below. */
  readonly subject?: string | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Up to here, exclusive. */
  readonly to?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Events after this sequence, oldest first. */
  readonly after?: number | undefined;
  /** The newest events before this sequence; oldest first as well. */
  readonly before?: number | undefined;
}

export interface GapsQuery {
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Up to here, exclusive. */
  readonly to?: string | undefined;
  /** Only what this source told of. */
  readonly source?: string | undefined;
  /** Only holes that this tag may be concerned by. */
  readonly tag?: string | undefined;
  /** Only of this reason. */
  readonly reason?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
}

export interface LedgerRowsQuery {
  /** Only these tags. */
  readonly tag?: string | readonly string[] | undefined;
  /** Only tags whose path begins so. */
  readonly prefix?: string | undefined;
  /** Hours that begin from here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Hours that begin before this. */
  readonly to?: string | undefined;
  /** A row for each hour, tag, or hour of a tag. */
  readonly each?: 'hour' | 'tag' | 'both' | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
}

export interface DeadLettersQuery {
  /** Only of this sink. */
  readonly sink?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
}

export interface WriteBody {
  readonly tag: string;
  readonly value: number | boolean | string;
  readonly why: string;
  readonly leaseMs?: number | undefined;
  readonly by?: string | undefined;
}

export interface SetAssetBody {
  readonly asset: string;
  readonly mode?: 'local' | 'remote' | 'outOfService' | undefined;
  readonly tagOut?: boolean | undefined;
  readonly why?: string | undefined;
  readonly by?: string | undefined;
}

export interface WithoutStateBody {
  readonly why: string;
  readonly by?: string | undefined;
}

export interface RestoreCheckedBody {
  readonly by: string;
}

export interface TagsQuery {
  /** Only tags whose path begins so. */
  readonly prefix?: string | undefined;
  /** Only where path or description hold this text. */
  readonly search?: string | undefined;
  /** Only where the newest value is so. */
  readonly quality?: 'good' | 'uncertain' | 'bad' | undefined;
  /** Only those that are read from this source. */
  readonly source?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Path of the last tag of the page before. */
  readonly after?: string | undefined;
}

export interface TagTreeQuery {
  /** Path of the place whose branches are wanted; the site itself. */
  readonly at?: string | undefined;
  /** Levels below it. */
  readonly depth?: number | undefined;
}

export interface AlarmsQuery {
  /** Only alarms whose id begins so. */
  readonly prefix?: string | undefined;
  /** Only in these states, such as unacknowledged. */
  readonly state?:
    | 'normal'
    | 'unacknowledged'
    | 'acknowledged'
    | 'returnedUnacknowledged'
    | 'latchedUnacknowledged'
    | 'latchedAcknowledged'
    | 'shelved'
    | 'suppressed'
    | 'outOfService'
    | readonly (
        | 'normal'
        | 'unacknowledged'
        | 'acknowledged'
        | 'returnedUnacknowledged'
        | 'latchedUnacknowledged'
        | 'latchedAcknowledged'
        | 'shelved'
        | 'suppressed'
        | 'outOfService'
      )[]
    | undefined;
  /** Only of these priorities. */
  readonly priority?:
    | 'critical'
    | 'high'
    | 'medium'
    | 'low'
    | readonly ('critical' | 'high' | 'medium' | 'low')[]
    | undefined;
  /** true: all but normal ones. false: normal ones only. */
  readonly active?: 'true' | 'false' | undefined;
}

export interface OperateAlarmBody {
  readonly id: string;
  readonly act:
    | 'acknowledge'
    | 'shelve'
    | 'unshelve'
    | 'outOfService'
    | 'returnToService'
    | 'reset'
    | 'comment';
  readonly forMin?: number | undefined;
  readonly comment?: string | undefined;
  readonly by?: string | undefined;
}

export interface AlertsQuery {
  /** Only those of rules and detectors whose id begins so. */
  readonly prefix?: string | undefined;
}

export interface EndedAlertsQuery {
  /** Only those of rules and detectors whose id begins so. */
  readonly prefix?: string | undefined;
  /** Ended from here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Ended before this. */
  readonly to?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Id of the last one of the page before. */
  readonly before?: number | undefined;
}

export interface JudgeAlertBody {
  /** Id of the detector that found it. */
  readonly id: string;
  /** When it began, as the lists of alerts have it; its newest finding when absent. */
  readonly sinceUs?: number | undefined;
  /** true: there was something. false: there was nothing. known: it stands, and is shown quietly. */
  readonly verdict: 'true' | 'false' | 'known';
  /** Kept in the journal. */
  readonly why?: string | undefined;
  /** Who says so. */
  readonly by?: string | undefined;
}

export interface DetectorsQuery {
  /** Only detectors whose id begins so. */
  readonly prefix?: string | undefined;
}

export interface LearnBody {
  /** Begin of the period of good running: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Its end, exclusive. */
  readonly to: string;
  /** Says whether the period is fit to learn from, and keeps nothing. */
  readonly dryRun?: boolean | undefined;
  /** Learns of an unfit period too, as far as it teaches anything; needs why. */
  readonly force?: boolean | undefined;
  /** Kept in the audit. */
  readonly why?: string | undefined;
  /** Who does it. */
  readonly by?: string | undefined;
}

export interface TakeLearnedQuery {
  /** Name of the file, for the audit. */
  readonly name?: string | undefined;
  /** Kept in the audit. */
  readonly why?: string | undefined;
  /** Who does it. */
  readonly by?: string | undefined;
}

export interface MaintainBody {
  /** Path of an asset, or of a line or an area. */
  readonly asset: string;
  /** Minutes; 0 ends it. */
  readonly forMin: number;
  /** Needed to begin it. */
  readonly why?: string | undefined;
  /** Who does it. */
  readonly by: string;
}

export interface BrowseQuery {
  /** Place to begin at: a node, registers, a topic filter. */
  readonly from?: string | undefined;
  /** How long to listen where things speak by themselves. */
  readonly forMs?: number | undefined;
}

export interface DecideCertificateBody {
  readonly fingerprint: string;
  readonly act: 'trust' | 'reject';
  readonly by?: string | undefined;
}

export interface ConfigHistoryQuery {
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
}

export interface ConfigDiffQuery {
  /** First digits of a digest; the one before when absent. */
  readonly from?: string | undefined;
  /** First digits of a digest; what runs when absent. */
  readonly to?: string | undefined;
}

export interface ApplyConfigBody {
  /** Written to the site file; the file as it is when absent. */
  readonly text?: string | undefined;
  readonly why?: string | undefined;
  readonly undoes?: string | undefined;
  /** Digest of the site file that must run until then; whatever runs when absent. */
  readonly expects?: string | undefined;
  readonly by?: string | undefined;
}

export interface UndoConfigBody {
  /** First digits of the digest to go back to; what ran before when absent. */
  readonly to?: string | undefined;
  /** Kept in the history. */
  readonly why?: string | undefined;
  /** Digest of the site file that must run until then; whatever runs when absent. */
  readonly expects?: string | undefined;
  /** Who does it. */
  readonly by?: string | undefined;
}

export interface CheckConfigBody {
  /** A site file. */
  readonly text: string;
}

export interface BacktestBody {
  /** The site file to try; the files of then when absent, which must find what was recorded. */
  readonly text?: string | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Up to here, exclusive. */
  readonly to?: string | undefined;
  /** What the site recorded of itself, or its present file over the same past. */
  readonly against?: 'record' | 'current' | undefined;
  /** The journal where it reaches back far enough, otherwise the historian, when absent. */
  readonly past?: 'journal' | 'history' | undefined;
  /** How much of the past before it rules and alarms settle on. */
  readonly warmUpMs?: number | undefined;
}

export interface SavePictureBody {
  /** Its name when absent at a new one. */
  readonly title?: string | undefined;
  /** Area, line or asset that it shows: whoever is limited to areas sees those of his. Absent: the site. */
  readonly area?: string | undefined;
  /** The drawing, beside the site file; pictures/<name>.svg when absent. */
  readonly file?: string | undefined;
  /** All of them; those of before go. */
  readonly bindings?:
    | {
        readonly [name: string]: {
          /** What the element shows: path of a tag. */
          readonly tag?: string | undefined;
          /** The value of the tag as text; for a text element. */
          readonly value?:
            | {
                /** Digits behind the point. */
                readonly decimals?: number | undefined;
                /** Whether the unit stands behind it. */
                readonly unit?: boolean | undefined;
              }
            | undefined;
          /** The colour inside the element. */
          readonly fill?:
            | {
                /** Colour by state of an enum, or by true and false. */
                readonly states: {
                  readonly [name: string]:
                    | 'background'
                    | 'outline'
                    | 'inactive'
                    | 'active'
                    | 'abnormal'
                    | 'alarm'
                    | string;
                };
                /** For all others. */
                readonly otherwise?:
                  | 'background'
                  | 'outline'
                  | 'inactive'
                  | 'active'
                  | 'abnormal'
                  | 'alarm'
                  | string
                  | undefined;
              }
            | undefined;
          /** How far the element is filled; for a rect. */
          readonly level?:
            | {
                /** Values at both ends; the range of the tag when absent. */
                readonly range?: readonly [number, number] | undefined;
                /** Where it begins. */
                readonly from?: 'bottom' | 'top' | 'left' | 'right' | undefined;
              }
            | undefined;
          /** How far the element is turned: valves, pointers. */
          readonly rotation?:
            | {
                /** Values at both ends; the range of the tag when absent. */
                readonly range?: readonly [number, number] | undefined;
                /** Angles at both ends, clockwise, about the middle of the element. */
                readonly degrees?: readonly [number, number] | undefined;
              }
            | undefined;
          /** When the element is there at all. */
          readonly visible?:
            | {
                /** States of an enum, or true or false, in which it shows. */
                readonly states: readonly string[];
              }
            | undefined;
          /** Id of an alarm, or an asset: marked while one of its alarms is active, by priority. */
          readonly alarm?: string | undefined;
          /** Tag or asset whose faceplate opens. */
          readonly click?: string | undefined;
        };
      }
    | undefined;
  /** Kept in the history. */
  readonly why?: string | undefined;
  readonly by?: string | undefined;
}

export interface HistoryRawQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
}

export interface HistoryBucketsQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** Width of a bucket. */
  readonly bucketUs: number;
  /** What to calculate. */
  readonly aggregate?:
    | 'min'
    | 'max'
    | 'mean'
    | 'timeMean'
    | 'last'
    | 'first'
    | 'count'
    | 'sum'
    | 'duration'
    | readonly ('min' | 'max' | 'mean' | 'timeMean' | 'last' | 'first' | 'count' | 'sum' | 'duration')[]
    | undefined;
  /** For duration: the value whose time counts; any that is not zero when absent. */
  readonly state?: number | undefined;
}

export interface HistoryTrendQuery {
  /** Path of a tag. */
  readonly tag: string;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** At most so many. */
  readonly points?: number | undefined;
}

export interface HistoryAtQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** ISO 8601 with its zone, or µs since 1970. */
  readonly time: string;
}

export interface HistoryAlignedQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** Distance of two rows. */
  readonly stepUs: number;
  /** What stands between two samples. */
  readonly fill?: 'previous' | 'linear' | undefined;
}

export interface HistoryCalculatedQuery {
  /** An expression as of a derived tag: `tag("line1/pump/flow") * 2`, `mean(tag("…"), "5m")`. */
  readonly calc: string;
  /** Bare names in the expression are signals of it. */
  readonly asset?: string | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** What stands at each step; a row whenever an input has one when absent. */
  readonly stepUs?: number | undefined;
  /** At most so many rows, in one line; the extremes are kept. */
  readonly points?: number | undefined;
}

export interface HistoryCalculatedBucketsQuery {
  /** An expression as of a derived tag: `tag("line1/pump/flow") * 2`, `mean(tag("…"), "5m")`. */
  readonly calc: string;
  /** Bare names in the expression are signals of it. */
  readonly asset?: string | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** What stands at each step; a row whenever an input has one when absent. */
  readonly stepUs?: number | undefined;
  /** Width of a bucket. */
  readonly bucketUs: number;
  /** What to calculate of it. */
  readonly aggregate?:
    | 'min'
    | 'max'
    | 'mean'
    | 'timeMean'
    | 'last'
    | 'first'
    | 'count'
    | 'sum'
    | 'duration'
    | readonly ('min' | 'max' | 'mean' | 'timeMean' | 'last' | 'first' | 'count' | 'sum' | 'duration')[]
    | undefined;
  /** For duration: the value whose time counts. */
  readonly state?: number | undefined;
}

export interface HistoryGapsQuery {
  /** Path of a tag; may be given several times. */
  readonly tag?: string | readonly string[] | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
}

export interface HistoryExportQuery {
  /** Path of a tag, in which * stands for any text; may be given several times. */
  readonly tag: string | readonly string[];
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Up to here, exclusive. */
  readonly to?: string | undefined;
  /** What the file is. */
  readonly format?: 'csv' | 'ndjson' | 'parquet' | undefined;
  /** long: a row a sample, tag by tag. wide: a row a time, with a column for each tag. */
  readonly form?: 'long' | 'wide' | undefined;
  /** Leaves out qualities and gaps; bad values are then empty. */
  readonly valuesOnly?: 'true' | 'false' | undefined;
}

export interface HistoryImportQuery {
  /** Name of the file, for the audit. */
  readonly name?: string | undefined;
  /** Reads all of it, says what it would do, and keeps nothing. */
  readonly dryRun?: 'true' | 'false' | undefined;
  /** Guessed when absent, as all that follows. */
  readonly form?: 'long' | 'wide' | undefined;
  /** Column of the times. */
  readonly time?: string | undefined;
  /** How they are written. */
  readonly timeFormat?: 'iso' | 'dmy' | 'mdy' | 's' | 'ms' | 'us' | 'ns' | undefined;
  /** Of times that name none: UTC, +01:00, Europe/Berlin. */
  readonly zone?: string | undefined;
  /** Column of the tags, of a long table. */
  readonly tag?: string | undefined;
  /** Column of the values, of a long table. */
  readonly value?: string | undefined;
  /** Column of the qualities, of a long table. */
  readonly quality?: string | undefined;
  /** NAME=PATH: the tag that a column, or a name in a long table, stands for. */
  readonly map?: string | readonly string[] | undefined;
  /** Place below which names become paths. */
  readonly under?: string | undefined;
  /** Names that are left out. */
  readonly skip?: string | readonly string[] | undefined;
  /** Leaves out columns that no tag stands for, instead of refusing the file. */
  readonly skipUnknown?: 'true' | 'false' | undefined;
  /** Names that no tag stands for become tags of the history alone; their types are guessed. */
  readonly undeclared?: 'true' | 'false' | undefined;
  /** Between the cells of CSV. */
  readonly separator?: string | undefined;
  /** How numbers are written in CSV. */
  readonly decimal?: '.' | ',' | undefined;
  /** Who does it. */
  readonly by?: string | undefined;
  /** Kept in the audit. */
  readonly why?: string | undefined;
}

export interface SaveViewBody {
  readonly name: string;
  readonly tags: readonly {
    readonly path: string;
    /** Which of its axes; the first one when absent. */
    readonly axis?: number | undefined;
  }[];
  /** Drawn beside the tags; whoever is limited to areas does not see a view that has any. */
  readonly calculations?:
    | readonly {
        /** As of a derived tag. */
        readonly expression: string;
        /** Bare names in it are signals of this asset. */
        readonly asset?: string | undefined;
        readonly axis?: number | undefined;
      }[]
    | undefined;
  /** Live: so much of the past, up to now. */
  readonly spanMs?: number | undefined;
  /** µs since 1970, with `toUs`: a time of its own. */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  readonly by?: string | undefined;
}

export interface RemoveViewBody {
  readonly name: string;
}

export interface SignInBody {
  /** Name of a user. */
  readonly name: string;
  readonly password: string;
}

export interface SignInByCodeBody {
  /** As it was printed; small letters and spaces do no harm. */
  readonly code: string;
}

export interface FirstAdministratorBody {
  /** As it was printed; small letters and spaces do no harm. */
  readonly code: string;
  /** Name of a user. */
  readonly name: string;
  readonly password: string;
}

export interface ChangePasswordBody {
  /** The one that holds now. */
  readonly present: string;
  readonly next: string;
}

export interface AddUserBody {
  /** Name of a user. */
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
  /** Paths of areas, lines or assets; the whole site when absent. */
  readonly areas?: readonly string[] | undefined;
  readonly password: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface SetRightsBody {
  /** Name of a user. */
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
  /** Paths of areas, lines or assets; the whole site when absent. */
  readonly areas?: readonly string[] | undefined;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface SetPasswordBody {
  /** Name of a user. */
  readonly name: string;
  readonly password: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface RemoveUserBody {
  /** Name of a user. */
  readonly name: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface EndSessionBody {
  /** As the list of sessions names it. */
  readonly id: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface CreateTokenBody {
  /** What it is for, such as grafana. */
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
  /** Paths of areas, lines or assets; the whole site when absent. */
  readonly areas?: readonly string[] | undefined;
  /** Ends after this long; never when absent. */
  readonly validForMs?: number | undefined;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface RevokeTokenBody {
  /** Name of a token. */
  readonly name: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface MakeBreakGlassBody {
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface PanelStopBody {
  readonly why?: string | undefined;
}

const part = (value: string): string => encodeURIComponent(value);

/** Everything that a site can be asked. */
export class SiteApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Whether the site runs and its disk takes what it is given. Answers 503 while the journal cannot be written. */
  health(signal?: AbortSignal): Promise<Health> {
    return this.#transport.json<Health>({ method: 'GET', path: '/health', signal });
  }

  /** How the site does, with all its parts. */
  status(signal?: AbortSignal): Promise<SiteStatus> {
    return this.#transport.json<SiteStatus>({ method: 'GET', path: '/api/status', signal });
  }

  /** How long the site would bear to be left alone, and what ends that. Each line with its reason; what cannot be known says so, and why. Names of API tokens are for administrators. */
  autonomy(signal?: AbortSignal): Promise<Autonomy> {
    return this.#transport.json<Autonomy>({ method: 'GET', path: '/api/autonomy', signal });
  }

  /** The same as Prometheus metrics. */
  metrics(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/metrics', signal });
  }

  /** Live values and events as Server-Sent Events. First every value that was asked for, then what changed since the message before: a slow client gets the newest value of each tag and misses those between. Messages are `values` and `events`. */
  stream(query: StreamQuery = {}, signal?: AbortSignal): AsyncIterable<StreamMessage> {
    return this.#transport.stream<StreamMessage>({ method: 'GET', path: '/api/stream', query, signal });
  }

  /** This API as an OpenAPI 3.1 document. */
  openapi(signal?: AbortSignal): Promise<OpenApi> {
    return this.#transport.json<OpenApi>({ method: 'GET', path: '/api/openapi.json', signal });
  }

  /** The same for people, as a page that needs nothing else. */
  docs(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/api/docs', signal });
  }

  /** What happened, oldest first. Without `after` the newest ones. A page may hold fewer than `limit` and have a next one: a search ends after some ten thousand events, and goes on where its link leads. Addresses that notices and actions went to are for engineers. */
  events(query: EventsQuery = {}, signal?: AbortSignal): Promise<Page<EventView>> {
    return this.#transport.page<EventView>({ method: 'GET', path: '/api/events', query, signal });
  }

  /** As {@link events}, from page to page until the last one. */
  async *everyEvents(query: EventsQuery = {}, signal?: AbortSignal): AsyncIterable<EventView> {
    let next: string | undefined;
    do {
      const page: Page<EventView> = await this.#transport.page<EventView>(
        { method: 'GET', path: '/api/events', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Counted holes in what is kept, oldest first: the newest ones. */
  gaps(query: GapsQuery = {}, signal?: AbortSignal): Promise<readonly GapView[]> {
    return this.#transport.json<readonly GapView[]>({ method: 'GET', path: '/api/gaps', query, signal });
  }

  /** What became of every sample: acquired, stored, and for each sink delivered, waiting, lost. Read from the disk: what is not on it yet is in no number. */
  ledger(signal?: AbortSignal): Promise<Ledger> {
    return this.#transport.json<Ledger>({ method: 'GET', path: '/api/ledger', signal });
  }

  /** The same by hour of arrival, by tag, or by both. */
  ledgerRows(query: LedgerRowsQuery = {}, signal?: AbortSignal): Promise<readonly LedgerRow[]> {
    return this.#transport.json<readonly LedgerRow[]>({
      method: 'GET',
      path: '/api/ledger/rows',
      query,
      signal,
    });
  }

  /** Rows that the far side of a sink refused for good, oldest first: the newest ones. */
  deadLetters(query: DeadLettersQuery = {}, signal?: AbortSignal): Promise<readonly DeadLetterView[]> {
    return this.#transport.json<readonly DeadLetterView[]>({
      method: 'GET',
      path: '/api/dead-letters',
      query,
      signal,
    });
  }

  /** Write a tag, through the guard. Answers once the end is known: refused (by which limit), sent, confirmed by a feedback tag, failed or unknown. A refusal is an answer with status 200. */
  write(body: WriteBody, signal?: AbortSignal): Promise<WriteResult> {
    return this.#transport.json<WriteResult>({ method: 'POST', path: '/api/writes', body, signal });
  }

  /** Modes and tag-outs of assets. */
  assets(signal?: AbortSignal): Promise<readonly AssetView[]> {
    return this.#transport.json<readonly AssetView[]>({ method: 'GET', path: '/api/assets', signal });
  }

  /** Set the mode of an asset, or hang or remove a tag-out, there and below. */
  setAsset(body: SetAssetBody, signal?: AbortSignal): Promise<readonly AssetView[]> {
    return this.#transport.json<readonly AssetView[]>({ method: 'POST', path: '/api/assets', body, signal });
  }

  /** Go on, and write to machines, without the state of the last run, which the disk does not give. Tag-outs, modes, leases and alarm states that it held no longer count. */
  withoutState(body: WithoutStateBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/without-state', body, signal });
  }

  /** Somebody has looked at what a backup brought back and may be old. */
  restoreChecked(body: RestoreCheckedBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/restored', body, signal });
  }

  /** The newest value of each tag, in the order of paths. */
  tags(query: TagsQuery = {}, signal?: AbortSignal): Promise<Page<TagValue>> {
    return this.#transport.page<TagValue>({ method: 'GET', path: '/api/tags', query, signal });
  }

  /** As {@link tags}, from page to page until the last one. */
  async *everyTags(query: TagsQuery = {}, signal?: AbortSignal): AsyncIterable<TagValue> {
    let next: string | undefined;
    do {
      const page: Page<TagValue> = await this.#transport.page<TagValue>(
        { method: 'GET', path: '/api/tags', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** One tag: its newest value and all that is known of it. */
  tag(path: string, signal?: AbortSignal): Promise<TagDetail> {
    return this.#transport.json<TagDetail>({ method: 'GET', path: `/api/tags/${part(path)}`, signal });
  }

  /** Areas, lines, assets and signals below a place. */
  tagTree(query: TagTreeQuery = {}, signal?: AbortSignal): Promise<readonly TreeNode[]> {
    return this.#transport.json<readonly TreeNode[]>({ method: 'GET', path: '/api/tag-tree', query, signal });
  }

  /** Alarms with their states. */
  alarms(query: AlarmsQuery = {}, signal?: AbortSignal): Promise<readonly AlarmStatus[]> {
    return this.#transport.json<readonly AlarmStatus[]>({
      method: 'GET',
      path: '/api/alarms',
      query,
      signal,
    });
  }

  /** Acknowledge, shelve, unshelve, take out of service, return, reset or comment an alarm. It is in the audit before it is answered. Doing it twice means the same. */
  operateAlarm(body: OperateAlarmBody, signal?: AbortSignal): Promise<AlarmStatus> {
    return this.#transport.json<AlarmStatus>({ method: 'POST', path: '/api/alarms', body, signal });
  }

  /** One alarm. */
  alarm(alarm: string, signal?: AbortSignal): Promise<AlarmStatus> {
    return this.#transport.json<AlarmStatus>({ method: 'GET', path: `/api/alarms/${part(alarm)}`, signal });
  }

  /** Rules with their states. */
  rules(signal?: AbortSignal): Promise<readonly RuleStatus[]> {
    return this.#transport.json<readonly RuleStatus[]>({ method: 'GET', path: '/api/rules', signal });
  }

  /** Alerts that stand: worth knowing, with nothing to do about them. They are no alarms: nobody acknowledges them, and they are in no figure about alarms. The newest comes first. */
  alerts(query: AlertsQuery = {}, signal?: AbortSignal): Promise<readonly AlertStatus[]> {
    return this.#transport.json<readonly AlertStatus[]>({
      method: 'GET',
      path: '/api/alerts',
      query,
      signal,
    });
  }

  /** Alerts that are over, from the journal; those that ended last come first. A page may hold fewer than `limit` and have a next one: a search ends after some ten thousand events, and goes on where its link leads. */
  endedAlerts(query: EndedAlertsQuery = {}, signal?: AbortSignal): Promise<Page<EndedAlert>> {
    return this.#transport.page<EndedAlert>({ method: 'GET', path: '/api/alerts/ended', query, signal });
  }

  /** As {@link endedAlerts}, from page to page until the last one. */
  async *everyEndedAlerts(query: EndedAlertsQuery = {}, signal?: AbortSignal): AsyncIterable<EndedAlert> {
    let next: string | undefined;
    do {
      const page: Page<EndedAlert> = await this.#transport.page<EndedAlert>(
        { method: 'GET', path: '/api/alerts/ended', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Say of what a detector found whether it was true, false or known. It is in the journal before it is answered. The newest word counts; what is over can be judged too, as long as it is among the last hundred findings of its detector. */
  judgeAlert(body: JudgeAlertBody, signal?: AbortSignal): Promise<DetectorStatus> {
    return this.#transport.json<DetectorStatus>({ method: 'POST', path: '/api/alerts/judge', body, signal });
  }

  /** Detectors: what they see now, what they learned from, how often they were right. */
  detectors(query: DetectorsQuery = {}, signal?: AbortSignal): Promise<readonly DetectorStatus[]> {
    return this.#transport.json<readonly DetectorStatus[]>({
      method: 'GET',
      path: '/api/detectors',
      query,
      signal,
    });
  }

  /** One detector. */
  detector(detector: string, signal?: AbortSignal): Promise<DetectorStatus> {
    return this.#transport.json<DetectorStatus>({
      method: 'GET',
      path: `/api/detectors/${part(detector)}`,
      signal,
    });
  }

  /** A detector learns from a stated period of good running. Answers at once; how far it has come is asked for by GET …/learning. The past is read in a thread of its own, one detector at a time. What is unfit to learn from is refused, what is doubtful is learned and says so. */
  learn(id: string, body: LearnBody, signal?: AbortSignal): Promise<LearningStatus> {
    return this.#transport.json<LearningStatus>({
      method: 'POST',
      path: `/api/detectors/${part(id)}/learn`,
      body,
      signal,
    });
  }

  /** How far a detector has come with learning, or what became of it. Of the last time since the start of the site. */
  learning(id: string, signal?: AbortSignal): Promise<LearningStatus> {
    return this.#transport.json<LearningStatus>({
      method: 'GET',
      path: `/api/detectors/${part(id)}/learning`,
      signal,
    });
  }

  /** Ends the learning of a detector; nothing of it is kept. */
  endLearning(id: string, signal?: AbortSignal): Promise<LearningStatus> {
    return this.#transport.json<LearningStatus>({
      method: 'POST',
      path: `/api/detectors/${part(id)}/learning/end`,
      signal,
    });
  }

  /** The file of what a detector learned last. Signals are named without the asset in it, so that detectors of equal assets can take it. */
  learnedFile(id: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#transport.bytes({ method: 'GET', path: `/api/detectors/${part(id)}/learned`, signal });
  }

  /** A detector goes on with what one of an equal asset learned. The file must be of the same kind, with the same signals in the same order. */
  takeLearned(
    id: string,
    upload: Upload,
    query: TakeLearnedQuery = {},
    signal?: AbortSignal,
  ): Promise<TakenLearned> {
    return this.#transport.json<TakenLearned>({
      method: 'POST',
      path: `/api/detectors/${part(id)}/learned`,
      query,
      upload,
      signal,
    });
  }

  /** Notices of alarms that wait or were given up, and assets under maintenance. Addresses of recipients are for engineers: others see the actuator, the plan and the step. */
  notices(signal?: AbortSignal): Promise<NoticesStatus> {
    return this.#transport.json<NoticesStatus>({ method: 'GET', path: '/api/notices', signal });
  }

  /** Hold back the notices of an asset for a while; 0 minutes end it. */
  maintain(body: MaintainBody, signal?: AbortSignal): Promise<NoticesStatus> {
    return this.#transport.json<NoticesStatus>({ method: 'POST', path: '/api/maintenance', body, signal });
  }

  /** Sources with their health and the load that they put on their device. */
  sources(signal?: AbortSignal): Promise<readonly SourceView[]> {
    return this.#transport.json<readonly SourceView[]>({ method: 'GET', path: '/api/sources', signal });
  }

  /** One source. */
  source(id: string, signal?: AbortSignal): Promise<SourceView> {
    return this.#transport.json<SourceView>({ method: 'GET', path: `/api/sources/${part(id)}`, signal });
  }

  /** What there is at a device, through the session of its source. A line each as it is found; hanging up ends the search. A last line with `fault` says why it ended early. */
  browse(id: string, query: BrowseQuery = {}, signal?: AbortSignal): AsyncIterable<Found> {
    return this.#transport.lines<Found>({
      method: 'GET',
      path: `/api/sources/${part(id)}/browse`,
      query,
      signal,
    });
  }

  /** Sinks with their backlog. */
  sinks(signal?: AbortSignal): Promise<readonly SinkView[]> {
    return this.#transport.json<readonly SinkView[]>({ method: 'GET', path: '/api/sinks', signal });
  }

  /** Actuators with what waits in them. */
  actuators(signal?: AbortSignal): Promise<readonly ActuatorView[]> {
    return this.#transport.json<readonly ActuatorView[]>({ method: 'GET', path: '/api/actuators', signal });
  }

  /** Certificates of peers: trusted, waiting, changed, rejected. */
  certificates(signal?: AbortSignal): Promise<readonly CertificateView[]> {
    return this.#transport.json<readonly CertificateView[]>({
      method: 'GET',
      path: '/api/certificates',
      signal,
    });
  }

  /** Trust or reject a certificate. */
  decideCertificate(body: DecideCertificateBody, signal?: AbortSignal): Promise<readonly CertificateView[]> {
    return this.#transport.json<readonly CertificateView[]>({
      method: 'POST',
      path: '/api/certificates',
      body,
      signal,
    });
  }

  /** One of them as PEM, by the first digits of its fingerprint. */
  certificate(fingerprint: string, signal?: AbortSignal): Promise<CertificateDetail> {
    return this.#transport.json<CertificateDetail>({
      method: 'GET',
      path: `/api/certificates/${part(fingerprint)}`,
      signal,
    });
  }

  /** The site file that runs. */
  config(signal?: AbortSignal): Promise<RunningConfig> {
    return this.#transport.json<RunningConfig>({ method: 'GET', path: '/api/config', signal });
  }

  /** Site files that took effect, oldest first: the newest ones. */
  configHistory(query: ConfigHistoryQuery = {}, signal?: AbortSignal): Promise<readonly ConfigEntry[]> {
    return this.#transport.json<readonly ConfigEntry[]>({
      method: 'GET',
      path: '/api/config/history',
      query,
      signal,
    });
  }

  /** One of them with its text, by the first digits of its digest. */
  configVersion(digest: string, signal?: AbortSignal): Promise<ConfigVersion> {
    return this.#transport.json<ConfigVersion>({
      method: 'GET',
      path: `/api/config/versions/${part(digest)}`,
      signal,
    });
  }

  /** The difference of two of them, as text and by meaning. */
  configDiff(query: ConfigDiffQuery = {}, signal?: AbortSignal): Promise<ConfigDiff> {
    return this.#transport.json<ConfigDiff>({ method: 'GET', path: '/api/config/diff', query, signal });
  }

  /** Check a site file and let it take effect. A file with errors is refused as a whole, with all of them, and with status 200: nothing has changed then. */
  applyConfig(body: ApplyConfigBody, signal?: AbortSignal): Promise<AppliedConfig> {
    return this.#transport.json<AppliedConfig>({ method: 'POST', path: '/api/config/apply', body, signal });
  }

  /** Go back to an earlier site file. */
  undoConfig(body: UndoConfigBody, signal?: AbortSignal): Promise<AppliedConfig> {
    return this.#transport.json<AppliedConfig>({ method: 'POST', path: '/api/config/undo', body, signal });
  }

  /** The JSON Schema of a site file, for editors. */
  siteSchema(signal?: AbortSignal): Promise<JsonSchema> {
    return this.#transport.json<JsonSchema>({ method: 'GET', path: '/api/config/schema', signal });
  }

  /** What is wrong with a site file, and what it would change; nothing takes effect. */
  checkConfig(body: CheckConfigBody, signal?: AbortSignal): Promise<CheckedConfig> {
    return this.#transport.json<CheckedConfig>({ method: 'POST', path: '/api/config/check', body, signal });
  }

  /** What a site file would have found, raised and written, beside what was. The past goes through the very same decisions at full speed, in a thread of its own; nothing is written to any machine. A line each with how far it has come, then one with the report, or with the problems of a file that has errors. Hanging up ends it. One at a time. */
  backtest(body: BacktestBody, signal?: AbortSignal): AsyncIterable<BacktestLine> {
    return this.#transport.lines<BacktestLine>({ method: 'POST', path: '/api/backtest', body, signal });
  }

  /** Whether the hash chain over all events holds. Walks all that is kept, in a thread of its own. One at a time: who asks meanwhile gets what that one finds. */
  auditCheck(signal?: AbortSignal): Promise<AuditCheck> {
    return this.#transport.json<AuditCheck>({ method: 'GET', path: '/api/audit', signal });
  }

  /** Process pictures, without their drawings. */
  pictures(signal?: AbortSignal): Promise<readonly PictureHead[]> {
    return this.#transport.json<readonly PictureHead[]>({ method: 'GET', path: '/api/pictures', signal });
  }

  /** One picture: its drawing, cleaned, and what its elements show. Scripts, handlers, links, styles, foreign content and whatever refers outside are taken out, and told. The drawing is read anew once its file has changed. */
  picture(name: string, signal?: AbortSignal): Promise<Picture> {
    return this.#transport.json<Picture>({ method: 'GET', path: `/api/pictures/${part(name)}`, signal });
  }

  /** What a picture shows: edits the site file and lets it take effect. Makes the entry where there is none; the drawing must be there by then. Undone as any change of the site file. With errors it is refused as a whole, with all of them, and with status 200. */
  savePicture(name: string, body: SavePictureBody, signal?: AbortSignal): Promise<AppliedConfig> {
    return this.#transport.json<AppliedConfig>({
      method: 'POST',
      path: `/api/pictures/${part(name)}`,
      body,
      signal,
    });
  }

  /** The drawing of a picture, as SVG of a megabyte at most; kept cleaned. */
  uploadPicture(name: string, upload: Upload, signal?: AbortSignal): Promise<PictureSaved> {
    return this.#transport.json<PictureSaved>({
      method: 'POST',
      path: `/api/pictures/${part(name)}/drawing`,
      upload,
      signal,
    });
  }

  /** Tags that have a past, and how far it reaches. */
  historyTags(signal?: AbortSignal): Promise<readonly HistoryTag[]> {
    return this.#transport.json<readonly HistoryTag[]>({ method: 'GET', path: '/api/history/tags', signal });
  }

  /** Every sample of some tags, tag by tag. A line of JSON a part, with columns of equal length; hanging up ends the query. A last line with `fault` says why it ended early. */
  historyRaw(query: HistoryRawQuery, signal?: AbortSignal): AsyncIterable<Series> {
    return this.#transport.lines<Series>({ method: 'GET', path: '/api/history/raw', query, signal });
  }

  /** Minimum, maximum, mean and the like of each stretch of time. A line of JSON a part, with columns of equal length; hanging up ends the query. A last line with `fault` says why it ended early. */
  historyBuckets(query: HistoryBucketsQuery, signal?: AbortSignal): AsyncIterable<Buckets> {
    return this.#transport.lines<Buckets>({ method: 'GET', path: '/api/history/buckets', query, signal });
  }

  /** One tag with as many points as a picture needs; its extremes are kept. */
  historyTrend(query: HistoryTrendQuery, signal?: AbortSignal): Promise<Series> {
    return this.#transport.json<Series>({ method: 'GET', path: '/api/history/trend', query, signal });
  }

  /** The last sample of each tag at a time; a tag that had none is left out. */
  historyAt(query: HistoryAtQuery, signal?: AbortSignal): Promise<readonly Series[]> {
    return this.#transport.json<readonly Series[]>({ method: 'GET', path: '/api/history/at', query, signal });
  }

  /** Several tags at the same times. A line of JSON a part, with columns of equal length; hanging up ends the query. A last line with `fault` says why it ended early. */
  historyAligned(query: HistoryAlignedQuery, signal?: AbortSignal): AsyncIterable<Aligned> {
    return this.#transport.lines<Aligned>({ method: 'GET', path: '/api/history/aligned', query, signal });
  }

  /** A calculation over the past of tags. The rows that a derived tag of this expression would have had: worst quality of its inputs, windows included; from the begin of a counted hole of an input to its next row nothing is known. A line of JSON a part, with columns of equal length; hanging up ends the query. A last line with `fault` says why it ended early. */
  historyCalculated(query: HistoryCalculatedQuery, signal?: AbortSignal): AsyncIterable<Series> {
    return this.#transport.lines<Series>({ method: 'GET', path: '/api/history/calculated', query, signal });
  }

  /** Minimum, maximum, mean and the like of a calculation over the past of tags. The rows that a derived tag of this expression would have had: worst quality of its inputs, windows included; from the begin of a counted hole of an input to its next row nothing is known. A line of JSON a part, with columns of equal length; hanging up ends the query. A last line with `fault` says why it ended early. */
  historyCalculatedBuckets(
    query: HistoryCalculatedBucketsQuery,
    signal?: AbortSignal,
  ): AsyncIterable<Buckets> {
    return this.#transport.lines<Buckets>({
      method: 'GET',
      path: '/api/history/calculated/buckets',
      query,
      signal,
    });
  }

  /** Counted holes that touch a span of time. */
  historyGaps(query: HistoryGapsQuery, signal?: AbortSignal): Promise<readonly GapView[]> {
    return this.#transport.json<readonly GapView[]>({
      method: 'GET',
      path: '/api/history/gaps',
      query,
      signal,
    });
  }

  /** The history of some tags as a file: CSV, NDJSON or Parquet. A file that breaks off is not whole: the connection then ends early. */
  historyExport(query: HistoryExportQuery, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#transport.bytes({ method: 'GET', path: '/api/history/export', query, signal });
  }

  /** Brings the past of a plant into the history: a file of CSV or Parquet. A line of JSON from time to time says how far it has come, the last one has the report. The type of the body says what it is. Rows that cannot be read are counted and told; a file may be sent again. */
  historyImport(
    upload: Upload,
    query: HistoryImportQuery = {},
    signal?: AbortSignal,
  ): AsyncIterable<ImportLine> {
    return this.#transport.lines<ImportLine>({
      method: 'POST',
      path: '/api/history/import',
      query,
      upload,
      signal,
    });
  }

  /** Saved views of trends. Whoever is limited to areas sees those whose tags all lie there. */
  views(signal?: AbortSignal): Promise<readonly SavedView[]> {
    return this.#transport.json<readonly SavedView[]>({ method: 'GET', path: '/api/views', signal });
  }

  /** Save a view under a name, in place of one that has it. */
  saveView(body: SaveViewBody, signal?: AbortSignal): Promise<SavedView> {
    return this.#transport.json<SavedView>({ method: 'POST', path: '/api/views', body, signal });
  }

  /** Remove a saved view. */
  removeView(body: RemoveViewBody, signal?: AbortSignal): Promise<readonly SavedView[]> {
    return this.#transport.json<readonly SavedView[]>({
      method: 'POST',
      path: '/api/views/remove',
      body,
      signal,
    });
  }

  /** Sign in with name and password. Answers with a cookie that scripts cannot read; its session lives on the site and survives a restart. Wrong ones wait the longer the more there were; nobody is locked out. */
  signIn(body: SignInBody, signal?: AbortSignal): Promise<Me> {
    return this.#transport.json<Me>({ method: 'POST', path: '/api/access/sign-in', body, signal });
  }

  /** Sign in with a code: of a printed link, or the break-glass code. Answers with a cookie that scripts cannot read; its session lives on the site and survives a restart. */
  signInByCode(body: SignInByCodeBody, signal?: AbortSignal): Promise<Me> {
    return this.#transport.json<Me>({ method: 'POST', path: '/api/access/code', body, signal });
  }

  /** Make the first administrator, with the code that the site printed when it started without any. Answers with a cookie that scripts cannot read; its session lives on the site and survives a restart. */
  firstAdministrator(body: FirstAdministratorBody, signal?: AbortSignal): Promise<Me> {
    return this.#transport.json<Me>({ method: 'POST', path: '/api/access/first', body, signal });
  }

  /** Who asks, and what he may. */
  me(signal?: AbortSignal): Promise<Me> {
    return this.#transport.json<Me>({ method: 'GET', path: '/api/access/me', signal });
  }

  /** End the session that asks; without one, nothing happens. */
  signOut(signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/sign-out', signal });
  }

  /** Give oneself another password; all other sessions of the user end. */
  changePassword(body: ChangePasswordBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/password', body, signal });
  }

  /** Users with their rights. */
  users(signal?: AbortSignal): Promise<readonly UserView[]> {
    return this.#transport.json<readonly UserView[]>({ method: 'GET', path: '/api/access/users', signal });
  }

  /** Add a user. */
  addUser(body: AddUserBody, signal?: AbortSignal): Promise<UserView> {
    return this.#transport.json<UserView>({ method: 'POST', path: '/api/access/users', body, signal });
  }

  /** Give a user another role and other areas; it holds at once. */
  setRights(body: SetRightsBody, signal?: AbortSignal): Promise<UserView> {
    return this.#transport.json<UserView>({ method: 'POST', path: '/api/access/users/rights', body, signal });
  }

  /** Give a user another password; his sessions end. */
  setPassword(body: SetPasswordBody, signal?: AbortSignal): Promise<UserView> {
    return this.#transport.json<UserView>({
      method: 'POST',
      path: '/api/access/users/password',
      body,
      signal,
    });
  }

  /** Remove a user; his sessions end. */
  removeUser(body: RemoveUserBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/users/remove', body, signal });
  }

  /** Who is signed in. */
  sessions(signal?: AbortSignal): Promise<readonly SessionView[]> {
    return this.#transport.json<readonly SessionView[]>({
      method: 'GET',
      path: '/api/access/sessions',
      signal,
    });
  }

  /** End somebody's session. */
  endSession(body: EndSessionBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/sessions/end', body, signal });
  }

  /** API tokens; not what opens them, which is kept nowhere. */
  tokens(signal?: AbortSignal): Promise<readonly TokenView[]> {
    return this.#transport.json<readonly TokenView[]>({ method: 'GET', path: '/api/access/tokens', signal });
  }

  /** Make an API token for a program; the answer is the only place where it stands. */
  createToken(body: CreateTokenBody, signal?: AbortSignal): Promise<NewToken> {
    return this.#transport.json<NewToken>({ method: 'POST', path: '/api/access/tokens', body, signal });
  }

  /** End an API token at once. */
  revokeToken(body: RevokeTokenBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/tokens/revoke', body, signal });
  }

  /** Make a new break-glass code, to be printed and sealed; the one before ends. */
  makeBreakGlass(body: MakeBreakGlassBody, signal?: AbortSignal): Promise<NewCode> {
    return this.#transport.json<NewCode>({ method: 'POST', path: '/api/access/break-glass', body, signal });
  }

  /** A page that says how to trust the certificate of this site. */
  trustPage(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/trust', signal });
  }

  /** What is to be trusted, as PEM: the authority that issues the certificate of this site. */
  trustCertificate(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/trust/authority.crt', signal });
  }

  /** The console of this site, for a browser. */
  consolePage(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/', signal });
  }

  /** The console, where one signs in; a code behind `#` is used at once. As `/` with every page of it: what one may see comes through the API. */
  signInPage(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/sign-in', signal });
  }

  /** A script or style of the console; its name holds a digest, so it never changes. */
  consoleAsset(name: string, signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: `/assets/${part(name)}`, signal });
  }

  /** The style of that page. */
  pageStyle(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/page.css', signal });
  }

  /** Write every value that `settings.panel.stop` declares, through the guard. Each value has an end of its own, as with a write: one that the guard refuses does not keep the others from being written. This is no emergency stop. */
  panelStop(body: PanelStopBody, signal?: AbortSignal): Promise<readonly WriteResult[]> {
    return this.#transport.json<readonly WriteResult[]>({
      method: 'POST',
      path: '/api/panel/stop',
      body,
      signal,
    });
  }
}
