// Long because it is one list: everything that the API of a site says and takes.
import * as z from 'zod';
import type { Problem } from '#contract/model.ts';
import type { DETECTOR_KINDS, PRIORITIES } from '#contract/site.ts';
import type { EventKind, Json } from '#kernel/event.ts';
import type { GapReason } from '#kernel/gap.ts';
import type { TagType } from '#kernel/tag-table.ts';
import type { AutonomySummary } from './autonomy.ts';
import type { HistorianStatus } from './historian-status.ts';

/*
 * What the API of a site says and takes. Counters count since start; times are µs since 1970 on the wall clock unless
 * a name says steady.
 */

export interface FaultStatus {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** The PLC load budget: what a device is asked, beside what the configuration allows. */
export interface LoadStatus {
  readonly requests: number;
  readonly requestsPerS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ok: number;
  readonly timeout: number;
  readonly refused: number;
  readonly garbage: number;
  readonly caps: {
    readonly connections?: number;
    readonly perSecond?: number;
    readonly outstanding?: number;
  };
}

export interface SourceStatus {
  readonly kind: string;
  /** `shadowed`: not opened, because the device bears one session only and the live site has it. */
  readonly state: 'opening' | 'running' | 'waiting' | 'failed' | 'closed' | 'shadowed';
  readonly samples: number;
  /** Sessions opened; more than 1 tells of reconnections. */
  readonly opened: number;
  /** Age of the newest row; undefined before the first. */
  readonly ageMs: number | undefined;
  /** Tags of the site file that are read from it. */
  readonly tags: number;
  /** Of these, those without a usable value now: a device may answer for some and not for others. */
  readonly badTags: number;
  readonly load: LoadStatus;
  readonly fault?: FaultStatus;
}

export interface ActuatorStatus {
  readonly kind: string;
  readonly waiting: number;
  readonly done: number;
  readonly failed: number;
  readonly unknown: number;
  readonly fault?: FaultStatus;
}

export interface SinkStatus {
  readonly kind: string;
  readonly state: SourceStatus['state'];
  readonly delivers: 'exactly-once' | 'at-least-once' | 'best-effort';
  /** Sessions opened; more than 1 tells of reconnections. */
  readonly opened: number;
  /** Rows that the far side confirmed. */
  readonly delivered: number;
  /** Rows that it refused for good: dead letters. */
  readonly rejected: number;
  readonly backlog: {
    /** Counted over the next thousand blocks, estimated beyond. */
    readonly rows: number;
    /** Since the oldest of them arrived; undefined without a backlog. */
    readonly ageMs: number | undefined;
  };
  /** Over the last ten seconds. */
  readonly rowsPerS: number;
  /** Until the backlog is gone at this rate, against what arrives meanwhile; undefined while it does not shrink. */
  readonly emptyInS: number | undefined;
  /** Of the hub: given away by hand, and neither a receipt nor the link has said that it is there. */
  readonly unconfirmed?: {
    readonly samples: number;
    readonly events: number;
    readonly parcels: number;
    readonly atUs: number;
  };
  readonly fault?: FaultStatus;
}

/** A rule that decides and acts on nothing; counted since start. */
export interface ShadowRuleStatus {
  readonly id: string;
  readonly state: 'off' | 'on' | 'unknown';
  /** The rule that it is held against. */
  readonly insteadOf?: string;
  /** Changes of its state. */
  readonly decisions: number;
  readonly wouldWrite: number;
  readonly wouldSend: number;
  /** How often, and for how long, one of both was on and the other was not. */
  readonly differences: number;
  readonly differedMs: number;
  /** The newest ones; `on` is the rule that was on. Without an end: it goes on. */
  readonly last: readonly { readonly fromUs: number; readonly toUs?: number; readonly on: string }[];
}

export interface JournalStatus {
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
  readonly fault?: FaultStatus;
}

/** Which site file runs, and what is wrong with the one that lies there. */
export interface ConfigStatus {
  /** SHA-256 of the text that runs, as hex. */
  readonly digest: string;
  readonly sinceUs: number;
  /** Path of the site file; absent where there is none. */
  readonly file?: string;
  /** Whether a saved file takes effect by itself. */
  readonly watched: boolean;
  /** The file is not what runs, because of this. */
  readonly refused?: RefusedConfig;
  /** Set while the site runs the last good file that its journal kept, since the one in place was bad at its start: when that took effect. */
  readonly lastGoodUs?: number;
}

export interface RefusedConfig {
  readonly digest: string;
  readonly sinceUs: number;
  readonly problems: readonly Problem[];
}

/** A notice that has not been delivered. Times are wall clock, µs since 1970. */
export interface OpenNoticeView {
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
  readonly sinceUs: number;
  readonly dueUs: number;
  readonly attempts: number;
  /** When it is tried again; absent while an attempt is under way, and once it was given up. */
  readonly nextUs?: number;
  readonly problem?: string | undefined;
}

/** The next one who is told of an alarm that nobody acknowledges. */
export interface ComingNoticeView {
  readonly plan: string;
  /** Index of the step in its plan. */
  readonly step: number;
  readonly to: string;
  readonly recipients?: readonly string[];
  readonly alarm: string;
  readonly priority: string;
  readonly sinceUs: number;
  /** Held back after this. */
  readonly dueUs: number;
  readonly held?: 'shift' | 'maintenance';
}

export interface MaintenanceView {
  readonly asset: string;
  readonly untilUs: number;
  readonly by: string;
  readonly why: string;
}

export interface NoticesStatus {
  /** How many plans the site file has: without one nobody is told of anything. */
  readonly plans: number;
  readonly waiting: readonly OpenNoticeView[];
  /** What is told next of each alarm that asks, by plan; by when it is due. */
  readonly coming: readonly ComingNoticeView[];
  /** Given up, oldest first; the last 200. */
  readonly failed: readonly OpenNoticeView[];
  readonly maintenance: readonly MaintenanceView[];
}

export interface SiteStatus {
  readonly site: string;
  readonly version: string;
  readonly pid: number;
  /** Rises with every start. */
  readonly epoch: number;
  /** A shadow reads and decides, and writes nothing. */
  readonly mode: 'live' | 'shadow';
  readonly config: ConfigStatus;
  /** What the wall clock of the site says: whoever looks from elsewhere measures ages by it. */
  readonly nowUs: number;
  /** Zone of its shifts and of the times that people read there, such as Europe/Berlin. */
  readonly timeZone: string;
  readonly upS: number;
  readonly memoryBytes: number;
  readonly sources: { readonly [id: string]: SourceStatus };
  readonly actuators: { readonly [id: string]: ActuatorStatus };
  readonly sinks: { readonly [id: string]: SinkStatus };
  readonly tags: number;
  readonly samples: number;
  readonly decisions: {
    readonly count: number;
    /** Arrival of a batch to the end of its decisions. */
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** Alarms by state. */
  readonly alarms: { readonly [state: string]: number };
  /** Detectors by state. */
  readonly detectors: { readonly [state: string]: number };
  /** Writes by how they ended. */
  readonly writes: {
    readonly refused: number;
    readonly sent: number;
    readonly confirmed: number;
    readonly failed: number;
    readonly unknown: number;
  };
  readonly notices: { readonly waiting: number; readonly failed: number; readonly maintenance: number };
  readonly shadowRules: readonly ShadowRuleStatus[];
  readonly journal: JournalStatus;
  /** Absent while it is switched off, and in the first seconds. */
  readonly historian?: HistorianStatus;
  /** Bytes a day at the rate of the last hour; undefined in the first minutes. */
  readonly writtenPerDay: number | undefined;
  readonly clockJumps: number;
  /** Came out of a backup, and nobody has said since that he has looked at what may be old. */
  readonly restored?: RestoredStatus;
  /** Absent in the first moment. */
  readonly access?: AccessStatus;
  /** How long the site would bear to be left alone; absent in the first minutes. */
  readonly autonomy?: AutonomySummary;
}

/** Who may sign in; nobody's name. */
export interface AccessStatus {
  readonly users: number;
  readonly tokens: number;
  readonly sessions: number;
  /** The break-glass code: sealed somewhere, used up, or never made. */
  readonly breakGlass: 'sealed' | 'used' | 'none';
  /** Wall clock, µs since 1970; until a new code is made. */
  readonly breakGlassUsedUs?: number;
  /** Why nobody can sign in: the file of accounts cannot be read. */
  readonly damage?: string;
}

/** Times are wall clock, µs since 1970. */
export interface RestoredStatus {
  readonly backupUs: number;
  readonly restoredUs: number;
  /** Whether the box took the place of another one. */
  readonly replacement: boolean;
  /** Rows that waited for a sink whose far side may have them: they are not sent again. */
  readonly skipped: readonly { readonly sink: string; readonly rows: number }[];
}

export const RestoreChecked = z.strictObject({ by: z.string().min(1) });

export interface TagValue {
  readonly path: string;
  readonly type: TagType;
  readonly unit?: string;
  /** null where there is none yet or it is no number; 64-bit integers as text. */
  readonly value: Json;
  /** Name of an enum code. */
  readonly state?: string;
  readonly quality: string;
  readonly timeUs: number;
  readonly ageMs: number | undefined;
  /** Its device lets nobody read it: it has no value, ever. */
  readonly writeOnly?: true;
}

/** After ISA-18.2-2016, figure 2. */
export const ALARM_STATES = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returnedUnacknowledged',
  'latchedUnacknowledged',
  'latchedAcknowledged',
  'shelved',
  'suppressed',
  'outOfService',
] as const;

export interface AlarmStatus {
  readonly id: string;
  readonly priority: (typeof PRIORITIES)[number];
  readonly state: (typeof ALARM_STATES)[number];
  readonly condition: boolean | 'unknown';
  readonly consequence: string;
  readonly response: string;
  readonly sinceUs: number;
  readonly firstOut: number;
  readonly shelvedUntilUs?: number;
  readonly comment?: string;
  /** What the site file says of it. */
  readonly asset: string;
  readonly description?: string;
  readonly when: string;
  /** Paths of the tags that the condition reads; absent of a stopped site. */
  readonly reads?: readonly string[];
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly latched: boolean;
  readonly suppressWhen?: string;
  readonly shelveMaxMin: number;
}

/** Why a detector finds something: a tag that speaks for it. Numbers are null where there are none. */
export interface Reason {
  readonly tag: string;
  readonly share: number;
  readonly value: number | null;
  readonly expected: number | null;
  readonly deviation: number | null;
  readonly text: string;
}

/** What a detector finds, as it was when it began, or is now. */
export interface FoundBy {
  readonly kind: (typeof DETECTOR_KINDS)[number];
  readonly certainty: number;
  readonly ratio: number | null;
  readonly reasons: readonly Reason[];
}

/** What people say of what a detector finds; `known`: it stands, and is shown quietly. */
export type Verdict = 'true' | 'false' | 'known';

/** Something worth knowing that is so now, and asks nobody for a response. */
export interface AlertStatus {
  /** Id of the rule, or of the detector. */
  readonly rule: string;
  readonly asset: string;
  readonly description?: string;
  /** As it read when it began. */
  readonly text: string;
  readonly sinceUs: number;
  /** Whether the condition holds now. */
  readonly condition: boolean | 'unknown';
  readonly when: string;
  /** Values now of the tags that the condition reads; absent of a stopped site. */
  readonly inputs?: readonly TagValue[];
  /** Present where a detector found it. */
  readonly detector?: FoundBy;
  readonly verdict?: Verdict;
}

export interface EndedAlert {
  /** Position of its end in the journal. */
  readonly id: number;
  readonly rule: string;
  readonly asset: string;
  readonly text: string;
  readonly sinceUs: number;
  readonly endedUs: number;
  readonly lastedMs: number;
  /** `changed`: the site file had it no more. */
  readonly cause: 'condition' | 'changed';
  readonly inputs: readonly {
    readonly tag: string;
    readonly value: Json;
    readonly state?: string;
    readonly quality: string;
  }[];
  /** Why, as that was when it was at its worst; of one that ended under an earlier version, as it ended. */
  readonly detector?: Omit<FoundBy, 'ratio'> & {
    readonly atEnd?: { readonly certainty: number; readonly text: string };
  };
  readonly verdict?: Verdict;
}

export interface EventView {
  /** Position in the journal: rises, with holes. */
  readonly id: number;
  readonly kind: EventKind;
  readonly name: string;
  readonly subject: string;
  readonly timeUs: number;
  readonly by?: string;
  readonly detail?: { readonly [key: string]: Json };
}

/** A row that the far side of a sink refused for good. */
export interface DeadLetterView {
  /** Counts all there ever were: the ids missing before the first were dropped for room. */
  readonly id: number;
  readonly sink: string;
  readonly tag: string;
  readonly timeUs: number;
  readonly value: Json;
  readonly quality: string;
  readonly reason: string;
  /** When it was refused. */
  readonly atUs: number;
}

/** A counted hole in what is kept. */
export interface GapView {
  readonly seq: number;
  /** Absent where the site itself lost rows. */
  readonly source?: string;
  /** Paths, those too that the site file names no more; `all` where the holder cannot tell them apart. */
  readonly tags: readonly string[] | 'all';
  readonly fromUs: number;
  readonly toUs: number;
  /** Samples lost; absent where nobody can know. */
  readonly count?: number;
  readonly reason: GapReason;
}

/** A certificate as it was met at one peer. */
export interface CertificateView {
  /** SHA-256 of the DER, 64 hex digits. */
  readonly fingerprint: string;
  readonly peer: string;
  /** `changed`: waits beside a certificate that is trusted for the same peer. */
  readonly state: 'trusted' | 'waiting' | 'changed' | 'rejected';
  /** Trusted because the site file names its fingerprint. */
  readonly pinned: boolean;
  readonly subject: string;
  readonly issuer: string;
  readonly validFromUs: number;
  readonly validToUs: number;
  readonly firstSeenUs: number;
  /** Of the state. */
  readonly sinceUs: number;
  readonly by?: string;
  readonly warnings: readonly string[];
  /** That met this peer since the site started. */
  readonly sources?: readonly string[];
}

export interface CertificateDetail {
  readonly seen: readonly CertificateView[];
  readonly pem: string;
}

/** What holds for an asset now; `modeFrom` and `from` are what it was said of: itself, one above it, '' for all. */
export interface AssetView {
  readonly asset: string;
  readonly mode: 'local' | 'remote' | 'outOfService';
  /** Absent where nobody has said anything. */
  readonly modeFrom?: string;
  readonly tagOut?: { readonly by: string; readonly why: string; readonly from: string };
}

/** RFC 9457. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly hint?: string;
  /** What is wrong with the input, field by field. */
  readonly fields?: readonly {
    readonly in: 'query' | 'body';
    readonly name: string;
    readonly message: string;
  }[];
}

