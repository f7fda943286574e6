import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Attempt } from './provider.ts';

/** `__Host-`: only this host can have set it, under TLS (RFC 6265bis, 4.1.3.2). */
const NAME = '__Host-holdfast-oidc';
const MAX_AGE_S = 600;

/** What a browser brings back. */
export interface KeptAttempt extends Attempt {
  /** Page to go on to. */
  readonly to: string;
}

/** Lax: it must come along when the provider sends the browser back. */
export function keepAttempt(reply: FastifyReply, attempt: KeptAttempt): void {
  const value = Buffer.from(JSON.stringify(attempt)).toString('base64url');
  reply.header(
    'set-cookie',
    `${NAME}=${value}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=${MAX_AGE_S}`,
  );
}

/** Takes it away as well: an attempt ends one way or the other. */
export function takeAttempt(request: FastifyRequest, reply: FastifyReply): KeptAttempt | undefined {
  reply.header('set-cookie', `${NAME}=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0`);
  const pairs = (request.headers.cookie ?? '').split(';').map((one) => one.trim());
  const value = pairs.find((one) => one.startsWith(`${NAME}=`))?.slice(NAME.length + 1);
  if (value === undefined) return undefined;
  try {
    const { state, nonce, verifier, to } = JSON.parse(Buffer.from(value, 'base64url').toString());
    const isWhole = [state, nonce, verifier, to].every((one) => typeof one === 'string');
    return isWhole ? { state, nonce, verifier, to: pageOf(to) } : undefined;
  } catch {
    return undefined;
  }
}

/** A page of this hub, and of nobody else. */
export const pageOf = (to: string | undefined): string =>
  to !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) ? to : '/';
