import type { DetectorView, FoundBy } from '#decide/detectors/saying.ts';
import type { DetectorSpec, LearnedFile } from '#decide/detectors/spec.ts';
import type { Batch, Value } from '#kernel/batch.ts';
import type { Json } from '#kernel/event.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/*
 * What decisions are given and what they answer. Everything here is pure: no clock, no I/O, no promise. Time comes in
 * as `atUs`, the site's steady clock, which the journal records with each batch and tick; so a replayed journal gives
 * the same outcomes, to the last event.
 */

export interface DecisionSpec {
  readonly derived: readonly DerivedSpec[];
  readonly rules: readonly RuleSpec[];
  readonly alarms: readonly AlarmSpec[];
  readonly detectors?: readonly DetectorSpec[] | undefined;
}

/** Bare names in expressions are signals of `asset`, or full paths in `tag("area/line/asset/signal")`. */
export interface DerivedSpec {
  readonly path: string;
  readonly asset: string;
  readonly derive: string;
}

export interface RuleSpec {
  readonly id: string;
  readonly asset: string;
  readonly when: string;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly onBad: 'hold' | 'safe' | 'alarm';
  readonly firstIsEdge: boolean;
  /** Whoever carries intents out leaves this rule's undone. It holds nothing that a later rule could go on with. */
  readonly shadow?: boolean | undefined;
  /** Id of the rule that a shadow may replace. */
  readonly insteadOf?: string | undefined;
  /** What stands in the list of alerts while the rule is on; a text as those of actions. A shadow has none there. */
  readonly alert?: string | undefined;
  readonly do: readonly ActionSpec[];
  readonly clear: readonly ActionSpec[];
}

/** Text may hold expressions in `{{ }}`; text that is one expression and nothing else keeps that value's type. */
export type ActionSpec =
  | {
      readonly write: {
        readonly tag: string;
        readonly value: number | boolean | string;
        readonly leaseMs?: number | undefined;
      };
    }
  | { readonly send: { readonly to: string; readonly [field: string]: unknown } };

export type Priority = 'critical' | 'high' | 'medium' | 'low';

export interface AlarmSpec {
  readonly id: string;
  readonly asset: string;
  readonly when: string;
  readonly priority: Priority;
  readonly consequence: string;
  readonly response: string;
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly latched: boolean;
  readonly suppressWhen?: string | undefined;
  readonly shelveMaxMin: number;
}

/** States of ISA-18.2-2016, figure 2; `latched` is returned but waiting for a reset by hand. */
export type AlarmState =
  | 'normal'
  | 'unacknowledged'
  | 'acknowledged'
  | 'returnedUnacknowledged'
  | 'latchedUnacknowledged'
  | 'latchedAcknowledged'
  | 'shelved'
  | 'suppressed'
  | 'outOfService';

/** One alarm as people see it. */
export interface AlarmView {
  readonly id: string;
  readonly priority: Priority;
  readonly state: AlarmState;
  /** Whether the condition holds now, whatever the state: true, false, or not known for want of good inputs. */
  readonly condition: boolean | 'unknown';
  readonly consequence: string;
  readonly response: string;
  /** Steady time of the last change of state. */
  readonly sinceUs: number;
  /** Steady time at which it was raised last, also beneath what covers it: names this occurrence. 0: it never was. */
  readonly raisedUs: number;
  /** Rank in its burst: 1 for the first alarm that came after a quiet time (first-out). 0 while normal. */
  readonly firstOut: number;
  /** End of shelving, steady time. */
  readonly shelvedUntilUs?: number;
  readonly comment?: string;
}

export interface AlarmTransition {
  readonly id: string;
  readonly priority: Priority;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly cause: 'condition' | 'operator' | 'time' | 'suppression';
  readonly firstOut: number;
  /** Who, when the cause is an operator. */
  readonly by?: string;
  readonly comment?: string;
}

/** What a rule wants done. The edge hands writes to the guard and sends to the actuators. */
export interface Intent {
  readonly rule: string;
  readonly edge: 'on' | 'off';
  readonly action:
    | {
        readonly kind: 'write';
        readonly tag: number;
        readonly value: number | Value;
        readonly leaseMs?: number;
      }
    | { readonly kind: 'send'; readonly to: string; readonly config: Json }
    /** The rule ended or became unknown with `onBad: safe`: leases it holds are given back. */
    | { readonly kind: 'release' };
}

