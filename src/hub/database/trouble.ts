import { Fault, messageOf } from '#kernel/fault.ts';

/** Nobody listens, or the connection broke. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT']);
/** Classes of SQLSTATE: connection, resources (a full disk, too many connections), operator intervention (starting, stopping). */
const PASSING = /^(?:08|53|57)/;
/** What the client says itself has no code. */
const SAID = /connection terminated|connection error|when trying to connect|timeout expired/i;

/** What a route or an uplink could not do: where the database is away, it may be tried again. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const { code } = error as { readonly code?: unknown };
  const isAway =
    typeof code === 'string' ? BROKEN.has(code) || PASSING.test(code) : SAID.test(messageOf(error));
  if (isAway) {
    return new Fault('hub.database', `the database of the hub is away: ${messageOf(error)}`, {
      hint: 'it is tried again; the log of the hub tells more',
      cause: error,
    });
  }
  return new Fault('api.internal', messageOf(error), { hint: 'the log of the hub tells more', cause: error });
}

/**
 * Classes of SQLSTATE (PostgreSQL, Appendix A) that say something against what was to be written: data exception, integrity
 * constraint, syntax or access rule, program limit exceeded. All others may pass: no connection, no space, a deadlock.
 */
const CONTENT = new Set(['22', '23', '42', '54']);

export function isOfContent(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && code.length === 5 && CONTENT.has(code.slice(0, 2));
}
