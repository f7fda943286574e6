import type { AlertView, RuleSpec, RuleState } from '#decide/api.ts';
import type { Inputs } from '#decide/expressions/inputs.ts';
import type { OutcomeBuilder } from '#decide/outcome.ts';
import type { Action, WriteAction } from '#decide/rules/action.ts';
import type { Alert } from '#decide/rules/alert.ts';
import type { ConditionSink, Truth, Unknown } from '#decide/sink.ts';
import type { Timers } from '#decide/timers.ts';
import type { Json } from '#kernel/event.ts';

interface Surroundings {
  readonly timers: Timers;
  readonly outcome: OutcomeBuilder;
  /** Actions wait here until all rows of the moment are in, so that templates see them. */
  readonly fired: (() => void)[];
  readonly inputs: Inputs;
  /** Rules of which something that is kept may have changed. */
  readonly changed: Set<Rule>;
  /** Told when the condition turns unknown for want of good inputs, or known again. */
  readonly inputAlarm: ConditionSink | undefined;
  readonly alert: Alert | undefined;
}

/** A value that a rule holds for a time. */
interface Held {
  readonly tag: number;
  readonly value: number;
  readonly leaseMs: number;
  untilUs: number;
}

/** Why a value is the first one, and so no edge; in words, for the record of what was not done. */
const FIRST = {
  start: 'the first value since start is no edge',
  lost: 'the first value after an input could not be reached is no edge',
  ended: 'the first value after a bad input had ended the rule is no edge',
} as const;

/** A lease is renewed after this part of its length, so that two renewals may be late before it runs out. */
const RENEW_PART = 1 / 3;

/**
 * One rule. What it does while its condition is unknown is `onBad`: `hold` keeps the state, `safe` ends the rule
 * (state unknown, leases given back), `alarm` keeps the state and raises the alarm `<rule>/input`.
 *
 * An edge is a change against the last known state. A bad value of a device that answers (sensor, decoding, range)
 * leaves that reference alone: off, bad, true acts, and on, bad, false does what `clear` says. The first known value
 * after start, after an input was lost, or after `safe` ended the rule, is no edge: it sets the state, and what would
 * have been done is recorded as skipped, unless `firstIsEdge` lets a condition that is found true act. What is known
 * although an input is still lost (true on one side of an `||`) is no first value: it rests on inputs that are there.
 *
 * Unknown is no duration: it ends a delay that was running. So does a restart, since nobody knows how the condition
 * was in between: acting on a machine wants the whole delay seen.
 *
 * Leases that it took are renewed while the condition is known to be true. While it is unknown they are not: one that
 * runs out in that time is not taken again before the next edge.
 */
export class Rule implements ConditionSink {
  readonly spec: RuleSpec;
  readonly #around: Surroundings;
  readonly #do: readonly Action[];
  readonly #clear: readonly Action[];
  readonly #delay: number;
  readonly #renewal: number;
  #state: RuleState = 'unknown';
  #truth: Truth;
  /** Set until a first value is settled: what comes now is no edge. */
  #first: keyof typeof FIRST | undefined = 'start';
  #held: Held[] = [];

  constructor(spec: RuleSpec, actions: readonly Action[], clear: readonly Action[], around: Surroundings) {
    this.spec = spec;
    this.#do = actions;
    this.#clear = clear;
    this.#around = around;
    this.#delay = around.timers.add((atUs) => this.#settle(atUs));
    this.#renewal = around.timers.add((atUs) => this.#renew(atUs));
  }

  get state(): RuleState {
    return this.#state;
  }

  get hasAlert(): boolean {
    return this.#around.alert !== undefined;
  }

  /** Its alert, while that stands. */
  get alert(): AlertView | undefined {
    return this.#around.alert?.view(this.#truth);
  }

