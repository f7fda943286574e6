import { Fault, messageOf } from '#kernel/fault.ts';

const NOT_SENT = 'actuator.not-sent';

/** What an actuator throws when nothing of the action left: it may be given again. */
export function notSent(cause: unknown): Fault {
  const hint = cause instanceof Fault ? cause.hint : undefined;
  return new Fault(NOT_SENT, messageOf(cause), { ...(hint !== undefined && { hint }), cause });
}

export const wasNotSent = (error: unknown): error is Fault =>
  error instanceof Fault && error.code === NOT_SENT;
