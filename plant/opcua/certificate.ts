import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CertificateStore, Library } from '#plant/opcua/library.ts';

export const APPLICATION_URI = 'urn:holdfast:plant:utilities:server';
const YEARS = 20;

export interface ServerCertificate {
  readonly store: CertificateStore;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/** Key and certificate of the server in this folder, made when they are not there. Certificates of clients are accepted. */
export async function serverCertificate(
  { OPCUACertificateManager }: Library,
  dir: string,
): Promise<ServerCertificate> {
  // Clients of earlier starts, which nobody needs to know any more.
  for (const kept of ['trusted', 'rejected']) await rm(join(dir, kept), { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const store = new OPCUACertificateManager({
    rootFolder: dir,
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  });
  await store.initialize();
  const certificateFile = fileOf(dir);
  if (!existsSync(certificateFile)) {
    await store.createSelfSignedCertificate({
      applicationUri: APPLICATION_URI,
      subject: '/CN=Holdfast plant utilities/O=Holdfast',
      dns: ['localhost', hostname()],
      ip: ['127.0.0.1'],
      startDate: new Date(Date.now() - 86_400_000),
      validity: 365 * YEARS,
      outputFile: certificateFile,
    });
  }
  return { store, certificateFile, privateKeyFile: store.privateKey };
}

const fileOf = (dir: string): string => join(dir, 'certificate.pem');

/** SHA-256 of the certificate in this folder, as lower-case hex; undefined where there is none yet. */
export async function fingerprintIn(dir: string): Promise<string | undefined> {
  if (!existsSync(fileOf(dir))) return undefined;
  const { raw } = new X509Certificate(await readFile(fileOf(dir)));
  return createHash('sha256').update(raw).digest('hex');
}
