import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Fault } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import { ownCertificates } from './copy.ts';
import { identityIn, uriOf } from './identity.ts';

/** One identity of a box that is gone, and what came in its place. */
export interface ReplacedIdentity {
  readonly protocol: string;
  readonly oldFingerprint: string;
  readonly oldSubject: string;
  readonly newFingerprint: string;
}

/**
 * Makes new keys and certificates for every certificate of a box that is gone. The old certificates are kept aside, so
 * that people can find and remove them in the trust lists of machines.
 * @param dir of the store @throws Fault `trust.identity`, errors of the file system
 */
export async function retireIdentities(dir: string, nowMs: number): Promise<ReplacedIdentity[]> {
  const replaced: ReplacedIdentity[] = [];
  for (const { protocol, fingerprint, subject, pem } of await ownCertificates(dir)) {
    await mkdir(join(dir, 'retired'), { recursive: true, mode: 0o700 });
    await replaceDurablyAside(join(dir, 'retired', `${protocol}-${fingerprint}.pem`), pem, 0o600);
    // The application stays the same one and is called so; its key, which somebody may have found in the bin, does not.
    const uri = uriOf(new X509Certificate(pem));
    await identityIn(
      dir,
      { protocol, commonName: `Holdfast ${hostname()}`, ...(uri !== undefined && { uri }) },
      nowMs,
    );
    const made = (await ownCertificates(dir)).find((one) => one.protocol === protocol);
    if (!made) throw new Fault('trust.identity', `the new certificate for ${protocol} is not there`);
    replaced.push({
      protocol,
      oldFingerprint: fingerprint,
      oldSubject: subject,
      newFingerprint: made.fingerprint,
    });
  }
  return replaced;
}