const by = z.string().min(1).max(100).default('local');
const why = z.string().trim().min(1, 'say why: a write without a reason is refused').max(500);

export const AlarmRequest = z.strictObject({
  id: z.string(),
  act: z.enum(['acknowledge', 'shelve', 'unshelve', 'outOfService', 'returnToService', 'reset', 'comment']),
  forMin: z.number().positive().optional(),
  comment: z.string().max(500).optional(),
  by,
});

export const WriteBody = z.strictObject({
  tag: z.string(),
  value: z.union([z.number(), z.boolean(), z.string()]),
  why,
  leaseMs: z.int().min(100).optional(),
  by,
});

export const AssetRequest = z.strictObject({
  asset: z.string(),
  mode: z.enum(['local', 'remote', 'outOfService']).optional(),
  tagOut: z.boolean().optional(),
  why: why.optional(),
  by,
});

/** A trend that people come back to. */
export const SavedView = z.strictObject({
  name: z.string().trim().min(1).max(100),
  tags: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(500),
        axis: z.int().min(0).max(3).exactOptional().describe('Which of its axes; the first one when absent.'),
      }),
    )
    .min(1)
    .max(50),
  calculations: z
    .array(
      z.strictObject({
        expression: z.string().trim().min(1).max(10_000).describe('As of a derived tag.'),
        asset: z.string().max(500).default('').describe('Bare names in it are signals of this asset.'),
        axis: z.int().min(0).max(3).exactOptional(),
      }),
    )
    .max(8)
    .exactOptional()
    .describe('Drawn beside the tags; whoever is limited to areas does not see a view that has any.'),
  spanMs: z.number().positive().exactOptional().describe('Live: so much of the past, up to now.'),
  fromUs: z.number().exactOptional().describe('µs since 1970, with `toUs`: a time of its own.'),
  toUs: z.number().exactOptional(),
  by: z.string().max(100),
  savedUs: z.number().describe('µs since 1970, wall clock of the site.'),
});
export type SavedView = z.output<typeof SavedView>;

