import {
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  type X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { NAME_CONSTRAINTS, nameConstraints } from './name-constraints.ts';

/* Certificates that we make ourselves: P-256, signed with SHA-256. */

/** A certificate with its private key. */
export interface Pair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** An authority: with its key, or with who signs for it, r and s of ECDSA over SHA-256 one after the other (IEEE P1363). */
export type Issuer =
  | Pair
  | { readonly certificate: X509Certificate; sign(data: Uint8Array): Promise<Uint8Array> };

export type Purpose =
  /** May issue others. */
  | {
      readonly kind: 'authority';
      /** How many authorities may stand between it and what is issued in the end. */
      readonly below: number;
      /** Names that it may vouch for, with what is below them; anything when absent. */
      readonly permits?: readonly string[];
    }
  /** Shown by a server; names and addresses that it is reached by. */
  | { readonly kind: 'server'; readonly names: readonly string[] }
  /** Shown by a client, which is called so. */
  | { readonly kind: 'client'; readonly uri: string };

export interface Wanted {
  readonly commonName: string;
  /** Of the owner; its public half is enough where somebody else signs. */
  readonly key: KeyObject;
  readonly fromMs: number;
  readonly toMs: number;
  readonly purpose: Purpose;
  /** Who signs; itself when absent. */
  readonly by?: Issuer;
}

export const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

export async function newKey(): Promise<KeyObject> {
  return (await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })).privateKey;
}

/** Loaded where needed: most starts make no certificate. It wants its metadata first. */
export async function loadX509() {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

/** @returns PEM */
export async function issue({ commonName, key, fromMs, toMs, purpose, by }: Wanted): Promise<string> {
  const x509 = await loadX509();
  const subject = [{ CN: [commonName] }, { O: ['Holdfast'] }];
  const publicKey = await publicOf(key);
  const wanted = {
    // The first bit stays 0: a serial number is a positive integer (RFC 5280, 4.1.2.2).
    serialNumber: Buffer.concat([Buffer.of(0x40), randomBytes(15)]).toString('hex'),
    subject,
    issuer: by ? new x509.X509Certificate(by.certificate.raw).subjectName.toJSON() : subject,
    notBefore: new Date(fromMs),
    notAfter: new Date(toMs),
    publicKey,
    signingKey: by && 'sign' in by ? publicKey : await privateOf(by?.key ?? key),
    signingAlgorithm: SIGNING,
    extensions: [
      ...extensionsFor(x509, purpose),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ...(by
        ? [await x509.AuthorityKeyIdentifierExtension.create(await publicOf(by.certificate.publicKey))]
        : []),
    ],
  };
  const certificate = await x509.X509CertificateGenerator.create(
    wanted,
    by && 'sign' in by ? askedOf(by) : crypto,
  );
  return `${certificate.toString('pem')}\n`;
}

/** As the library asks for signatures; the key that it is given then only says of which kind they are. */
function askedOf({ sign }: Extract<Issuer, { sign: unknown }>): Crypto {
  const asked = (_how: unknown, _key: unknown, data: ArrayBuffer) => sign(new Uint8Array(data));
  return { subtle: { sign: asked, exportKey: subtle.exportKey.bind(subtle) } } as never;
}

function extensionsFor(x509: Awaited<ReturnType<typeof loadX509>>, purpose: Purpose) {
  const usages = x509.KeyUsageFlags;
  if (purpose.kind === 'authority') {
    return [
      new x509.BasicConstraintsExtension(true, purpose.below, true),
      new x509.KeyUsagesExtension(usages.keyCertSign | usages.cRLSign, true),
      ...(purpose.permits
        ? [new x509.Extension(NAME_CONSTRAINTS, true, nameConstraints(purpose.permits))]
        : []),
    ];
  }
  const isServer = purpose.kind === 'server';
  const names = isServer
    ? purpose.names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const)
    : [{ type: 'url', value: purpose.uri } as const];
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(usages.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([isServer ? serverAuth : clientAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ];
}

const { crypto } = globalThis;
const { subtle } = crypto;

/** As the library wants keys. */
export const privateOf = (key: KeyObject) =>
  subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), SIGNING, false, ['sign']);

export const publicOf = (key: KeyObject) => subtle.importKey('spki', spkiOf(key), SIGNING, true, ['verify']);

/** The public half as DER (SubjectPublicKeyInfo, RFC 5280, 4.1). */
export function spkiOf(key: KeyObject): NonSharedBuffer {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
}
