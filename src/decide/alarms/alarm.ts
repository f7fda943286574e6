import type { FirstOut } from '#decide/alarms/first-out.ts';
import { type BaseState, isBaseState, isRaised, nextState } from '#decide/alarms/states.ts';
import type { AlarmAct, AlarmSpec, AlarmState, AlarmTransition, AlarmView } from '#decide/api.ts';
import type { OutcomeBuilder } from '#decide/outcome.ts';
import type { ConditionSink, Truth, Unknown } from '#decide/sink.ts';
import type { Timers } from '#decide/timers.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

interface Surroundings {
  readonly timers: Timers;
  readonly outcome: OutcomeBuilder;
  readonly firstOut: FirstOut;
  /** Alarms of which something that is kept may have changed. */
  readonly changed: Set<Alarm>;
}

type Why = Pick<AlarmTransition, 'cause' | 'by' | 'comment'>;

/**
 * One alarm. Beneath shelving, suppression and out of service it goes on following its condition: what is still
 * raised when the cover goes shows again (acknowledged if it was and has not returned since); what has come and gone
 * beneath the cover is not shown, unless it is latched. Out of service covers shelving, which covers suppression.
 *
 * While its condition is unknown it holds its state; a delay that was running starts anew with the next known value.
 * Over a restart an on-delay keeps its moment, where the condition still holds at the first value: an operator is told
 * early rather than late. An off-delay starts anew. After a crash this rests on the last snapshot, which is as old as
 * the last change of a state: an on-delay that began after it starts anew.
 */
export class Alarm implements ConditionSink {
  readonly spec: AlarmSpec;
  readonly #around: Surroundings;
  readonly #delay: number;
  readonly #shelving: number;
  #base: BaseState = 'normal';
  #condition: Truth;
  /** End of an on-delay that was running when the last run ended; until the first known value. */
  #resumeUs: number | undefined;
  #outOfService = false;
  #shelvedUntilUs: number | undefined;
  #suppressed = false;
  #sinceUs = 0;
  /** When it was raised last, whatever covered it. */
  #raisedUs = 0;
  #rank = 0;
  #comment: string | undefined;

  constructor(spec: AlarmSpec, around: Surroundings) {
    this.spec = spec;
    this.#around = around;
    this.#delay = around.timers.add((atUs) => this.#follow(atUs));
    this.#shelving = around.timers.add((atUs) => this.#unshelve(atUs, { cause: 'time' }));
  }

  get state(): AlarmState {
    if (this.#outOfService) return 'outOfService';
    if (this.#shelvedUntilUs !== undefined) return 'shelved';
    return this.#suppressed ? 'suppressed' : this.#base;
  }

  /** Whether it counts as raised; a threshold with a deadband starts from this. */
  get raised(): boolean {
    return isRaised(this.#base);
  }

  decide(truth: Truth, _why: Unknown | undefined, atUs: number): void {
    const { timers, changed } = this.#around;
    changed.add(this);
    this.#condition = truth;
    const resumeUs = truth ? this.#resumeUs : undefined;
    if (truth !== undefined) this.#resumeUs = undefined;
    if (truth === undefined || truth === this.raised) {
      timers.clear(this.#delay);
      return;
    }
    const wholeUs = atUs + (truth ? this.spec.onDelayMs : this.spec.offDelayMs) * 1000;
    const dueUs = Math.min(wholeUs, resumeUs ?? wholeUs);
    if (dueUs <= atUs) this.#follow(atUs);
    else if (!timers.isSet(this.#delay)) timers.set(this.#delay, dueUs);
  }

  /** Suppression by design; an unknown condition holds it as it is. */
  suppress(truth: Truth, atUs: number): void {
    if (truth === undefined) return;
    this.#change(atUs, { cause: 'suppression' }, () => {
      this.#suppressed = truth;
    });
  }

  /** @throws Fault `alarm.not-possible`, `alarm.shelved-too-long` */
  operate(act: AlarmAct, by: string, atUs: number, comment: string | undefined): void {
    // Before anything is touched: an act that is refused leaves no comment either.
    const after = this.#checked(act);
    const why: Why = { cause: 'operator', by, ...(comment !== undefined && { comment }) };
    this.#around.changed.add(this);
    if (comment !== undefined) this.#comment = comment;
    switch (act.act) {
      case 'acknowledge':
      case 'reset':
        this.#change(atUs, why, () => {
          this.#base = after;
        });
        return;
      case 'shelve':
        this.#shelve(act.forMin, atUs, why);
        return;
      case 'unshelve':
        this.#unshelve(atUs, why);
        return;
      case 'outOfService':
      case 'returnToService':
        this.#change(atUs, why, () => {
          this.#outOfService = act.act === 'outOfService';
        });
        return;
      case 'comment':
        this.#around.outcome.alarm(this.#transition(this.state, why));
    }
  }

