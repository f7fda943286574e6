import type {
  AlarmTransition,
  AlertTransition,
  Intent,
  Outcome,
  RuleTransition,
  SkippedAction,
} from '#decide/api.ts';
import { type Batch, BatchBuilder } from '#kernel/batch.ts';

const NOTHING: Outcome = Object.freeze({ derived: undefined, rules: [], alarms: [], intents: [] });

/** Collects what a step leads to; hands out one shared object when that is nothing. */
export class OutcomeBuilder {
  readonly derived = new BatchBuilder();
  #rules: RuleTransition[] = [];
  #alarms: AlarmTransition[] = [];
  #intents: Intent[] = [];
  #alerts: AlertTransition[] = [];
  #skipped: SkippedAction[] = [];
  #happened = false;

  rule(transition: RuleTransition): void {
    this.#rules.push(transition);
    this.#happened = true;
  }

  alarm(transition: AlarmTransition): void {
    this.#alarms.push(transition);
    this.#happened = true;
  }

  alert(transition: AlertTransition): void {
    this.#alerts.push(transition);
    this.#happened = true;
  }

  intent(intent: Intent): void {
    this.#intents.push(intent);
    this.#happened = true;
  }

  skip(action: SkippedAction): void {
    this.#skipped.push(action);
    this.#happened = true;
  }

  /** @param receivedUs arrival of the batch that caused the derived rows */
  take(receivedUs: number): Outcome {
    const derived: Batch | undefined = this.derived.rows > 0 ? this.derived.take({ receivedUs }) : undefined;
    if (!this.#happened) return derived === undefined ? NOTHING : { ...NOTHING, derived };
    const outcome: Outcome = {
      derived,
      rules: this.#rules,
      alarms: this.#alarms,
      intents: this.#intents,
      ...(this.#alerts.length > 0 && { alerts: this.#alerts }),
      ...(this.#skipped.length > 0 && { skipped: this.#skipped }),
    };
    this.#rules = [];
    this.#alarms = [];
    this.#intents = [];
    this.#alerts = [];
    this.#skipped = [];
    this.#happened = false;
    return outcome;
  }
}