export const SaveViewRequest = SavedView.omit({ by: true, savedUs: true }).extend({ by });

export const StateRequest = z.strictObject({ why, by });

export const CertificateRequest = z.strictObject({
  /** Or the first digits of it, as long as only one begins so. */
  fingerprint: z.string().max(200),
  act: z.enum(['trust', 'reject']),
  by,
});

/** One change of the site file that took effect. */
export interface ConfigEntry {
  /** Position of its event in the journal. */
  readonly seq: number;
  readonly timeUs: number;
  /** `file`, `hangup`, `api:name` or `start`. */
  readonly by: string;
  readonly digest: string;
  /** Digest of the text before; null for the first one of a site. */
  readonly before: string | null;
  readonly why?: string;
  /** In one line; absent where the site was started with another file. */
  readonly summary?: string;
  /** Digest that an undo went back to. */
  readonly undoes?: string;
}

/** What applying a site file led to. */
export interface AppliedConfig {
  /** Refused: nothing has changed, see the problems. Unchanged: this very text runs already. */
  readonly state: 'applied' | 'unchanged' | 'refused';
  readonly digest: string;
  /** Digest of what ran until then. */
  readonly before: string;
  readonly summary: string;
  /** One line a change. */
  readonly changes: readonly string[];
  /** Every error and hint of the check. */
  readonly problems: readonly Problem[];
}

/** A site file of some megabytes is a large one. */
export const MOST_CONFIG_BYTES = 16 * 1024 * 1024;

/** Of changes of the site file: nobody overwrites what he has not seen. */
export const expectedDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .optional()
  .describe('Digest of the site file that must run until then; whatever runs when absent.');

export const ConfigRequest = z.strictObject({
  text: z
    .string()
    .max(MOST_CONFIG_BYTES)
    .optional()
    .describe('Written to the site file; the file as it is when absent.'),
  why: z.string().trim().min(1).max(500).optional(),
  undoes: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  expects: expectedDigest,
  by,
});

/** Where a running site can be reached; `api.json` in its data folder, readable by its owner only. */
export const ApiAddress = z.object({
  /** For programs on this box: plain, and on loopback, also where the pages are encrypted. */
  url: z.string(),
  token: z.string(),
  pid: z.number(),
  /** Where browsers find it, where that is another door. */
  pages: z.string().optional(),
});
export type ApiAddress = z.output<typeof ApiAddress>;
