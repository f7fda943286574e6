import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSecure } from '#http/cookie.ts';

/** Pages are made of files of this site only: no script or style in them, nothing from elsewhere, no frame around them. */
export const PAGE_POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

const HEADERS: { readonly [name: string]: string } = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-store',
};

/** A browser that trusts the certificate never asks in the clear again (RFC 6797). */
const HSTS = 'max-age=31536000';

/** Set on the connection itself, so that answers which write their own head carry them too; a route may set its own. */
export function harden(request: FastifyRequest, { raw }: FastifyReply): void {
  for (const [name, value] of Object.entries(HEADERS)) raw.setHeader(name, value);
  if (isSecure(request)) raw.setHeader('strict-transport-security', HSTS);
}