  decide(truth: Truth, why: Unknown | undefined, atUs: number): void {
    const { timers, inputAlarm } = this.#around;
    this.#truth = truth;
    this.#around.changed.add(this);
    inputAlarm?.decide(truth === undefined && (why === 'bad' || why === 'lost'), undefined, atUs);
    if (truth === undefined) {
      this.#lose(why);
      return;
    }
    if (why === 'lost' && this.#first === 'lost') this.#first = undefined;
    if (truth) this.#scheduleRenewal(atUs);
    const target: RuleState = truth ? 'on' : 'off';
    if (target === this.#state) {
      timers.clear(this.#delay);
      this.#first = undefined;
      this.#around.alert?.follow(truth, atUs);
      return;
    }
    const delayMs = truth ? this.spec.onDelayMs : this.#state === 'on' ? this.spec.offDelayMs : 0;
    if (delayMs === 0) this.#settle(atUs);
    else if (!timers.isSet(this.#delay)) timers.set(this.#delay, atUs + delayMs * 1000);
  }

  snapshot(): Json {
    // What a shadow would hold was never written: once it is none any more it must not renew that.
    const held = this.spec.shadow ? [] : this.#held.map((one) => ({ ...one }));
    const alert = this.#around.alert?.snapshot();
    return { when: this.spec.when, state: this.#state, held, ...(alert !== undefined && { alert }) };
  }

  /** Whether a rule that is restored from nothing is the same. */
  get isAsNew(): boolean {
    return this.#state === 'unknown' && this.#held.length === 0 && this.alert === undefined;
  }

  /** Goes on from a snapshot; of one of another condition only the alert counts. */
  restore(from: { readonly [key: string]: Json }): void {
    const { state, held } = from;
    this.#state = 'unknown';
    this.#held = [];
    this.#around.alert?.restore(from.alert);
    if (from.when !== this.spec.when || (state !== 'on' && state !== 'off')) return;
    if (this.spec.onBad === 'safe') return; // its inputs are unknown at start: it has ended
    this.#state = state;
    for (const item of Array.isArray(held) ? held : []) {
      if (isHeld(item) && this.#do.some((one) => one.kind === 'write' && one.tag.number === item.tag)) {
        this.#held.push({ ...item });
      }
    }
  }

  /** Goes on where the same rule of an earlier machine is, delays and renewals under way included. */
  adopt(earlier: Rule): void {
    this.#state = earlier.#state;
    this.#truth = earlier.#truth;
    this.#first = earlier.#first;
    this.#held = earlier.#held.map((held) => ({ ...held }));
    const { alert, timers } = this.#around;
    alert?.restore(earlier.#around.alert?.snapshot());
    timers.adopt(this.#delay, earlier.#around.timers, earlier.#delay);
    timers.adopt(this.#renewal, earlier.#around.timers, earlier.#renewal);
  }

  #lose(why: Unknown | undefined): void {
    const { timers, outcome } = this.#around;
    timers.clear(this.#delay);
    timers.clear(this.#renewal);
    if (why === 'lost' || why === 'start') this.#first ??= 'lost';
    if (this.spec.onBad !== 'safe' || this.#state === 'unknown') return;
    this.#first ??= 'ended';
    if (this.#state === 'on') this.#release();
    outcome.rule({ id: this.spec.id, from: this.#state, to: 'unknown' });
    this.#state = 'unknown';
  }

  #settle(atUs: number): void {
    const { timers, outcome } = this.#around;
    timers.clear(this.#delay);
    this.#around.changed.add(this);
    const from = this.#state;
    const first = this.#first;
    this.#first = undefined;
    this.#state = this.#truth ? 'on' : 'off';
    outcome.rule({ id: this.spec.id, from, to: this.#state });
    this.#around.alert?.follow(this.#state === 'on', atUs);
    if (this.#state === 'on') {
      if (first === undefined || this.spec.firstIsEdge) this.#fire('on', this.#do, atUs);
      else this.#withhold('on', this.#do, first);
      return;
    }
    timers.clear(this.#renewal);
    const leases = this.#do.some((action) => action.kind === 'write' && action.leaseMs !== undefined);
    if (from === 'on' && leases) this.#release();
    if (from !== 'on') return;
    if (first === undefined) this.#fire('off', this.#clear, atUs);
    else this.#withhold('off', this.#clear, first);
  }

  #withhold(edge: 'on' | 'off', actions: readonly Action[], first: keyof typeof FIRST): void {
    if (actions.length === 0) return;
    this.#around.outcome.skip({ rule: this.spec.id, edge, tag: undefined, reason: FIRST[first] });
  }

  #release(): void {
    this.#held = [];
    this.#around.fired.push(() =>
      this.#around.outcome.intent({ rule: this.spec.id, edge: 'off', action: { kind: 'release' } }),
    );
  }

  #fire(edge: 'on' | 'off', actions: readonly Action[], atUs: number): void {
    if (actions.length === 0) return;
    this.#around.fired.push(() => {
      for (const action of actions) this.#carryOut(action, edge, atUs);
      if (this.#state === 'on') this.#scheduleRenewal(atUs);
    });
  }

  #carryOut(action: Action, edge: 'on' | 'off', atUs: number): void {
    const { inputs, outcome } = this.#around;
    const rule = this.spec.id;
    if (action.kind === 'write') {
      this.#write(action, edge, atUs);
      return;
    }
    const config = action.config(inputs, atUs);
    outcome.intent({ rule, edge, action: { kind: 'send', to: action.to, config } });
  }

  #write(action: WriteAction, edge: 'on' | 'off', atUs: number): void {
    const { inputs, outcome } = this.#around;
    const rule = this.spec.id;
    const { leaseMs } = action;
    const tag = action.tag.number;
    const value = action.value(inputs, atUs);
    if (value === undefined) {
      outcome.skip({ rule, edge, tag, reason: `the value for ${action.tag.path} is not known` });
      return;
    }
    outcome.intent({
      rule,
      edge,
      action: { kind: 'write', tag, value, ...(leaseMs !== undefined && { leaseMs }) },
    });
    if (edge === 'off' || leaseMs === undefined || typeof value !== 'number') return;
    this.#around.changed.add(this);
    this.#held = this.#held.filter((held) => held.tag !== tag);
    this.#held.push({ tag, value, leaseMs, untilUs: atUs + leaseMs * 1000 });
  }

  #scheduleRenewal(atUs: number): void {
    const { timers } = this.#around;
    if (this.#held.length === 0 || timers.isSet(this.#renewal)) return;
    this.#held = this.#held.filter((held) => held.untilUs > atUs);
    const dueUs = Math.min(
      ...this.#held.map(({ untilUs, leaseMs }) => untilUs - leaseMs * 1000 * (1 - RENEW_PART)),
    );
    timers.set(this.#renewal, Math.max(dueUs, atUs));
  }

  #renew(atUs: number): void {
    if (this.#state !== 'on' || this.#truth !== true) return;
    this.#around.changed.add(this);
    this.#held = this.#held.filter((held) => held.untilUs > atUs);
    for (const held of this.#held) {
      const { tag, value, leaseMs } = held;
      held.untilUs = atUs + leaseMs * 1000;
      const action = { kind: 'write', tag, value, leaseMs } as const;
      this.#around.outcome.intent({ rule: this.spec.id, edge: 'on', action });
    }
    this.#scheduleRenewal(atUs);
  }
}

function isHeld(item: unknown): item is Held {
  if (typeof item !== 'object' || item === null) return false;
  const { tag, value, leaseMs, untilUs } = item as { readonly [key: string]: unknown };
  return [tag, value, leaseMs, untilUs].every(Number.isFinite);
}