  view(): AlarmView {
    const { id, priority, consequence, response } = this.spec;
    return {
      id,
      priority,
      state: this.state,
      condition: this.#condition ?? 'unknown',
      consequence,
      response,
      sinceUs: this.#sinceUs,
      raisedUs: this.#raisedUs,
      firstOut: this.#rank,
      ...(this.#shelvedUntilUs !== undefined && { shelvedUntilUs: this.#shelvedUntilUs }),
      ...(this.#comment !== undefined && { comment: this.#comment }),
    };
  }

  snapshot(): Json {
    return {
      of: signature(this.spec),
      base: this.#base,
      sinceUs: this.#sinceUs,
      raisedUs: this.#raisedUs,
      rank: this.#rank,
      outOfService: this.#outOfService,
      suppressed: this.#suppressed,
      shelvedUntilUs: this.#shelvedUntilUs ?? null,
      raiseUs: this.#raiseUs ?? null,
      comment: this.#comment ?? null,
    };
  }

  /** Whether an alarm that is restored from nothing is the same. */
  get isAsNew(): boolean {
    const covered = this.#covered || this.#comment !== undefined;
    return this.#base === 'normal' && this.#sinceUs === 0 && !covered && this.#raiseUs === undefined;
  }

  /** When an on-delay that is running ends. */
  get #raiseUs(): number | undefined {
    if (this.raised) return undefined;
    return this.#around.timers.dueUs(this.#delay) ?? this.#resumeUs;
  }

  /** Goes on from a snapshot; one of another condition is ignored, and so is what does not look like one. */
  restore(from: { readonly [key: string]: Json }): void {
    if (from.of !== signature(this.spec) || !isBaseState(from.base)) return;
    this.#base = from.base;
    this.#sinceUs = Number(from.sinceUs);
    // A version before this one kept it not.
    this.#raisedUs = Number(from.raisedUs ?? from.sinceUs);
    this.#rank = Number(from.rank);
    this.#outOfService = from.outOfService === true;
    this.#suppressed = from.suppressed === true && this.spec.suppressWhen !== undefined;
    if (typeof from.comment === 'string') this.#comment = from.comment;
    if (typeof from.raiseUs === 'number') this.#resumeUs = from.raiseUs;
    if (typeof from.shelvedUntilUs !== 'number') return;
    this.#shelvedUntilUs = from.shelvedUntilUs;
    this.#around.timers.set(this.#shelving, from.shelvedUntilUs);
  }

  /** Goes on where the same alarm of an earlier machine is, a delay under way included. */
  adopt(earlier: Alarm): void {
    this.#cover(earlier);
    this.#suppressed = earlier.#suppressed;
    this.#condition = earlier.#condition;
    this.#resumeUs = earlier.#resumeUs;
    this.#around.timers.adopt(this.#delay, earlier.#around.timers, earlier.#delay);
  }

  /**
   * Keeps what people did with an alarm of this id whose condition or behaviour was another: acknowledged, shelved, out
   * of service, comment. Its condition decides anew: what was raised stays so until it is known not to hold. Suppression
   * ends where none is declared any more, and what was latched has returned where that is not declared any more.
   */
  adoptChanged(earlier: Alarm, atUs: number): void {
    this.#cover(earlier);
    this.#suppressed = earlier.#suppressed;
    if (this.#suppressed && this.spec.suppressWhen === undefined) this.suppress(false, atUs);
    if (this.spec.latched) return;
    this.#change(atUs, { cause: 'condition' }, () => {
      this.#base = UNLATCHED[this.#base] ?? this.#base;
    });
  }

