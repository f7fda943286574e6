import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf, oneLine } from './certificate.ts';
import { certificatePath, indexPath, loadIndex } from './index-file.ts';

/** The store's files as they are at one moment, whoever writes them. */
export interface TrustCopy {
  /** By path below the folder: index, certificates of peers, own certificates. No key is among them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly own: readonly OwnCertificate[];
  /** Why nothing is known of what people decided: the copy has only the certificates, and all of them wait. */
  readonly damage?: string;
}

export interface OwnCertificate {
  readonly protocol: string;
  readonly fingerprint: string;
  readonly subject: string;
  readonly pem: string;
}

const TRIES = 20;

/** Certificates are written before the index that names them, and removed after it: then the index is read again. */
export async function copyTrust(dir: string): Promise<TrustCopy> {
  const own = await ownCertificates(dir);
  const files = new Map(own.map(({ protocol, pem }) => [`own/${protocol}.pem`, Buffer.from(pem)]));
  for (let tries = 0; ; tries++) {
    const { entries, damage } = loadIndex(dir);
    const index = damage === undefined ? await readOr(indexPath(dir)) : undefined;
    const names = [...new Set(entries.map(({ fingerprint }) => fingerprint))];
    const found = await Promise.all(names.map((name) => readOr(certificatePath(dir, name))));
    const same = damage !== undefined || index?.equals((await readOr(indexPath(dir))) ?? Buffer.of());
    const whole = same && found.every((one) => one !== undefined);
    if (entries.length > 0 && !whole && tries < TRIES) continue;
    const all = new Map<string, Uint8Array>();
    if (index) all.set('index.json', index);
    // One that is gone for good is written again when its peer shows it.
    for (const [i, pem] of found.entries()) if (pem) all.set(`certificates/${names[i]}.pem`, pem);
    for (const [name, pem] of files) all.set(name, pem);
    return { files: all, own, ...(damage !== undefined && { damage }) };
  }
}

/** The site's own certificates, those that can be read. */
export async function ownCertificates(dir: string): Promise<OwnCertificate[]> {
  const names = await namesIn(dir, '.pem');
  const read = names.map(async (name) => {
    try {
      const pem = await readFile(join(dir, 'own', name), 'utf8');
      const { raw, subject } = new X509Certificate(pem);
      return [
        { protocol: name.slice(0, -4), fingerprint: fingerprintOf(raw), subject: oneLine(subject), pem },
      ];
    } catch {
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}

/** The private keys by their file name. @throws errors of the file system */
export async function ownKeys(dir: string): Promise<{ readonly [file: string]: string }> {
  const names = await namesIn(dir, '.key');
  const keys = names.map(async (name) => [name, await readFile(join(dir, 'own', name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(keys));
}

async function namesIn(dir: string, suffix: string): Promise<string[]> {
  const names = await readdir(join(dir, 'own')).catch(() => []);
  return names.filter((name) => name.endsWith(suffix)).sort();
}

const readOr = (path: string): Promise<Buffer | undefined> => readFile(path).catch(() => undefined);
