import { type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { Fault, messageOf } from '#kernel/fault.ts';
import { checkHub } from './chain.ts';

/* What a hub says that is read without a connection to it: docs/formats/parcel.md. */

export type StatementKind = 'holdfast-parcel-key/1' | 'holdfast-receipt/1';

/** A key of the hub, and the certificates up to its root, PEM. */
export interface HubSigner {
  readonly key: KeyObject;
  readonly chain: string;
}

const File = z.strictObject({ kind: z.string(), body: z.string(), signature: z.base64(), chain: z.string() });
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The kind is signed with it: a statement of one kind is never taken for another. */
const signed = (kind: string, body: string): Buffer => Buffer.from(`${kind}\n${body}`);

export function statementText(kind: StatementKind, body: object, { key, chain }: HubSigner): string {
  const text = JSON.stringify(body);
  const signature = sign('sha256', signed(kind, text), { key, dsaEncoding: 'ieee-p1363' });
  return `${JSON.stringify({ kind, body: text, signature: signature.toString('base64'), chain }, null, 2)}\n`;
}

/**
 * What the hub that is known by the pin has said. Dates of certificates are not judged, see {@link checkHub}.
 * @param where for messages
 * @throws Fault `hub.statement`, `hub.not-the-hub`
 */
export function readStatement<T>(
  kind: StatementKind,
  text: string,
  { pin, where, schema }: { readonly pin: string; readonly where: string; readonly schema: z.ZodType<T> },
): T {
  const { kind: said, body, isSigned } = opened(text, pin, where);
  if (said !== kind || !isSigned) throw useless(where, 'its signature is wrong');
  try {
    return schema.parse(JSON.parse(body));
  } catch (cause) {
    throw useless(where, messageOf(cause), cause);
  }
}

function opened(text: string, pin: string, where: string) {
  try {
    const { kind, body, signature, chain: pem } = File.parse(JSON.parse(text));
    const chain = (pem.match(PEM) ?? []).map((one) => new X509Certificate(one));
    checkHub(chain, pin, where);
    const key = chain[0]?.publicKey;
    const isSigned =
      key?.asymmetricKeyType === 'ec' &&
      verify(
        'sha256',
        signed(kind, body),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64'),
      );
    return { kind, body, isSigned };
  } catch (cause) {
    throw cause instanceof Fault ? cause : useless(where, messageOf(cause), cause);
  }
}

const useless = (where: string, why: string, cause?: unknown): Fault =>
  new Fault('hub.statement', `${where} cannot be used: ${why}`, {
    retry: 'never',
    hint: 'Was it damaged, or changed by somebody? Let the hub write it anew.',
    cause,
  });
