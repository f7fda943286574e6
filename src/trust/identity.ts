import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurablyAside } from '#platform/files.ts';
import type { Identity, IdentityRequest } from './api.ts';

/**
 * Long on purpose: the certificate is trusted by hand at every machine, and a site that was cut off for years must
 * still be let in. Nothing at a plant may stop because a date passed; a key that leaked is taken off the machines'
 * trust lists.
 */
const VALID_YEARS = 20;
/** Before now: clocks of machines run behind, and "not yet valid" would be the answer. */
const VALID_BEFORE_DAYS = 2;
const DAY_MS = 86_400_000;
/** A box without a battery wakes up in 1970: what it makes then must outlive 1990. No site is older than this. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);

/**
 * The site's own application certificate: self-signed, RSA 2048, SHA-256 (OPC UA Part 6, 6.2.2). Made once and kept,
 * also when the box gets another name and other words are requested: every machine that trusts it would otherwise have
 * to be visited again. Therefore the application goes by the URI of the certificate, which servers compare.
 * @param dir of the store @throws Fault `trust.identity`
 */
export async function identityIn(dir: string, request: IdentityRequest, nowMs: number): Promise<Identity> {
  const own = join(dir, 'own');
  const files = {
    certificateFile: join(own, `${request.protocol}.pem`),
    privateKeyFile: join(own, `${request.protocol}.key`),
  };
  try {
    await mkdir(own, { recursive: true, mode: 0o700 });
    const known = await readKey(files.privateKeyFile);
    const key = known ?? (await makeKey(files.privateKeyFile));
    const certificate = known && (await readOwn(files.certificateFile));
    const uri = certificate && uriOf(certificate);
    if (certificate?.checkPrivateKey(key) && (uri !== undefined || request.uri === undefined))
      return { ...files, ...(uri !== undefined && { uri }) };
    await replaceDurablyAside(
      files.certificateFile,
      await selfSigned(key, request, Math.max(nowMs, EARLIEST_MS)),
      0o600,
    );
    return { ...files, ...(request.uri !== undefined && { uri: request.uri }) };
  } catch (error) {
    throw new Fault(
      'trust.identity',
      `no certificate of our own for ${request.protocol}: ${messageOf(error)}`,
      {
        hint: `make room, or ${own} writable`,
        cause: error,
      },
    );
  }
}

/** Undefined where there is none that can be used: then both are made anew. */
async function readKey(path: string): Promise<KeyObject | undefined> {
  try {
    const key = createPrivateKey(await readFile(path));
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A key that is there and must not be read is no reason to replace it: machines trust what belongs to it.
    if (code === 'EACCES' || code === 'EIO') throw error;
    return undefined;
  }
}

async function readOwn(path: string): Promise<X509Certificate | undefined> {
  try {
    return new X509Certificate(await readFile(path));
  } catch {
    return undefined;
  }
}

export const uriOf = ({ subjectAltName = '' }: X509Certificate): string | undefined =>
  /(?:^|, )URI:([^,]+)/.exec(subjectAltName)?.[1];

async function makeKey(path: string): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  await replaceDurablyAside(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  return privateKey;
}

const SIGNING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** Loaded here: a site makes its certificate once in its life. */
async function selfSigned(key: KeyObject, request: IdentityRequest, nowMs: number): Promise<string> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await pairOf(key);
  const subjectKey = await x509.SubjectKeyIdentifierExtension.create(keys.publicKey);
  const names: { type: 'url' | 'dns'; value: string }[] = [{ type: 'dns', value: hostname() }];
  if (request.uri !== undefined) names.unshift({ type: 'url', value: request.uri });
  const usages = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // The first bit stays 0: a serial number is a positive integer (RFC 5280, 4.1.2.2).
    serialNumber: Buffer.concat([Buffer.of(0x40), randomBytes(15)]).toString('hex'),
    name: [{ CN: [request.commonName] }, { O: ['Holdfast'] }],
    notBefore: new Date(nowMs - VALID_BEFORE_DAYS * DAY_MS),
    notAfter: new Date(nowMs + VALID_YEARS * 365.25 * DAY_MS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        usages.digitalSignature |
          usages.nonRepudiation |
          usages.keyEncipherment |
          usages.dataEncipherment |
          usages.keyCertSign, // it signs itself
        true,
      ),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      subjectKey,
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

async function pairOf(key: KeyObject) {
  const { subtle } = globalThis.crypto;
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await subtle.importKey('pkcs8', pkcs8, SIGNING, false, ['sign']),
    publicKey: await subtle.importKey('spki', spki, SIGNING, true, ['verify']),
  };
}
