import type { Batch, Value } from '#kernel/batch.ts';
import type { Asker, Command, WriteResult } from '#kernel/command.ts';
import type { Json } from '#kernel/event.ts';

/** Limits of one writable tag, names resolved to tag numbers. */
export interface GuardedTag {
  readonly tag: number;
  readonly path: string;
  readonly asset: string;
  readonly type: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
  readonly writable: boolean;
  readonly safety: boolean;
  readonly range?: readonly [number, number] | undefined;
  readonly maxStep?: number | undefined;
  readonly ratePerS?: number | undefined;
  /** CEL, relative to the asset; true and known lets the write pass. */
  readonly interlock?: string | undefined;
  readonly feedback?:
    | { readonly tag: number; readonly tolerance: number; readonly withinMs: number }
    | undefined;
  readonly lease?: { readonly maxMs: number; readonly safe: number | boolean } | undefined;
  readonly ttlMs: number;
  readonly remote: boolean;
  /** A repetition within `ttlMs` does no harm; nothing else is ever sent twice. */
  readonly idempotent?: boolean | undefined;
  /** raw = (value − offset) / factor */
  readonly scale?: { readonly factor: number; readonly offset: number } | undefined;
}

export interface WriteRequest {
  readonly tag: number;
  readonly value: number | Value;
  readonly by: Asker;
  readonly why: string;
  readonly leaseMs?: number | undefined;
}

/** Which limit said no; stable names for programs. */
export type Refusal =
  | 'unknown-tag'
  | 'not-writable'
  | 'safety'
  | 'type'
  | 'range'
  | 'step'
  | 'rate'
  | 'interlock'
  | 'interlock-unknown'
  | 'present-unknown'
  | 'tag-out'
  | 'mode'
  | 'remote-off'
  | 'lease'
  | 'no-authority'
  | 'shadow'
  | 'expired'
  | 'not-durable'
  | 'source-down'
  | 'no-reason'
  | 'changed'
  | 'busy'
  | 'overtaken';

export type WriteState = 'refused' | 'sent' | 'confirmed' | 'failed' | 'unknown';

/** How a write ended, or for `sent` how far it is when there is no feedback to wait for. */
export interface WriteOutcome {
  readonly id: number;
  readonly state: WriteState;
  readonly tag: number;
  readonly path: string;
  readonly value: number | Value;
  readonly by: Asker;
  readonly why: string;
  readonly refusal?: Refusal;
  readonly reason?: string;
  /** Value of the feedback tag that confirmed, or the last one seen. */
  readonly feedback?: number;
  /** What the device said when its source asked after the write, in the tag's unit. No effect: it may be an echo. */
  readonly readBack?: number | Value;
  /** How often an idempotent write was handed to its source, where that is more than once. */
  readonly attempts?: number;
  readonly tookMs: number;
}

export type AssetMode = 'local' | 'remote' | 'outOfService';

/** What holds for an asset now, and which asset it was said of: itself, one above it, or '' for the whole site. */
export interface AssetState {
  readonly asset: string;
  readonly mode: AssetMode;
  /** Absent where nobody has said anything. */
  readonly modeFrom?: string;
  readonly tagOut?: { readonly by: string; readonly why: string; readonly from: string };
}

/** What the guard needs from outside; the edge gives it. */
export interface GuardPorts {
  steadyUs(): number;
  /** `settings.remoteWrites` of the site file; off when absent. */
  readonly remoteWrites?: boolean;
  /**
   * A shadow decides and records what it would write: what passes every limit is refused as `shadow`. Leases of an
   * earlier run are kept as they are and run out only in a runtime that is none. Looked at for every write.
   */
  readonly shadow?: boolean;
  /** Whether this runtime holds the write authority; it does when absent. */
  hasAuthority?(): boolean;
  /** Sends to the source of the tag; `source-down` faults become refused before anything left. */
  send(command: Command, signal: AbortSignal): Promise<WriteResult>;
  /** Resolves once everything recorded so far is durable. */
  durable(): Promise<void>;
  /** A record for the journal: intents before a remote or manual write leaves, outcomes of all. */
  record(
    name: 'intent' | WriteState,
    outcome: Omit<WriteOutcome, 'state' | 'tookMs'> & Partial<WriteOutcome>,
  ): void;
  /** State that must survive a restart: modes, tag-outs, leases. */
  save(state: Json): void;
}

/** The newest row of a tag. */
export interface PresentRow {
  readonly value: number | Value;
  readonly timeUs: number;
  readonly quality: number;
  /** Arrival, steady. */
  readonly seenUs: number;
}

/** Looks up present values by tag number; undefined, or one of quality `badWaitingForInitialData`, where none came. */
export type PresentOf = (tag: number) => PresentRow | undefined;

export interface Guard {
  /** Looks at every batch (after decisions) for present values and for feedback. */
  observe(batch: Batch, atUs: number): void;
  /**
   * Checks at once, in the caller's step; the promise is about what follows. Never rejects. Where a write to the tag has
   * not been answered yet, another one is refused as busy; one of a rule waits for that, within its own time to live,
   * until a newer one of a rule takes its place.
   */
  write(request: WriteRequest): Promise<WriteOutcome>;
  /** The limit that would refuse this write now; undefined where it would pass. Nothing is written, nothing recorded. */
  check(request: WriteRequest): { readonly refusal: Refusal; readonly reason: string } | undefined;
  /** Gives back what the rule holds: safe values are written. */
  release(by: Asker): void;
  /** Runs leases out; called with every tick. */
  advance(atUs: number): void;
  readonly nextUs: number;
  /**
   * `local`: rules and operators at the site write; `remote`: others may too, where tag and site allow it;
   * `outOfService`: nobody. Out of service holds for every asset below, whatever its own mode; the other modes
   * for those below that have none of their own.
   * @throws Fault `guard.unknown-asset`
   */
  setMode(asset: string, mode: AssetMode, by: string): void;
  /**
   * Blocks every writer of the asset, and of all below it, until removed (lock-out, tag-out). Several people may
   * hang their own.
   * @throws Fault `guard.unknown-asset`
   */
  tagOut(asset: string, by: string, why: string): void;
  /** Takes away the tag-out that the same person hung. @throws Fault `guard.no-tag-out` naming who holds one */
  removeTagOut(asset: string, by: string): void;
  /**
   * Takes the limits of a changed site file. Tags whose limits are the same keep all they have: present values, leases,
   * rates, writes under way. On a tag that is gone, or has other limits or another meaning, what had not left yet is
   * refused (`unknown-tag`, `changed`), what had left ends as unknown, and a lease is ended with its safe value, sent
   * after the old limits and scale within this call: sources are changed afterwards. A safe value that does not get
   * through is owed further where the tag still takes leases, and given up with its outcome on record elsewhere.
   *
   * @param tags all that may be asked for from now on
   * @param present values for what has not been watched until now: new interlocks, new tags; none when absent
   * @param changed tags whose rows mean something else now (states, address, source): their values are forgotten.
   *   Another type or scale is seen here
   * @returns resolves once those safe values have ended, within their time to live; never rejects. The sources of tags
   *   that are gone are best kept open until then
   * @throws Fault `guard.interlock`, before anything has changed
   */
  reconfigure(tags: readonly GuardedTag[], present?: PresentOf, changed?: ReadonlySet<number>): Promise<void>;
  assets(): readonly AssetState[];
  snapshot(): Json;
}
