import { createPublicKey, type KeyObject } from 'node:crypto';
import { Fault } from '#kernel/fault.ts';
import { loadX509 } from '#trust/issue.ts';

/** What a box asks a certificate for. Names that it wishes for are not taken over: the token or the old one says them. */
export interface CertificateRequest {
  readonly key: KeyObject;
  /** Empty where it says none. */
  readonly commonName: string;
}

/**
 * Reads a PKCS #10 request as EST carries it: base64 of the DER (RFC 7030, 4.2.1), PEM as well. Its signature shows that
 * who asks has the key (RFC 2986, 4.2).
 * @throws Fault `hub.request`
 */
export async function readRequest(body: string): Promise<CertificateRequest> {
  const base64 = body.replaceAll(/-----(BEGIN|END) (NEW )?CERTIFICATE REQUEST-----/g, '');
  const x509 = await loadX509();
  try {
    const request = new x509.Pkcs10CertificateRequest(Buffer.from(base64, 'base64'));
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw wrong('its key is not one of P-256');
    if (!(await request.verify())) throw wrong('its signature is wrong');
    return { key, commonName: request.subjectName.getField('CN')[0] ?? '' };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw wrong('it is no PKCS #10', cause);
  }
}

const wrong = (why: string, cause?: unknown): Fault =>
  new Fault('hub.request', `the request for a certificate is refused: ${why}`, {
    retry: 'never',
    hint:
      'openssl ecparam -name prime256v1 -genkey -noout -out site.key; ' +
      'openssl req -new -key site.key -subj /CN=SITE -outform DER | base64',
    cause,
  });
