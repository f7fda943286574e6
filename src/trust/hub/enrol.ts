import { type KeyObject, X509Certificate } from 'node:crypto';
import { Fault } from '#kernel/fault.ts';
import { commonNameOf } from '../certificate.ts';
import { loadX509, privateOf, publicOf, SIGNING } from '../issue.ts';
import { askHub } from './ask.ts';
import { type Dialled, dialHub, type HubTarget } from './dial.ts';
import { keepMembership, type Membership, nextKey, readMembership } from './membership.ts';
import { readJoinToken } from './token.ts';

/* The site's half of EST (RFC 7030): its key is made here and never leaves. */

const WELL_KNOWN = '/.well-known/est';

export interface Joining {
  /** Folder of the trust store. */
  readonly trustDir: string;
  /** `https://host:port`. */
  readonly hub: string;
  readonly token: string;
  readonly proxy?: string | undefined;
}

/**
 * Makes this box a site of a hub; what it was before ends. The same token works again for this box where the answer was
 * lost, until it ends.
 * @throws Fault `hub.token`, `hub.token-form`, `hub.membership`, and those of {@link dialHub}
 */
export async function joinHub(
  { trustDir, hub, token, proxy }: Joining,
  signal: AbortSignal,
): Promise<Membership> {
  const { secret, pin } = readJoinToken(token);
  const key = await nextKey(trustDir);
  const headers = { authorization: `Bearer ${secret}` };
  // Its name comes from the token: what is asked for here is not taken over.
  const asked = { path: 'simpleenroll', name: 'site', key, headers } as const;
  const certificate = await enrol({ hub, proxy, pin }, asked, signal);
  const site = commonNameOf(certificate);
  const membership = { hub, pin, site, certificate, key, ...(proxy !== undefined && { proxy }) };
  await keepMembership(trustDir, membership);
  return membership;
}

/**
 * Another certificate for another key, with the one that is there, whether its time is over or not. The old one ends once
 * the new one is shown.
 * @throws Fault `hub.identity-ended`, `hub.membership`, and those of {@link dialHub}
 */
export async function renewMembership(
  trustDir: string,
  membership: Membership,
  signal: AbortSignal,
): Promise<Membership> {
  const key = await nextKey(trustDir);
  const asked = { path: 'simplereenroll', name: membership.site, key } as const;
  const certificate = await enrol({ ...membership, identity: membership }, asked, signal);
  // Somebody may have let the box join again meanwhile: that holds.
  const kept = await readMembership(trustDir);
  if (kept?.certificate.serialNumber !== membership.certificate.serialNumber) return kept ?? membership;
  const renewed = { ...membership, certificate, key };
  await keepMembership(trustDir, renewed);
  return renewed;
}

/** Shows a certificate that is new, so that the one before it ends. @throws Fault of {@link dialHub} and of the hub */
export async function showMembership(membership: Membership, signal: AbortSignal): Promise<void> {
  const dialled = await dialHub({ ...membership, identity: membership }, signal);
  await askHub(dialled, { method: 'GET', path: '/identity' }, signal);
}

interface Enrolment {
  readonly path: 'simpleenroll' | 'simplereenroll';
  readonly name: string;
  readonly key: KeyObject;
  readonly headers?: { readonly [name: string]: string };
}

async function enrol(
  target: HubTarget,
  { path, name, key, headers }: Enrolment,
  signal: AbortSignal,
): Promise<X509Certificate> {
  const x509 = await loadX509();
  const keys = { privateKey: await privateOf(key), publicKey: await publicOf(key) };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: SIGNING,
  });
  const dialled = await dialHub(target, signal);
  const text = await askHub(
    dialled,
    {
      method: 'POST',
      path: `${WELL_KNOWN}/${path}`,
      headers: { ...headers, 'content-type': 'application/pkcs10', 'content-transfer-encoding': 'base64' },
      body: Buffer.from(request.rawData).toString('base64'),
    },
    signal,
  );
  return checked(await firstIn(text), key, dialled);
}

async function firstIn(text: string): Promise<X509Certificate> {
  const x509 = await loadX509();
  try {
    const [first] = new x509.X509Certificates(Buffer.from(text, 'base64'));
    if (first) return new X509Certificate(Buffer.from(first.rawData));
  } catch (cause) {
    throw useless('it is no PKCS #7', cause);
  }
  throw useless('it holds no certificate');
}

/** That it is for our key, and from the authority that was pinned. */
function checked(certificate: X509Certificate, key: KeyObject, { chain }: Dialled): X509Certificate {
  if (!certificate.checkPrivateKey(key)) throw useless('it is for another key');
  const by = chain.slice(1).find((one) => certificate.checkIssued(one));
  if (!by || !certificate.verify(by.publicKey)) throw useless('another authority issued it');
  if (commonNameOf(certificate) === '') throw useless('it names no site');
  return certificate;
}

const useless = (why: string, cause?: unknown): Fault =>
  new Fault('hub.not-the-hub', `what the hub sent is no certificate for this site: ${why}`, {
    hint: 'Is it a hub of Holdfast?',
    cause,
  });
