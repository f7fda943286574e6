import type { X509Certificate } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '#kernel/fault.ts';
import { loadX509 } from '#trust/issue.ts';
import type { Authority } from '../authority/authority.ts';
import type { Gate } from '../identity/gate.ts';
import type { Identities } from '../identity/identities.ts';
import { peerCertificate } from '../peer.ts';
import { readRequest } from './request.ts';

const WELL_KNOWN = '/.well-known/est';
/** A request for a key of P-256 takes 400 bytes. */
const MOST_BYTES = 16 * 1024;

export interface EstPorts {
  readonly authority: Authority;
  readonly gate: Gate;
  readonly identities: Identities;
}

/** Enrolment over Secure Transport, RFC 7030: what it demands of a server, and nothing that is optional there. */
export function addEst(app: FastifyInstance, { authority, gate, identities }: EstPorts): void {
  app.addContentTypeParser(
    'application/pkcs10',
    { parseAs: 'string', bodyLimit: MOST_BYTES },
    (_, body, done) => done(null, body),
  );
  app.get(`${WELL_KNOWN}/cacerts`, async (_request, reply) => certsOnly(reply, authority.certificates));
  app.post(`${WELL_KNOWN}/simpleenroll`, async (request, reply) => {
    const secret = secretOf(request);
    if (secret === undefined) {
      reply.header('www-authenticate', 'Basic realm="holdfast"');
      throw new Fault('hub.no-token', 'a site joins with a token', {
        retry: 'never',
        hint: 'send it as the password (HTTP Basic, RFC 7030, 3.2.3) or as Authorization: Bearer',
      });
    }
    const { key } = await readRequest(bodyOf(request));
    return await certsOnly(reply, [await identities.join(secret, key)]);
  });
  app.post(`${WELL_KNOWN}/simplereenroll`, async (request, reply) => {
    // One whose time is over, too: this is the way back after any time offline.
    const caller = await gate.judge(peerCertificate(request.raw.socket));
    const { key, commonName } = await readRequest(bodyOf(request));
    if (commonName !== '' && commonName !== caller.site) {
      // The subject stays the same (RFC 7030, 4.2.2).
      throw new Fault('hub.request', `${caller.site} cannot renew as ${commonName}`, {
        retry: 'never',
        hint: 'ask with the subject of the certificate that is renewed',
      });
    }
    return await certsOnly(reply, [await identities.renew(caller, key)]);
  });
}

const bodyOf = ({ body }: FastifyRequest): string => (typeof body === 'string' ? body : '');

/** The secret of a join token; the whole token is taken, too, as people copy it. */
function secretOf({ headers }: FastifyRequest): string | undefined {
  const [, scheme = '', given = ''] = /^(\S+) +(\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (/^basic$/i.test(scheme)) {
    const pair = Buffer.from(given, 'base64').toString();
    return secretIn(pair.slice(pair.indexOf(':') + 1));
  }
  return /^bearer$/i.test(scheme) ? secretIn(given) : undefined;
}

const secretIn = (text: string): string => /^hfj1\.([\w-]+)\./.exec(text)?.[1] ?? text;

/** As a PKCS #7 without a signature, base64 (RFC 7030, 4.1.3 and 4.2.3). */
async function certsOnly(reply: FastifyReply, certificates: readonly X509Certificate[]): Promise<string> {
  const x509 = await loadX509();
  const all = new x509.X509Certificates(certificates.map(({ raw }) => new x509.X509Certificate(raw)));
  const base64 = Buffer.from(all.export('raw')).toString('base64');
  reply.type('application/pkcs7-mime; smime-type=certs-only').header('content-transfer-encoding', 'base64');
  return `${base64.match(/.{1,76}/g)?.join('\r\n')}\r\n`;
}
