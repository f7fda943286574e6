import type { FastifyRequest } from 'fastify';
import type { Caller } from '#kernel/rights.ts';

/** Who asks, and from where. */
export interface Asking {
  readonly caller: Caller;
  /** IP address at the other end of the connection. */
  readonly address: string;
  /** Id of the session that asks; undefined where no cookie did. */
  readonly session: string | undefined;
  /** Gives the browser what opens its session, or takes it away. */
  setSession(secret: string | undefined): void;
}

/** Whoever asks what anyone may ask: may nothing else, anywhere. */
export const NOBODY: Caller = { name: 'nobody', role: 'viewer', areas: [], via: 'session' };

const ASKING = new WeakMap<FastifyRequest, Asking>();

export const askingOf = (request: FastifyRequest): Asking | undefined => ASKING.get(request);

export function keepAsking(request: FastifyRequest, asking: Asking): void {
  ASKING.set(request, asking);
}
