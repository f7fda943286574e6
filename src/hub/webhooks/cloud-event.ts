import { createHmac } from 'node:crypto';
import type { Json } from '#kernel/event.ts';

/** An event of a site, or of the hub. */
export interface ToldEvent {
  /** Journal and sequence, or that of the hub's own events. */
  readonly id: string;
  readonly hub: string;
  readonly site: string | undefined;
  readonly timeUs: number;
  readonly kind: string;
  readonly name: string;
  readonly subject: string;
  readonly by: string | undefined;
  readonly detail: { readonly [key: string]: Json };
}

const TYPE = 'dev.holdfast.';
/** The farthest that a time of RFC 3339 can tell, and Date. */
const MOST_MS = Date.UTC(9999, 11, 31);

export const typeOf = (name: string): string => `${TYPE}${name}`;

/** A CloudEvent 1.0 in structured mode, as JSON. Extension attributes: `kind` and `site`. */
export function cloudEvent({ id, hub, site, timeUs, kind, name, subject, by, detail }: ToldEvent): string {
  const ms = Math.max(0, Math.min(MOST_MS, timeUs / 1000));
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: site === undefined ? `urn:holdfast:${hub}` : `urn:holdfast:${hub}:site:${site}`,
    type: typeOf(name),
    subject,
    time: new Date(ms).toISOString(),
    datacontenttype: 'application/json',
    kind,
    ...(site !== undefined && { site }),
    data: { name, subject, timeUs, ...(by !== undefined && { by }), detail },
  });
}

const SECRET = 'whsec_';

export const secretText = (bytes: Buffer): string => `${SECRET}${bytes.toString('base64')}`;

/** Headers after Standard Webhooks 1.0: `v1` is HMAC-SHA256 of id, time in seconds and body, with dots between. */
export function signed(
  secret: string,
  id: string,
  nowMs: number,
  body: string,
): { [header: string]: string } {
  const seconds = String(Math.floor(nowMs / 1000));
  const key = Buffer.from(secret.slice(SECRET.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
}
