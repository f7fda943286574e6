import type { AlarmTransition, AlertTransition, RuleTransition } from '#decide/api.ts';
import type { Refusal } from '#guard/api.ts';
import type { Json } from '#kernel/event.ts';

/** One thing that decisions led to, whether replayed or recorded by the site. */
export interface Finding {
  /** Sequence of the entry that led to it: a batch, a tick, an operator's act. */
  readonly seq: number;
  /** Steady time of the step. */
  readonly atUs: number;
  /** The same for people, wall clock. */
  readonly timeUs: number;
  readonly what: What;
}

export type What = RuleFound | AlarmFound | AlertFound | WriteFound | SendFound | ReleaseFound | SkippedFound;

export interface RuleFound extends RuleTransition {
  readonly kind: 'rule';
}

export interface AlarmFound extends AlarmTransition {
  readonly kind: 'alarm';
}

export interface AlertFound extends AlertTransition {
  readonly kind: 'alert';
}

/** A write that a rule asked for. */
export interface WriteFound {
  readonly kind: 'write';
  readonly rule: string;
  /** Path. */
  readonly tag: string;
  readonly value: Json;
  /** A value that the rule holds, asked for again: nothing new happened. */
  readonly renewal: boolean;
  /** Asked by a shadow: it is never done. */
  readonly shadow?: true;
  /** The limit that refuses it. */
  readonly refused?: { readonly limit: Refusal; readonly reason: string };
}

export interface SendFound {
  readonly kind: 'send';
  readonly rule: string;
  /** Id of the actuator. */
  readonly to: string;
  readonly shadow?: true;
}

/** A rule gave back what it held. */
export interface ReleaseFound {
  readonly kind: 'release';
  readonly rule: string;
}

export interface SkippedFound {
  readonly kind: 'skipped';
  readonly rule: string;
  readonly edge: 'on' | 'off';
  /** Path of the tag that is not written; absent where everything is left out. */
  readonly tag?: string;
  readonly reason: string;
}

/** What a finding concerns: the rule or the alarm. */
export const subjectOf = (what: What): string => ('rule' in what ? what.rule : what.id);

/** Findings of one key are the same finding, whenever they came. */
export function keyOf(what: What): string {
  switch (what.kind) {
    case 'rule':
    case 'alarm':
      return `${what.kind} ${what.id} ${what.from} ${what.to}`;
    case 'alert':
      // What a detector says of it holds figures, which another file has otherwise.
      return `alert ${what.rule} ${what.to} ${what.found ? what.found.detector : what.text}`;
    case 'write':
      return `write ${what.shadow ?? ''} ${what.rule} ${what.tag} ${JSON.stringify(what.value)}`;
    case 'send':
      return `send ${what.shadow ?? ''} ${what.rule} ${what.to}`;
    case 'release':
      return `release ${what.rule}`;
    case 'skipped':
      return `skipped ${what.rule} ${what.edge} ${what.tag ?? ''} ${what.reason}`;
  }
}
