import type { StatusCode } from 'node-opcua-client';
import { Fault } from '#kernel/fault.ts';
import type { Library } from './library.ts';

export type Judgement = 'trusted' | 'waiting' | 'changed' | 'rejected';
/** Judges the DER of a certificate met at an address. */
export type Judge = (peer: string, certificate: Uint8Array) => Judgement;

/** @throws Fault unless people trust this certificate for this peer (OPC UA Part 4, 6.1.3) */
export function demandTrust(
  judge: Judge,
  peer: string,
  certificate: Uint8Array,
  fingerprintOf: (der: Uint8Array) => string,
): void {
  const judgement = judge(peer, certificate);
  if (judgement === 'trusted') return;
  const fingerprint = fingerprintOf(certificate);
  const trust = `holdfast certificates trust ${fingerprint.slice(0, 16)}`;
  const said = {
    waiting: [`the server's certificate is not known yet`, `If it is the right one: ${trust}`],
    changed: [
      `the server's certificate differs from the trusted one`,
      `Somebody may stand in between. If the server has really got a new one: ${trust}`,
    ],
    rejected: [`the server's certificate was rejected`, `If that was wrong: ${trust}`],
  }[judgement];
  throw new Fault(`opcua.certificate-${judgement}`, `${peer}: ${said[0]} (SHA-256 ${fingerprint})`, {
    hint: said[1] as string,
  });
}

/**
 * Stands in for the library's folders of certificates: it keeps nothing, and trusts only the certificate that was
 * judged before the connection. What the library asks beyond that is refused.
 */
export function storeOf(library: Library, judged: Uint8Array | undefined) {
  const { Good, BadCertificateUntrusted } = library.StatusCodes;
  const known = (certificate: Uint8Array | Uint8Array[]) => {
    const leaf = Array.isArray(certificate) ? certificate[0] : certificate;
    return leaf !== undefined && judged !== undefined && Buffer.compare(judged, leaf) === 0;
  };
  const status = async (certificate: Uint8Array | Uint8Array[]): Promise<StatusCode> =>
    known(certificate) ? Good : BadCertificateUntrusted;
  return {
    referenceCounter: 0,
    async initialize() {},
    async dispose() {},
    checkCertificate: status,
    verifyCertificate: async (certificate: Uint8Array | Uint8Array[]) => (await status(certificate)).name,
    async trustCertificate() {},
    async rejectCertificate() {},
    getTrustStatus: status,
    async addIssuer() {},
    async addRevocationList() {},
  };
}
