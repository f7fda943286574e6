import { createHash, randomBytes } from 'node:crypto';
import { Fault } from '#kernel/fault.ts';

/** What a join token says: a secret that lets a site in once, and which hub it is for. */
export interface JoinToken {
  readonly secret: string;
  /** See `pinOf`. */
  readonly pin: string;
}

/** Both are 32 bytes as base64url, which may hold `-`, but no dot. */
const FORM = /^hfj1\.([\w-]{43})\.([\w-]{43})$/;

export const newJoinSecret = (): string => randomBytes(32).toString('base64url');

export const joinTokenText = ({ secret, pin }: JoinToken): string => `hfj1.${secret}.${pin}`;

/** What the hub keeps of it. */
export const joinDigest = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** @throws Fault `hub.token-form` */
export function readJoinToken(text: string): JoinToken {
  const [, secret, pin] = FORM.exec(text.trim()) ?? [];
  if (secret !== undefined && pin !== undefined) return { secret, pin };
  throw new Fault('hub.token-form', 'this is no join token', {
    retry: 'never',
    hint: 'copy it as a whole, as `holdfast hub join-token` printed it: hfj1, two parts of 43 characters, dots between',
  });
}

/** What opens the API of a hub: a secret, and by whom it may be seen. */
const FLEET_FORM = /^hfa1\.[\w-]{43}\.([\w-]{43})$/;

/** As programs hold it and send it, whole. */
export const fleetTokenText = ({ secret, pin }: JoinToken): string => `hfa1.${secret}.${pin}`;

/** @returns the pin of the hub that a token is for @throws Fault `hub.token-form` */
export function fleetTokenPin(text: string): string {
  const [, pin] = FLEET_FORM.exec(text) ?? [];
  if (pin !== undefined) return pin;
  throw new Fault('hub.token-form', 'this is no API token of a hub', {
    retry: 'never',
    hint: 'copy it as a whole, as `holdfast hub token create` printed it: hfa1, two parts of 43 characters, dots between',
  });
}
