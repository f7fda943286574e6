import { ActuatorLoop } from '#edge/actions.ts';
import type { Core } from '#edge/core.ts';
import { actuatorDeps, type PeerContext } from '#edge/prepare.ts';
import type { Json } from '#kernel/event.ts';
import type { Action, ActuatorDef } from '#plugin/api.ts';

export interface ActuatorOptions {
  readonly def: ActuatorDef;
  readonly config: unknown;
  readonly context: PeerContext;
}

/** Makes the loop of an actuator, whose actions are events; it does not run yet. */
export function makeActuator(
  core: Core,
  id: string,
  { def, config, context }: ActuatorOptions,
): ActuatorLoop {
  return new ActuatorLoop(id, def, config, {
    clock: core.clock,
    log: context.log,
    deps: actuatorDeps(id, context),
    asked: (action) => record(core, id, action, 'action.intent'),
    done: (action, { state, reason }) => record(core, id, action, ENDED[state], reason),
  });
}

const ENDED = { done: 'action.done', failed: 'action.failed', unknown: 'action.unknown' } as const;

function record(core: Core, actuator: string, { id, by }: Action, name: string, reason?: string): void {
  recordOf(core, actuator, by, name, reason === undefined ? { action: id } : { action: id, reason });
}

/** What a shadow would have sent. */
export function recordUnsent(core: Core, actuator: string, config: Json, by: string): void {
  recordOf(core, actuator, by, 'action.shadowed', { mode: 'shadow', config });
}

function recordOf(
  core: Core,
  subject: string,
  by: string,
  name: string,
  detail: { readonly [key: string]: Json },
): void {
  const timeUs = core.clock.nowUs();
  core.path.event({ kind: 'system', name, subject, by, timeUs, detail });
}
