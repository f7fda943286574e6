import type { ShadowRuleStatus } from '#contract/api.ts';
import type { Outcome, RuleSpec, RuleState } from '#decide/api.ts';
import type { Json } from '#kernel/event.ts';

const MOST_LISTED = 20;

interface Shadow {
  readonly id: string;
  readonly insteadOf: string | undefined;
  decisions: number;
  wouldWrite: number;
  wouldSend: number;
  differences: number;
  differedUs: number;
  readonly listed: { fromUs: number; toUs?: number; on: string }[];
  /** Steady; undefined while both agree. */
  sinceUs: number | undefined;
}

/** What is to be recorded beside the steps of rules. */
type Tell = (name: string, subject: string, detail: { readonly [key: string]: Json }) => void;

/**
 * Rules marked as shadows: they decide with all others, and nothing that they ask for is done. Counts what they would
 * have done, and the times when one was on and the rule that it stands for was not, or the other way round.
 */
export class ShadowRules {
  #shadows = new Map<string, Shadow>();
  /** Shadows by the rule that they are held against. */
  #heldAgainst = new Map<string, Shadow[]>();
  readonly #states = new Map<string, RuleState>();

  /** @param states of all rules now; differences that stand go on where the shadow is the same */
  change(
    rules: readonly RuleSpec[],
    states: Iterable<{ readonly id: string; readonly state: RuleState }>,
  ): void {
    const before = this.#shadows;
    this.#shadows = new Map();
    this.#heldAgainst = new Map();
    for (const { id, shadow, insteadOf } of rules) {
      if (!shadow) continue;
      const was = before.get(id);
      const one = was?.insteadOf === insteadOf && was ? was : newShadow(id, insteadOf);
      this.#shadows.set(id, one);
      if (insteadOf !== undefined)
        this.#heldAgainst.set(insteadOf, [...(this.#heldAgainst.get(insteadOf) ?? []), one]);
    }
    this.#states.clear();
    if (this.#shadows.size > 0) for (const { id, state } of states) this.#states.set(id, state);
  }

  has(id: string): boolean {
    return this.#shadows.has(id);
  }

  /** Whose rights a write of this rule is judged by: those of the rule that it may replace. */
  stoodFor(id: string): string {
    return this.#shadows.get(id)?.insteadOf ?? id;
  }

  /** Rules changed their state: counts, and tells of differences that begin or end with it. */
  moved({ rules }: Outcome, atUs: number, timeUs: number, tell: Tell): void {
    if (this.#shadows.size === 0) return;
    const touched = new Set<Shadow>();
    for (const { id, to } of rules) {
      this.#states.set(id, to);
      const shadow = this.#shadows.get(id);
      if (shadow) {
        shadow.decisions++;
        touched.add(shadow);
      }
      for (const one of this.#heldAgainst.get(id) ?? []) touched.add(one);
    }
    for (const shadow of touched) this.#compare(shadow, atUs, timeUs, tell);
  }

  asked(id: string, kind: 'write' | 'send'): void {
    const shadow = this.#shadows.get(id);
    if (!shadow) return;
    if (kind === 'write') shadow.wouldWrite++;
    else shadow.wouldSend++;
  }

  /** @param atUs steady */
  status(atUs: number): ShadowRuleStatus[] {
    return [...this.#shadows.values()].map(({ id, insteadOf, sinceUs, listed, ...counts }) => ({
      id,
      state: this.#states.get(id) ?? 'unknown',
      ...(insteadOf !== undefined && { insteadOf }),
      decisions: counts.decisions,
      wouldWrite: counts.wouldWrite,
      wouldSend: counts.wouldSend,
      differences: counts.differences,
      differedMs: Math.round((counts.differedUs + (sinceUs === undefined ? 0 : atUs - sinceUs)) / 1000),
      last: listed.map((one) => ({ ...one })),
    }));
  }

  #compare(shadow: Shadow, atUs: number, timeUs: number, tell: Tell): void {
    const { id, insteadOf } = shadow;
    if (insteadOf === undefined) return;
    const on = this.#states.get(id) === 'on';
    const differs = on !== (this.#states.get(insteadOf) === 'on');
    if (differs === (shadow.sinceUs !== undefined)) return;
    if (differs) {
      shadow.sinceUs = atUs;
      shadow.differences++;
      shadow.listed.push({ fromUs: timeUs, on: on ? id : insteadOf });
      if (shadow.listed.length > MOST_LISTED) shadow.listed.shift();
      tell('rule.differs', id, { insteadOf, on: on ? id : insteadOf });
      return;
    }
    const forUs = atUs - (shadow.sinceUs ?? atUs);
    shadow.sinceUs = undefined;
    shadow.differedUs += forUs;
    const last = shadow.listed.at(-1);
    if (last) last.toUs = timeUs;
    tell('rule.agrees', id, { insteadOf, differedMs: Math.round(forUs / 1000) });
  }
}

const newShadow = (id: string, insteadOf: string | undefined): Shadow => ({
  id,
  insteadOf,
  decisions: 0,
  wouldWrite: 0,
  wouldSend: 0,
  differences: 0,
  differedUs: 0,
  listed: [],
  sinceUs: undefined,
});
