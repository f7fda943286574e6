import type { ActuatorStatus } from '#contract/api.ts';
import { Backoff } from '#edge/backoff.ts';
import { faultStatus } from '#edge/status.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { Action, ActionResult, Actuator, ActuatorDef, Deps, Log } from '#plugin/api.ts';

/** An action older than this is not done any more: a message about a state that has long gone misleads. */
const ACTION_TTL_US = 30_000_000;
const MOST_WAITING = 1000;

export interface ActuatorPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly deps: Deps;
  /** How an action ended. */
  done(action: Action, result: ActionResult): void;
}

/** Keeps one actuator open and hands it actions one after the other; what comes too late is reported as failed. */
export class ActuatorLoop implements AsyncDisposable {
  readonly id: string;
  readonly #def: ActuatorDef;
  readonly #config: unknown;
  readonly #ports: ActuatorPorts;
  readonly #stop = new AbortController();
  readonly #waiting: Action[] = [];
  readonly #results = { done: 0, failed: 0, unknown: 0 };
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;
  #fault: Fault | undefined;
  #lastId = 0;

  constructor(id: string, def: ActuatorDef, config: unknown, ports: ActuatorPorts) {
    this.id = id;
    this.#def = def;
    this.#config = config;
    this.#ports = ports;
  }

  get status(): ActuatorStatus {
    return {
      kind: this.#def.kind,
      waiting: this.#waiting.length,
      ...this.#results,
      ...(this.#fault && { fault: faultStatus(this.#fault) }),
    };
  }

  start(): void {
    this.#loop = this.#run();
  }

  send(config: Json, by: string): void {
    const action = {
      id: ++this.#lastId,
      config,
      by,
      deadlineUs: this.#ports.clock.steadyUs() + ACTION_TTL_US,
    };
    if (this.#waiting.length >= MOST_WAITING) {
      this.#end(action, { state: 'failed', reason: `${MOST_WAITING} actions are waiting already` });
      return;
    }
    this.#waiting.push(action);
    this.#wake?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Fault('actuator.closed', `actuator ${this.id} is closing`, { retry: 'never' }));
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const signal = this.#stop.signal;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        await using actuator = await this.#def.open(
          this.#config,
          this.#ports.deps,
          AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
        );
        this.#fault = undefined;
        backoff.reset();
        await this.#serve(actuator, signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#fault = Fault.from(error, 'actuator.failed', `actuator ${this.id}`);
        this.#ports.log.warn({ actuator: this.id, code: this.#fault.code }, this.#fault.message);
        this.#expire();
        await this.#ports.clock.sleep(backoff.nextMs(), signal).catch(() => {});
      }
    }
  }

  async #serve(actuator: Actuator, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#expire();
      const action = this.#waiting[0];
      if (!action) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const result = await actuator.act(action, signal);
      this.#waiting.shift();
      this.#end(action, result);
    }
  }

  #expire(): void {
    const nowUs = this.#ports.clock.steadyUs();
    while (this.#waiting[0] && this.#waiting[0].deadlineUs < nowUs) {
      const late = this.#waiting.shift() as Action;
      this.#end(late, { state: 'failed', reason: this.#fault?.message ?? 'too late' });
    }
  }

  #end(action: Action, result: ActionResult): void {
    this.#results[result.state]++;
    this.#ports.done(action, result);
  }
}
