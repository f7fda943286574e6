import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '#kernel/fault.ts';

export const isSecure = ({ protocol }: Pick<FastifyRequest, 'protocol'>): boolean => protocol === 'https';

/**
 * One name for each port, as browsers tell hosts apart and not their ports. `__Host-` under TLS: no other host of the
 * same domain can set it (RFC 6265bis, 4.1.3.2).
 */
const nameFor = (request: FastifyRequest): string =>
  `${isSecure(request) ? '__Host-' : ''}holdfast-${request.socket.localPort ?? 0}`;

/** What the browser holds of its session. */
export function cookieOf(request: FastifyRequest): string | undefined {
  const wanted = `${nameFor(request)}=`;
  const pairs = (request.headers.cookie ?? '').split(';').map((one) => one.trim());
  return pairs.find((one) => one.startsWith(wanted))?.slice(wanted.length);
}

/**
 * Scripts cannot read it, and pages from elsewhere cannot use it. It ends with the browser; the session by itself.
 * @param secret undefined takes it away
 */
export function setCookie(request: FastifyRequest, reply: FastifyReply, secret: string | undefined): void {
  const kept = `${nameFor(request)}=${secret ?? ''}; HttpOnly; SameSite=Strict; Path=/`;
  const secure = isSecure(request) ? '; Secure' : '';
  reply.header('set-cookie', `${kept}${secure}${secret === undefined ? '; Max-Age=0' : ''}`);
}

/**
 * Whether a request that changes something comes from a page of this site: browsers say so by themselves (Fetch
 * Metadata, RFC 6454), and what is no browser says nothing.
 */
export function originOf({ headers }: Pick<FastifyRequest, 'headers'>): 'same' | 'other' | 'unsaid' {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return 'other';
  const { origin, host } = headers;
  if (origin === undefined) return site === undefined ? 'unsaid' : 'same';
  return URL.canParse(origin) && new URL(origin).host === host ? 'same' : 'other';
}

export const isChange = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

export const crossSite = (): Fault =>
  new Fault(
    'access.cross-site',
    'a page from elsewhere asks for this, or the browser does not say that none does',
    {
      retry: 'never',
      hint: 'open the page of this site or hub itself; programs send an API token instead of a cookie',
    },
  );
