import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import { newKey, pemOf } from '../issue.ts';

const File = z.strictObject({
  format: z.literal(1),
  hub: z.url(),
  proxy: z.url().optional(),
  site: z.string(),
  pin: z.string(),
  certificate: z.string(),
  key: z.string(),
});

/** What makes a box a site of a hub. One file holds it all, so that a power cut leaves the old or the new. */
export interface Membership {
  /** Where the hub is dialled: `https://host:port`. */
  readonly hub: string;
  /** An HTTP proxy on the way there. */
  readonly proxy?: string | undefined;
  /** As the hub calls this site. */
  readonly site: string;
  /** What the hub is known by; see `pinOf`. */
  readonly pin: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

const folder = (trustDir: string): string => join(trustDir, 'hub');
const file = (trustDir: string): string => join(folder(trustDir), 'membership.json');
/** Key of the certificate that is being asked for: an answer that was lost can be asked for again. */
const nextKeyFile = (trustDir: string): string => join(folder(trustDir), 'next.key');

/**
 * Undefined where the box has joined no hub.
 * @param trustDir folder of the trust store @throws Fault `hub.membership`
 */
export async function readMembership(trustDir: string): Promise<Membership | undefined> {
  const path = file(trustDir);
  try {
    const { format: _, certificate, key, ...rest } = File.parse(JSON.parse(await readFile(path, 'utf8')));
    return { ...rest, certificate: new X509Certificate(certificate), key: createPrivateKey(key) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Fault('hub.membership', `${path} cannot be used: ${messageOf(cause)}`, {
      hint: 'let the box join anew: holdfast edge join URL TOKEN',
      cause,
    });
  }
}

/** Takes the place of the one before, whose key is gone then. @throws Fault `hub.membership` */
export async function keepMembership(trustDir: string, membership: Membership): Promise<void> {
  const { certificate, key, ...rest } = membership;
  const text = JSON.stringify({ format: 1, ...rest, certificate: certificate.toString(), key: pemOf(key) });
  await guarded(trustDir, async () => {
    await replaceDurablyAside(file(trustDir), text, 0o600);
    await rm(nextKeyFile(trustDir), { force: true });
  });
}

/** The key to ask a certificate for: kept before it is used, and the same one until {@link keepMembership}. */
export async function nextKey(trustDir: string): Promise<KeyObject> {
  return await guarded(trustDir, async () => {
    const known = await readFile(nextKeyFile(trustDir), 'utf8').then(createPrivateKey, () => undefined);
    if (known) return known;
    const made = await newKey();
    await replaceDurablyAside(nextKeyFile(trustDir), pemOf(made), 0o600);
    return made;
  });
}

async function guarded<T>(trustDir: string, work: () => Promise<T>): Promise<T> {
  try {
    await mkdir(folder(trustDir), { recursive: true, mode: 0o700 });
    return await work();
  } catch (cause) {
    throw new Fault('hub.membership', `what the hub gave cannot be kept: ${messageOf(cause)}`, {
      hint: `make room, or ${folder(trustDir)} writable`,
      cause,
    });
  }
}
