import { createHash, X509Certificate } from 'node:crypto';

/** A chain as some servers send it stays far below; more is no certificate. */
const MAX_BYTES = 64 * 1024;

/** What is kept of a certificate besides its bytes. */
export interface Read {
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly validFromUs: number;
  readonly validToUs: number;
  readonly pem: string;
}

/** SHA-256 as 64 small hex digits, however people write it: `AB:CD…`, `sha256:ab cd…`. */
export const plainFingerprint = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^sha-?256[:=]/, '')
    .replaceAll(/[:\s]/g, '');

/** Empty where there is none. */
export const commonNameOf = ({ subject }: X509Certificate): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? '';

export const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');

/** Reads the first certificate of a chain; undefined for what is none. @param bytes DER or PEM */
export function readCertificate(bytes: Uint8Array | string): Read | undefined {
  if (bytes.length === 0 || bytes.length > MAX_BYTES) return undefined;
  try {
    const one = new X509Certificate(bytes);
    return {
      fingerprint: fingerprintOf(one.raw),
      subject: oneLine(one.subject),
      issuer: oneLine(one.issuer),
      validFromUs: Date.parse(one.validFrom) * 1000,
      validToUs: Date.parse(one.validTo) * 1000,
      pem: one.toString(),
    };
  } catch {
    return undefined;
  }
}

/** Names come from strangers: one line, nothing that moves a cursor. */
export const oneLine = (name: string | undefined): string =>
  (name ?? '')
    .replaceAll(/[\r\n]+/g, ', ')
    .replaceAll(/\p{C}/gu, '?')
    .slice(0, 300);

/**
 * What people should know before they trust it. Validity is a warning and never a refusal: a site may have been cut off
 * for years, and its clock may say 1970; nothing in a plant stops because of a date. Whose key it is has been
 * established by a person, and that does not wear off.
 */
export function warningsOf(one: Pick<Read, 'validFromUs' | 'validToUs'>, nowUs: number): string[] {
  if (nowUs < one.validFromUs) return [`not valid before ${day(one.validFromUs)}, by the clock of this site`];
  if (nowUs > one.validToUs) return [`expired on ${day(one.validToUs)}, by the clock of this site`];
  return [];
}

const day = (us: number): string => new Date(us / 1000).toISOString().slice(0, 10);
