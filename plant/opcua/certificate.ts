import { createHash, generateKeyPair, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateStore, Library } from '#plant/opcua/library.ts';

export const APPLICATION_URI = 'urn:holdfast:plant:utilities:server';
const DAYS = 20 * 365;
const DAY_MS = 86_400_000;

/** The part of the server library that makes certificates; it loads in a third of the time of the whole. */
interface CryptoPart {
  readonly CertificatePurpose: { readonly ForApplication: number };
  pemToPrivateKey(pem: string): Promise<unknown>;
  createSelfSignedCertificate(options: object): Promise<{ readonly cert: string }>;
}

export const certificateFile = (dir: string): string => join(dir, 'certificate.pem');
/** Where the library looks for it. */
export const privateKeyFile = (dir: string): string => join(dir, 'own/private/private_key.pem');

/** Makes key and certificate of the server, where this folder has none yet. @returns SHA-256 of it, lower-case hex */
export async function serverCertificate(dir: string): Promise<string> {
  if (!existsSync(certificateFile(dir))) await make(dir);
  const { raw } = new X509Certificate(await readFile(certificateFile(dir)));
  return createHash('sha256').update(raw).digest('hex');
}

async function make(dir: string): Promise<void> {
  // Beside each other: the key is made in a thread of its own.
  const pair = promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const part = createRequire(import.meta.resolve('node-opcua-server'));
  const library = part('node-opcua-crypto') as CryptoPart;
  const { privateKey } = await pair;
  const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const { cert } = await library.createSelfSignedCertificate({
    privateKey: await library.pemToPrivateKey(key),
    purpose: library.CertificatePurpose.ForApplication,
    applicationUri: APPLICATION_URI,
    subject: 'CN=Holdfast plant utilities/O=Holdfast',
    dns: ['localhost', hostname()],
    ip: ['127.0.0.1'],
    notBefore: new Date(Date.now() - DAY_MS),
    validity: DAYS,
  });
  await mkdir(join(dir, 'own/private'), { recursive: true, mode: 0o700 });
  await writeFile(privateKeyFile(dir), key, { mode: 0o600 });
  // Whole or not at all: half a certificate would be taken for one at the next start.
  await writeFile(`${certificateFile(dir)}.new`, cert);
  await rename(`${certificateFile(dir)}.new`, certificateFile(dir));
}

/** Folder in which the library keeps what it knows of clients. All of them are accepted. */
export async function clientStore(
  { OPCUACertificateManager }: Library,
  dir: string,
): Promise<CertificateStore> {
  // Clients of earlier starts, which nobody needs to know any more.
  for (const kept of ['trusted', 'rejected']) await rm(join(dir, kept), { recursive: true, force: true });
  const store = new OPCUACertificateManager({
    rootFolder: dir,
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  });
  await store.initialize();
  return store;
}