  /** State, and all that hides it but suppression. */
  #cover(earlier: Alarm): void {
    this.#base = earlier.#base;
    this.#outOfService = earlier.#outOfService;
    this.#shelvedUntilUs = earlier.#shelvedUntilUs;
    this.#sinceUs = earlier.#sinceUs;
    this.#raisedUs = earlier.#raisedUs;
    this.#rank = earlier.#rank;
    this.#comment = earlier.#comment;
    this.#around.timers.adopt(this.#shelving, earlier.#around.timers, earlier.#shelving);
  }

  #follow(atUs: number): void {
    const raise = this.#condition === true;
    this.#around.timers.clear(this.#delay);
    this.#change(atUs, { cause: 'condition' }, () => {
      const to = nextState(this.#base, raise ? 'raise' : 'return', this.spec.latched);
      if (raise && !this.raised) this.#raisedUs = atUs;
      this.#base = to ?? this.#base;
      if (this.#covered && this.#base === 'returnedUnacknowledged') this.#base = 'normal';
    });
  }

  get #covered(): boolean {
    return this.#outOfService || this.#shelvedUntilUs !== undefined || this.#suppressed;
  }

  /** Refuses what is not possible now. @returns the state below what covers the alarm, as it is after the act */
  #checked(act: AlarmAct): BaseState {
    if (act.act === 'shelve') this.#checkShelving(act.forMin);
    if (act.act !== 'acknowledge' && act.act !== 'reset') return this.#base;
    const after = this.#covered ? undefined : nextState(this.#base, act.act, this.spec.latched);
    if (after === undefined || (act.act === 'reset' && !this.spec.latched)) this.#refuse(act.act);
    return after;
  }

  #checkShelving(forMin: number): void {
    const { id, shelveMaxMin } = this.spec;
    if (this.#outOfService || !(forMin > 0)) this.#refuse('shelve');
    if (forMin <= shelveMaxMin) return;
    throw new Fault('alarm.shelved-too-long', `alarm ${id} may be shelved for ${shelveMaxMin} min at most`, {
      retry: 'never',
      hint: `${forMin} min were asked; take it out of service where it must be silent for longer`,
    });
  }

  #shelve(forMin: number, atUs: number, why: Why): void {
    this.#change(atUs, why, () => {
      this.#shelvedUntilUs = atUs + forMin * 60e6;
    });
    this.#around.timers.set(this.#shelving, atUs + forMin * 60e6);
  }

  #unshelve(atUs: number, why: Why): void {
    this.#around.timers.clear(this.#shelving);
    this.#change(atUs, why, () => {
      this.#shelvedUntilUs = undefined;
    });
  }

  #refuse(what: string): never {
    throw new Fault('alarm.not-possible', `${what} is not possible: alarm ${this.spec.id} is ${this.state}`, {
      retry: 'never',
    });
  }

  #change(atUs: number, why: Why, change: () => void): void {
    const from = this.state;
    this.#around.changed.add(this);
    change();
    if (this.#base === 'normal') this.#rank = 0;
    if (this.state === from) return;
    this.#sinceUs = atUs;
    // What merely comes out from under a cover keeps the rank that it had.
    if (this.state === 'unacknowledged' && (isBaseState(from) || this.#rank === 0)) {
      this.#rank = this.#around.firstOut.rank(atUs);
    }
    this.#around.outcome.alarm(this.#transition(from, why));
  }

  #transition(from: AlarmState, why: Why): AlarmTransition {
    const { id, priority } = this.spec;
    return { id, priority, from, to: this.state, firstOut: this.#rank, ...why };
  }
}

/** Where a latched state goes when the alarm is latched no longer. */
const UNLATCHED: { readonly [state in BaseState]?: BaseState } = {
  latchedUnacknowledged: 'returnedUnacknowledged',
  latchedAcknowledged: 'normal',
};

/** What an alarm's kept state is about: with another condition or behaviour it means nothing. */
const signature = ({ when, latched, deadband }: AlarmSpec): string =>
  JSON.stringify([when, latched, deadband]);
