import type { ActuatorStatus } from '#contract/api.ts';
import { KeptOpen } from '#edge/kept-open.ts';
import { faultStatus } from '#edge/status.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { within } from '#kernel/within.ts';
import type { Action, ActionResult, Actuator, ActuatorDef, Deps, Log } from '#plugin/api.ts';
import { wasNotSent } from '#plugin/not-sent.ts';

/** An action older than this is not done any more: a message about a state that has long gone misleads. */
const ACTION_TTL_US = 30_000_000;
const MOST_WAITING = 1000;
/** Under way at the same time, so that one receiver that is slow does not let the others run out of time. */
const AT_ONCE = 4;
/** For actions under way when the site stops, and for an actuator that does not let itself be closed. */
const CLOSE_LIMIT_MS = 5000;

export interface ActuatorPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly deps: Deps;
  /** An action was asked for; `done` follows, unless the process dies. */
  asked(action: Action): void;
  /** How an action ended. */
  done(action: Action, result: ActionResult): void;
}

/**
 * Keeps one actuator open and hands it actions, begun in the order in which they were asked for. Each ends once: done,
 * failed or unknown. It is given again only where the actuator says that nothing was sent.
 */
export class ActuatorLoop implements AsyncDisposable {
  readonly id: string;
  readonly kind: string;
  #config: unknown;
  readonly #ports: ActuatorPorts;
  readonly #actuator: KeptOpen<Actuator>;
  readonly #waiting: Action[] = [];
  /** Asked for and not ended: those waiting and those under way. */
  readonly #open = new Map<Action, Ended | undefined>();
  readonly #results = { done: 0, failed: 0, unknown: 0 };
  readonly #underWay = new Set<Promise<void>>();
  #wake: (() => void) | undefined;
  #stopped = false;
  /** Nothing is begun while it is to be opened anew. */
  #pausing = false;
  #lastId = 0;
  /** Why the last one that was not sent was not: opened anew, the actuator does not know of it any more. */
  #notSent: string | undefined;

  constructor(id: string, def: ActuatorDef, config: unknown, ports: ActuatorPorts) {
    this.id = id;
    // What cannot be done with one action, or today, may be with the next: an actuator is never given up.
    const tryAgain = (error: unknown): never => {
      const { code, message, hint } = Fault.from(error, 'actuator.failed', `actuator ${id}`);
      throw new Fault(code, message, { cause: error, ...(hint !== undefined && { hint }) });
    };
    this.kind = def.kind;
    this.#config = config;
    this.#ports = ports;
    this.#actuator = new KeptOpen({
      what: 'actuator',
      id,
      clock: ports.clock,
      log: ports.log,
      open: (signal) => def.open(this.#config, ports.deps, signal).catch(tryAgain),
      serve: (actuator, signal) => this.#serve(actuator, signal).catch(tryAgain),
      lost: () => this.#expire(),
    });
  }

  get status(): ActuatorStatus {
    const { fault } = this.#actuator;
    return {
      kind: this.kind,
      waiting: this.#open.size,
      ...this.#results,
      ...(fault && { fault: faultStatus(fault) }),
    };
  }

  start(): void {
    this.#actuator.start();
  }

  /** Opens it anew with another configuration; what is under way ends first, what waits is kept. */
  async change(config: unknown): Promise<void> {
    this.#config = config;
    this.#pausing = true;
    await within(Promise.all(this.#underWay), CLOSE_LIMIT_MS, undefined, this.#ports.clock);
    this.#pausing = false;
    this.#actuator.reopen();
    this.#wake?.();
  }

  /** @param ended told how it ended, once */
  send(config: Json, by: string, ended?: Ended): void {
    const action = {
      id: ++this.#lastId,
      config,
      by,
      deadlineUs: this.#ports.clock.steadyUs() + ACTION_TTL_US,
    };
    this.#open.set(action, ended);
    this.#ports.asked(action);
    if (this.#stopped) this.#end(action, STOPPED);
    else if (this.#open.size > MOST_WAITING) {
      this.#end(action, { state: 'failed', reason: `${MOST_WAITING} actions are waiting already` });
    } else {
      this.#waiting.push(action);
      this.#wake?.();
    }
  }

  /** What is under way is waited for, for a while; what is not begun by now has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    const closed = this.#actuator[Symbol.asyncDispose]();
    for (const action of this.#waiting.splice(0)) this.#end(action, STOPPED);
    this.#wake?.();
    await within(closed, CLOSE_LIMIT_MS, undefined, this.#ports.clock);
    for (const action of this.#open.keys()) {
      this.#end(action, { state: 'unknown', reason: 'the site stopped before the answer came' });
    }
  }

  /** @throws the first error of an action, once all that are under way have ended */
  async #serve(actuator: Actuator, signal: AbortSignal): Promise<void> {
    const underWay = this.#underWay;
    let failed: { readonly error: unknown } | undefined;
    this.#actuator.alive();
    while (!signal.aborted && !failed) {
      this.#expire();
      const action = underWay.size < AT_ONCE && !this.#pausing ? this.#waiting.shift() : undefined;
      if (action) {
        const ending = this.#act(actuator, action, signal);
        if (!ending) continue;
        const one: Promise<void> = ending
          .catch((error) => {
            failed ??= { error };
          })
          .finally(() => {
            underWay.delete(one);
            this.#wake?.();
          });
        underWay.add(one);
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    await Promise.all(underWay);
    if (failed) throw failed.error;
  }

  /** @returns undefined where it has ended already; otherwise rejects with what the actuator threw */
  #act(actuator: Actuator, action: Action, signal: AbortSignal): Promise<void> | undefined {
    let result: ReturnType<Actuator['act']>;
    try {
      result = actuator.act(action, signal);
    } catch (error) {
      result = Promise.reject(error);
    }
    if (result instanceof Promise) return this.#ending(action, result);
    this.#end(action, result);
    return undefined;
  }

  async #ending(action: Action, result: Promise<ActionResult>): Promise<void> {
    try {
      this.#end(action, await result);
    } catch (error) {
      if (!wasNotSent(error)) this.#end(action, { state: 'unknown', reason: messageOf(error) });
      else if (this.#stopped) this.#end(action, STOPPED);
      else {
        this.#notSent = messageOf(error);
        this.#again(action);
      }
      throw error;
    }
  }

  /** Back to its place: those asked for later stay behind it. */
  #again(action: Action): void {
    const later = this.#waiting.findIndex(({ id }) => id > action.id);
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, action);
  }

  #expire(): void {
    const nowUs = this.#ports.clock.steadyUs();
    while (this.#waiting[0] && this.#waiting[0].deadlineUs < nowUs) {
      const late = this.#waiting.shift() as Action;
      this.#end(late, {
        state: 'failed',
        reason: this.#actuator.fault?.message ?? this.#notSent ?? 'too late',
      });
    }
  }

  #end(action: Action, result: ActionResult): void {
    const ended = this.#open.get(action);
    if (!this.#open.delete(action)) return; // the site stopped meanwhile, and said so
    this.#results[result.state]++;
    if (result.state === 'done') this.#notSent = undefined;
    this.#ports.done(action, result);
    ended?.(result);
  }
}

type Ended = (result: ActionResult) => void;

const STOPPED: ActionResult = { state: 'failed', reason: 'the site stopped before it was begun' };
