import { type AlarmAct, type Decisions, type Intent, isEmpty, type Outcome } from '#decide/api.ts';
import { DecisionState } from '#edge/decision-state.ts';
import type { Liveness } from '#edge/liveness.ts';
import type { ShadowRules } from '#edge/shadow-rules.ts';
import type { Stages } from '#edge/stages.ts';
import type { PresentValues } from '#edge/values.ts';
import type { Guard } from '#guard/api.ts';
import type { Journal } from '#journal/api.ts';
import type { Batch } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';
import { type Json, type SiteEvent, valueToJson } from '#kernel/event.ts';
import { Latency } from '#kernel/latency.ts';
import type { TagTable } from '#kernel/tag-table.ts';
import type { Delivery } from '#plugin/api.ts';

export interface PathParts {
  readonly clock: Clock;
  readonly table: TagTable;
  readonly stages: Stages;
  readonly decisions: Decisions;
  readonly guard: Guard;
  readonly journal: Journal;
  readonly values: PresentValues;
  readonly liveness: Liveness;
  readonly shadows: ShadowRules;
  /** Everything that happened, for the live stream; the journal has it already. */
  onEvent(event: SiteEvent, seq: number): void;
  /** Hands a rule's message to an actuator. */
  send(to: string, config: Json, rule: string): void;
}

/**
 * The decision path: the work of one batch, from its arrival to the intents of its rules, ends before the next one is
 * taken. It waits for nothing; the journal copies what it is given.
 */
export class DecisionPath {
  readonly latency = new Latency();
  readonly #parts: PathParts;
  #decisions: Decisions;
  /** Made by machines that were swapped out. */
  #decidedBefore = 0;
  #samples = 0;
  readonly #state: DecisionState;

  constructor(parts: PathParts) {
    this.#parts = parts;
    this.#decisions = parts.decisions;
    this.#state = new DecisionState(parts.journal);
    this.#state.saveOnly(parts.decisions);
  }

  /** The machine that decides now. */
  get decisions(): Decisions {
    return this.#decisions;
  }

  /** Conditions evaluated since start. */
  get decided(): number {
    return this.#decidedBefore + this.#decisions.decided;
  }