export interface RuleTransition {
  readonly id: string;
  readonly from: RuleState;
  readonly to: RuleState;
}
export type RuleState = 'off' | 'on' | 'unknown';

/** An alert that stands: something worth knowing that asks for no response. */
export interface AlertView {
  /** Id of the rule, or of the detector. */
  readonly rule: string;
  /** As it read when it began. */
  readonly text: string;
  /** Steady time at which it began. */
  readonly sinceUs: number;
  /** Whether the condition holds now: an off-delay may be running, or an input may be bad. */
  readonly condition: boolean | 'unknown';
}

/** An alert begins to stand, or ends. */
export interface AlertTransition {
  /** Id of the rule, or of the detector. */
  readonly rule: string;
  readonly to: 'began' | 'ended';
  /** `changed`: the site file has it no more. */
  readonly cause: 'condition' | 'changed';
  readonly text: string;
  /** For how long it has stood; 0 as it begins. */
  readonly lastedMs: number;
  /** What the condition rests on, as it was in this moment; nothing where the file has changed. */
  readonly inputs: readonly AlertInput[];
  /** Present where a detector began or ended to find something. */
  readonly found?: FoundBy;
}

/** A value for people, and for the record. */
export interface AlertInput {
  readonly tag: string;
  readonly value: Json;
  /** Name of an enum code. */
  readonly state?: string;
  readonly quality: string;
}

/** A rule, an alarm, what suppresses an alarm, a detector, or a derived tag (by its number), and the tags that it reads. */
export type Reading = { readonly tags: readonly number[] } & (
  | { readonly kind: 'rule' | 'alarm' | 'suppression' | 'detector'; readonly id: string }
  | { readonly kind: 'tag'; readonly tag: number }
);

/** What a step led to; shared and empty when nothing happened, which is the usual case. */
export interface Outcome {
  /** Derived tags that this step gave a new value, in topological order. */
  readonly derived: Batch | undefined;
  readonly rules: readonly RuleTransition[];
  readonly alarms: readonly AlarmTransition[];
  readonly intents: readonly Intent[];
  /** Absent when there are none. */
  readonly alerts?: readonly AlertTransition[];
  /** Actions that were due but not asked for; absent when there are none. */
  readonly skipped?: readonly SkippedAction[];
}

/** Whether a step led to nothing but derived values. */
export const isEmpty = ({ rules, alarms, intents, alerts, skipped }: Outcome): boolean =>
  rules.length + alarms.length + intents.length === 0 && !alerts && !skipped;

/**
 * What a rule did not do though its state changed: a write whose value was not known, or none for its tag; or all
 * that the edge lists, because the value was a first one and so no edge.
 */
export interface SkippedAction {
  readonly rule: string;
  readonly edge: 'on' | 'off';
  /** Number of the tag that is not written; absent where everything is left out. */
  readonly tag?: number | undefined;
  readonly reason: string;
}

/** What an operator does with an alarm (ISA-18.2-2016, 5.6). `until` and times are steady µs. */
export type AlarmAct =
  | { readonly act: 'acknowledge' }
  | { readonly act: 'shelve'; readonly forMin: number }
  | { readonly act: 'unshelve' }
  | { readonly act: 'outOfService' }
  | { readonly act: 'returnToService' }
  | { readonly act: 'reset' }
  | { readonly act: 'comment' };

