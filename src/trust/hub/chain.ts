import { createHash, X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import { Fault } from '#kernel/fault.ts';
import { spkiOf } from '../issue.ts';

/**
 * In the certificate of every hub, beside the names that it is reached by. Sites look for this one: behind a load
 * balancer, a proxy or another address it is still the same hub, because nobody else gets it from its authority.
 */
export const HUB_NAME = 'hub.holdfast.internal';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
/** Root, issuing authority, hub; room for one more authority. */
const LONGEST = 4;

/** What a hub is pinned by: SHA-256 of the public key of its root (SubjectPublicKeyInfo), base64url. */
export const pinOf = (root: X509Certificate): string =>
  createHash('sha256').update(spkiOf(root.publicKey)).digest('base64url');

/** The certificates that a peer showed, its own first, each issued by the next as far as they say so. */
export function shownChain(peer: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  for (let at = peer; at?.raw && !seen.has(at.fingerprint256); at = at.issuerCertificate) {
    seen.add(at.fingerprint256);
    chain.push(new X509Certificate(at.raw));
  }
  return chain;
}

/**
 * Whether a chain is that of the hub that was pinned: RFC 5280, 6.1, for the few forms that its authority issues. Dates
 * are not judged: the clock of a site that was off may be wrong, and the pin is stronger than any date.
 * @throws Fault `hub.not-the-hub`
 */
export function checkHub(chain: readonly X509Certificate[], pin: string, where: string): void {
  const complaint = complaintOf(chain, pin);
  if (complaint === undefined) return;
  throw new Fault('hub.not-the-hub', `what answers at ${where} is not the hub: ${complaint}`, {
    hint: 'Is the address right? Does something between open the encryption? A new hub needs a new join token.',
  });
}

function complaintOf(chain: readonly X509Certificate[], pin: string): string | undefined {
  const [hub] = chain;
  const root = chain.at(-1);
  if (!hub || !root || chain.length < 2 || chain.length > LONGEST) return 'its certificates make no chain';
  if (pinOf(root) !== pin) return 'its authority is another one';
  for (const [i, one] of chain.entries()) {
    const issuer = chain[Math.min(i + 1, chain.length - 1)] as X509Certificate;
    if (!issuer.ca) return 'one that is no authority issued a certificate';
    if (!one.checkIssued(issuer) || !one.verify(issuer.publicKey)) return 'a signature is wrong';
  }
  if (hub.ca || !hub.keyUsage?.includes(SERVER_AUTH)) return 'its certificate is not for a server';
  if (hub.checkHost(HUB_NAME) === undefined) return 'its certificate is not that of a hub';
  return undefined;
}