  /**
   * Between two batches: from the next row on another machine decides, and goes on with what this one knew.
   * @param next compiled with the snapshot of the present one
   * @param redefined tags whose rows mean something else now
   */
  swap(next: Decisions, redefined: ReadonlySet<number>): void {
    const { decided } = this;
    next.adopt(this.#decisions, redefined);
    this.#decisions = next;
    this.#decidedBefore = decided - next.decided;
    this.#state.saveOnly(next);
    this.keep();
  }

  get samples(): number {
    return this.#samples;
  }

  accept(source: string, delivery: Delivery): void {
    const { clock, guard, journal, stages, values } = this.#parts;
    const startMs = performance.now();
    const atUs = clock.steadyUs();
    this.#samples += delivery.batch.rows;
    this.#parts.liveness.seen(delivery.batch, atUs);
    const clean = stages.clean(delivery.batch, source);
    // Before the deadband: an effect that changes nothing any more is still an effect, and a steady value is not old.
    values.take(clean, atUs);
    guard.observe(clean, atUs);
    const batch = stages.thin(clean);
    this.#decide(batch, source, atUs, startMs);
    const { receivedUs } = delivery.batch;
    for (const gap of delivery.gaps ?? []) journal.gap({ source, ...stages.place(gap, receivedUs) });
    if (delivery.settled) journal.whenSettled(delivery.settled, 'soon');
  }

  /** Rows that the site itself has to say: tags that turned bad because nothing came. */
  say(source: string, batch: Batch): void {
    const atUs = this.#parts.clock.steadyUs();
    this.#parts.values.take(batch, atUs);
    this.#parts.guard.observe(batch, atUs);
    // Through the deadband as well, which forgets the last good value: the next one must not be dropped as no news.
    this.#decide(this.#parts.stages.thin(batch), source, atUs, performance.now());
  }

  /** Time passing: delays, windows, shelving, leases. The tick is journaled only where something waited for it. */
  advance(): void {
    const { clock, guard, journal } = this.#parts;
    const decisions = this.#decisions;
    const atUs = clock.steadyUs();
    if (decisions.nextUs <= atUs) {
      journal.tick(atUs);
      this.#apply(decisions.advance(atUs), 'site', atUs);
    }
    if (guard.nextUs <= atUs) guard.advance(atUs);
  }

  get nextUs(): number {
    return Math.min(this.#decisions.nextUs, this.#parts.guard.nextUs);
  }

  /** @throws Fault when the act is not possible, see {@link Decisions.operate} */
  operate(id: string, act: AlarmAct, by: string, comment?: string): void {
    const atUs = this.#parts.clock.steadyUs();
    const outcome = this.#decisions.operate(id, act, by, atUs, comment);
    const timeUs = this.#parts.clock.nowUs();
    const detail = { ...act, ...(comment !== undefined && { comment }) };
    // At the moment of the act and not of this line: shelving counts from it, and a replay must end it with the same tick.
    this.event({ kind: 'alarm', name: `alarm.${act.act}`, subject: id, by, timeUs, detail }, atUs);
    this.#apply(outcome, 'site', atUs);
    this.keep();
  }

  /** @param atUs steady time; now when absent */
  event(event: SiteEvent, atUs = this.#parts.clock.steadyUs()): void {
    this.#parts.onEvent(event, this.#parts.journal.event(event, atUs));
  }

  /**
   * Writes what has changed of alarms and rules into the commit under way. At the end of a run as well: a delay that has
   * begun is not worth a commit, but the next run goes on with it.
   */
  keep(): void {
    this.#state.save(this.#decisions);
  }

  #decide(batch: Batch, source: string, atUs: number, startMs: number): void {
    // What the deadband took away as a whole is not in the journal: a replay must not miss a step.
    if (batch.rows === 0) return;
    const { journal } = this.#parts;
    const outcome = this.#decisions.step(batch, atUs);
    journal.append(batch, { source, atUs });
    this.#apply(outcome, source, atUs);
    if (this.#decisions.hasSeen) this.keep();
    this.latency.record(performance.now() - startMs);
  }

  #apply(outcome: Outcome, source: string, atUs: number): void {
    const { guard, journal, values } = this.#parts;
    if (outcome.derived) {
      values.take(outcome.derived, atUs);
      guard.observe(outcome.derived, atUs);
      journal.append(outcome.derived, { source, atUs, derived: true });
    }
    const { intents } = outcome;
    if (isEmpty(outcome)) return;
    this.#record(outcome, atUs);
    for (const intent of intents) {
      if (this.#parts.shadows.has(intent.rule)) this.#leaveUndone(intent, outcome);
      else this.#carryOut(intent);
    }
    // In the same commit as the events. It is part of the decision's time, which is why only what has changed is written.
    this.keep();
  }

  #record(outcome: Outcome, atUs: number): void {
    const { clock, shadows } = this.#parts;
    const timeUs = clock.nowUs();
    const shadow = (id: string) => (shadows.has(id) ? { shadow: true } : {});
    for (const { id, from, to } of outcome.rules) {
      const detail = shadows.has(id) ? { from, shadow: true, to } : { from, to };
      this.event({ kind: 'rule', name: `rule.${to}`, subject: id, timeUs, detail });
    }
    shadows.moved(outcome, atUs, timeUs, (name, subject, detail) =>
      this.event({ kind: 'rule', name, subject, timeUs, detail: { ...detail, shadow: true } }),
    );
    for (const { rule, tag, edge, reason } of outcome.skipped ?? []) {
      this.event({
        kind: 'rule',
        name: 'rule.skipped',
        subject: rule,
        timeUs,
        detail: {
          edge,
          ...(tag !== undefined && { tag: this.#parts.table.get(tag).path }),
          reason,
          ...shadow(rule),
        },
      });
    }
    for (const { id, by, ...detail } of outcome.alarms) {
      this.event({
        kind: 'alarm',
        name: `alarm.${detail.to}`,
        subject: id,
        timeUs,
        ...(by !== undefined && { by }),
        detail: detail as { readonly [key: string]: Json },
      });
    }
    for (const { rule, to, ...said } of outcome.alerts ?? []) {
      const { lastedMs, inputs, found, ...rest } = said;
      const detail = {
        ...rest,
        ...(to === 'ended' && { lastedMs }),
        ...(found
          ? { ...found, reasons: found.reasons.map((one) => ({ ...one })) }
          : { inputs: inputs.map((one) => ({ ...one })) }),
      };
      const name = found?.shadow ? `alert.would-${to === 'began' ? 'begin' : 'end'}` : `alert.${to}`;
      this.event({ kind: 'alert', name, subject: rule, timeUs, detail });
    }
  }

  /** A shadow acts on nothing: what it asks for is recorded, with the limit that would have refused it. */
  #leaveUndone({ rule, edge, action }: Intent, { rules }: Outcome): void {
    const { clock, guard, shadows, table } = this.#parts;
    if (action.kind === 'release') return;
    const isRenewal = !rules.some(({ id }) => id === rule);
    if (isRenewal) return;
    shadows.asked(rule, action.kind);
    const about = { kind: 'rule', subject: rule, timeUs: clock.nowUs() } as const;
    if (action.kind === 'send') {
      this.event({ ...about, name: 'rule.would-send', detail: { edge, to: action.to, shadow: true } });
      return;
    }
    const by = { kind: 'rule', name: shadows.stoodFor(rule) } as const;
    const no = guard.check({ ...action, by, why: `rule ${rule} is ${edge}` });
    const asked = { edge, tag: table.get(action.tag).path, value: valueToJson(action.value) };
    this.event({ ...about, name: 'rule.would-write', detail: { ...asked, ...no, shadow: true } });
  }

  #carryOut(intent: Intent): void {
    const { guard, send } = this.#parts;
    const by = { kind: 'rule', name: intent.rule } as const;
    if (intent.action.kind === 'release') guard.release(by);
    else if (intent.action.kind === 'send') send(intent.action.to, intent.action.config, intent.rule);
    else void guard.write({ ...intent.action, by, why: `rule ${intent.rule} is ${intent.edge}` });
  }
}