export interface Decisions {
  /** Decides on one batch; `late` batches change nothing. */
  step(batch: Batch, atUs: number): Outcome;
  /** Time passing without samples: delays, windows, shelving. Ticks come from the journal when replaying. */
  advance(atUs: number): Outcome;
  /** Steady time at which `advance` has something to do; Infinity when nothing waits. */
  readonly nextUs: number;
  /**
   * An operator's act, idempotent where repeating it means the same.
   * @throws Fault `alarm.unknown`, `alarm.not-possible` with the state it is in, `alarm.shelved-too-long`
   */
  operate(id: string, act: AlarmAct, by: string, atUs: number, comment?: string): Outcome;
  alarms(): readonly AlarmView[];
  rules(): readonly { readonly id: string; readonly state: RuleState }[];
  /** Those that stand, in the order of rules, then of detectors. */
  alerts(): readonly AlertView[];
  /** @param id of the only one that is wanted */
  detectors(id?: string): readonly DetectorView[];
  /** Whether what detectors have seen is to be kept though nothing happened: a little of it, now and then. */
  readonly hasSeen: boolean;
  /** From the next step on a detector goes on with another learned file. Nothing where there is no such detector. */
  learn(detector: string, file: LearnedFile): void;
  /** What rests on which tags, by their numbers. */
  reads(): Iterable<Reading>;
  /** Number of decisions made so far: conditions evaluated, by kernels and by expressions. */
  readonly decided: number;
  /** Everything that must survive a restart, but no sample: the first value after start is no edge. Delays of alarms
   * that are running go on; see Alarm. */
  snapshot(): Json;
  /**
   * The parts of the snapshot that may be others than when this was last asked, or than what this machine was compiled
   * with; after {@link adopt} all of them. Kept by themselves they make the same snapshot, see `fromParts` in parts.ts.
   */
  takeChanged(): readonly SnapshotPart[];
  /**
   * Goes on with what an earlier machine knows now, after a change of the specification; this one was compiled with a
   * snapshot of it and has not decided yet. The earlier machine is of no use afterwards.
   *
   * - Present values go on, and the content of windows that look at the same; derived tags that are derived as before
   *   keep their values.
   * - What did not change goes on as if nothing had happened: no transition, no edge, no delay that begins anew.
   * - A rule that changed in any field but the text of its alert, or rests on a changed tag, goes on as after a restart:
   *   its first value is no edge.
   * - An alert that stands does so until the condition is known not to hold; one that the file has no more has ended.
   * - An alarm that behaves differently keeps what people did with it (acknowledged, shelved, out of service) and stays
   *   raised until its condition is known not to hold. Other texts and another priority change nothing.
   * - A detector keeps what it has seen, unless it learned something else or its tags are new ones.
   * - Conditions are not evaluated by this: what changed decides with its next row.
   *
   * @param changed numbers of tags whose rows mean something else now (scale, unit, address, source) or that come
   *   again after an absence: their values begin anew. Changed types and derivations are found here.
   */
  adopt(earlier: Decisions, changed?: ReadonlySet<number>): void;
}

/** What is to be kept of one rule, alarm or detector, or of the order in which alarms came. */
export interface SnapshotPart {
  readonly kind: 'rule' | 'alarm' | 'detector' | 'firstOut';
  /** Empty for `firstOut`. */
  readonly id: string;
  /** Undefined where there is nothing to keep: it is as one that is new. */
  readonly state: Json | undefined;
}

/** An expression that does not compile. `offset` is where in the text, 0-based. */
export interface ExpressionProblem {
  /** Rule, alarm or derived tag concerned, and its field: `when`, `derive`, `do.0.write.value` … */
  readonly owner: { readonly kind: 'rule' | 'alarm' | 'tag' | 'condition' | 'detector'; readonly id: string };
  readonly field: string;
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
  readonly severity: 'error' | 'hint';
}

export type Compiled =
  | { readonly decisions: Decisions; readonly problems: readonly ExpressionProblem[] }
  | { readonly decisions: undefined; readonly problems: readonly ExpressionProblem[] };

/**
 * The one entry: `compileDecisions` in engine.ts has this type. Never throws; reports every problem at once.
 * @param snapshot of an earlier run; parts about rules and alarms that are gone or changed are ignored.
 */
export type CompileDecisions = (spec: DecisionSpec, tags: TagTable, snapshot?: Json) => Compiled;

/** One condition outside of any rule, such as an interlock. */
export interface Condition {
  /** Numbers of the tags that it reads, also through windows; ascending. */
  readonly tags: readonly number[];
  /** Takes present values; windows too. */
  observe(batch: Batch, atUs: number): void;
  /**
   * One row, for whoever shows a batch to many conditions: only rows of `tags` need to be shown, in their order, and
   * none of a late batch.
   * @param newestTimeUs newest source time of the batch, see `newestTimeUs` of windows/window-time.ts
   */
  take(batch: Batch, row: number, newestTimeUs: number, atUs: number): void;
  /**
   * Unknown while an input is bad, stale or has not arrived, or is no measured value (last usable, substituted; see
   * `isStandIn`).
   */
  value(atUs: number): boolean | 'unknown';
}

/** `compileCondition` in condition.ts has this type. Bare names are relative to the asset. */
export type CompileCondition = (
  text: string,
  asset: string,
  tags: TagTable,
) => { readonly condition: Condition } | { readonly problems: readonly ExpressionProblem[] };
