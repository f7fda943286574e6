import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PeerModel, SiteModel } from '#contract/model.ts';
import { messageOf } from '#kernel/fault.ts';
import type { PeerCertificate } from '#trust/api.ts';
import type { CertificateFact } from './facts.ts';

const BLOCK = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** The first end among the certificates of a text; undefined where there is none. µs since 1970, wall clock. */
function firstEndUs(pem: string): number | undefined {
  const ends = (pem.match(BLOCK) ?? []).map((one) => Date.parse(new X509Certificate(one).validTo) * 1000);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** The certificate in front of the API. @param isOwn the site's own, which is renewed as long as its authority lasts */
export function apiCertificate({
  certificate,
  authority,
  isOwn,
}: {
  readonly certificate: string;
  readonly authority: string;
  readonly isOwn: boolean;
}): CertificateFact {
  const subject = 'API';
  const kind = isOwn ? 'authority' : 'given';
  const validToUs = firstEndUs(isOwn ? authority : certificate);
  return { subject, kind, ...(validToUs !== undefined && { validToUs }) };
}

/** Those that the site shows to machines as a client. @param trustDir folder of the trust store */
export async function ownCertificates(trustDir: string): Promise<CertificateFact[]> {
  const own = join(trustDir, 'own');
  const names = await readdir(own).catch(() => []);
  const pems = names.filter((name) => name.endsWith('.pem')).toSorted();
  return await Promise.all(
    pems.map((name) =>
      ofFile(join(own, name), { subject: `${name.replace(/\.pem$/, '')} client`, kind: 'own' }),
    ),
  );
}

/** Those of machines that people have trusted. */
export const peerCertificates = (all: readonly PeerCertificate[]): CertificateFact[] =>
  all
    .filter(({ state }) => state === 'trusted')
    .map(({ peer, validToUs }) => ({ subject: peer, kind: 'peer', validToUs }));

/** Files that sources, sinks and actuators name, and of brokers behind TLS what only a connection sees. */
export async function configuredCertificates(
  model: Pick<SiteModel, 'sources' | 'sinks' | 'actuators'>,
): Promise<CertificateFact[]> {
  const peers = [...model.sources, ...model.sinks, ...model.actuators];
  return (await Promise.all(peers.map(ofPeer))).flat();
}

async function ofPeer({ id, config }: PeerModel): Promise<CertificateFact[]> {
  const tls = (config.tls ?? {}) as { readonly [field: string]: unknown };
  const named: readonly (readonly [string, unknown])[] = [
    ['ca', typeof config.ca === 'string' ? config.ca : tls.ca],
    ['cert', tls.cert],
  ];
  const files = named.filter((one): one is readonly [string, string] => typeof one[1] === 'string');
  const facts = await Promise.all(
    files.map(([field, path]) => ofFile(path, { subject: `${id} ${field}`, kind: 'given' })),
  );
  if (!String(config.url ?? '').startsWith('mqtts:')) return facts;
  const unreadable = 'the certificate of the broker is seen by connections only; ask whoever runs it';
  return [...facts, { subject: `${id} broker`, kind: 'given', unreadable }];
}

async function ofFile(
  path: string,
  fact: Pick<CertificateFact, 'subject' | 'kind'>,
): Promise<CertificateFact> {
  try {
    const validToUs = firstEndUs(await readFile(path, 'utf8'));
    return validToUs === undefined
      ? { ...fact, unreadable: `${path} holds no certificate in PEM` }
      : { ...fact, validToUs };
  } catch (error) {
    return { ...fact, unreadable: messageOf(error) };
  }
}
