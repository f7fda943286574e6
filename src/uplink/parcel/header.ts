import { createHash, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { Fault, messageOf } from '#kernel/fault.ts';
import { LANES, type Positions } from '../messages.ts';

/* The beginning of a parcel: docs/formats/parcel.md. */

const MAGIC = Buffer.from('HFPARCEL');
/** From 2 on with what the site counts. */
const VERSION = 2;
const OLDEST_VERSION = 1;
const LENGTH_AT = MAGIC.length + 1;
const JSON_AT = LENGTH_AT + 4;
export const SIGNATURE_BYTES = 64;
const MOST_BYTES = 16 * 1024;
/** As much as the longest beginning takes. */
export const HEAD_BYTES = JSON_AT + MOST_BYTES + SIGNATURE_BYTES;
const HEADER = 'holdfast-parcel/1\n';

/** Who made it, for whom, and where it begins. Everybody can read this part. */
export interface ParcelHeader {
  readonly site: string;
  /** UUID. */
  readonly journal: string;
  /** What the hub is known by. */
  readonly hub: string;
  /** Id of the hub's key that it is encrypted to. */
  readonly key: string;
  /** Of the site, DER. */
  readonly certificate: Uint8Array;
  /** Public half of a key of this parcel alone: SubjectPublicKeyInfo, P-256. */
  readonly ephemeral: Uint8Array;
  /** Wall clock of the site. */
  readonly madeUs: number;
  /** Its lanes go on from here. */
  readonly after: Positions;
}

export interface ReadHeader {
  readonly header: ParcelHeader;
  readonly certificate: X509Certificate;
  /** SHA-256 of all bytes of it; the key of the sections depends on it. */
  readonly digest: Uint8Array;
  /** Where the sections begin. */
  readonly bytes: number;
}

export const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export function headerBytes(header: ParcelHeader, key: KeyObject): Buffer {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const json = Buffer.from(
    JSON.stringify({
      ...header,
      certificate: base64(header.certificate),
      ephemeral: base64(header.ephemeral),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const signature = signed(HEADER, json, key);
  return Buffer.concat([MAGIC, Buffer.of(VERSION), length, json, signature]);
}

export const signed = (domain: string, bytes: Uint8Array, key: KeyObject): Buffer =>
  sign('sha256', Buffer.concat([Buffer.from(domain), bytes]), { key, dsaEncoding: 'ieee-p1363' });

export const isSigned = (domain: string, bytes: Uint8Array, key: KeyObject, signature: Uint8Array): boolean =>
  key.asymmetricKeyType === 'ec' &&
  verify(
    'sha256',
    Buffer.concat([Buffer.from(domain), bytes]),
    { key, dsaEncoding: 'ieee-p1363' },
    signature,
  );

/**
 * Reads the beginning and checks that whoever has the key of the certificate in it has signed it. Whose certificate that
 * is, the caller judges.
 * @param start of the file, up to {@link HEAD_BYTES}
 * @throws Fault `parcel.damaged`, `parcel.version`, `parcel.signature`
 */
export function readHeader(start: Uint8Array): ReadHeader {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (bytes.length < JSON_AT || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw damaged('it does not begin like a parcel');
  const version = bytes[MAGIC.length] as number;
  if (version < OLDEST_VERSION || version > VERSION)
    throw new Fault(
      'parcel.version',
      `it has version ${version}, this program reads ${OLDEST_VERSION} to ${VERSION}`,
      {
        retry: 'never',
        hint: 'Update the older of site and hub.',
      },
    );
  const length = bytes.readUInt32LE(LENGTH_AT);
  const end = JSON_AT + length + SIGNATURE_BYTES;
  if (length > MOST_BYTES || end > bytes.length) throw damaged('its beginning is cut off');
  const json = bytes.subarray(JSON_AT, JSON_AT + length);
  const { header, certificate, publicKey } = parsed(json);
  if (!isSigned(HEADER, json, publicKey, bytes.subarray(JSON_AT + length, end)))
    throw new Fault('parcel.signature', 'its beginning is not signed by the site that it names', {
      retry: 'never',
      hint: 'It was damaged, or somebody changed it. Let the site make another one.',
    });
  return { header, certificate, digest: digestOf(bytes.subarray(0, end)), bytes: end };
}

interface Parsed {
  readonly header: ParcelHeader;
  readonly certificate: X509Certificate;
  readonly publicKey: KeyObject;
}

function parsed(json: Buffer): Parsed {
  try {
    const { certificate, ephemeral, madeUs, after, ...texts } = JSON.parse(json.toString());
    for (const key of ['site', 'journal', 'hub', 'key'])
      if (typeof texts[key] !== 'string') throw new Error(`'${key}' is no text`);
    if (!UUID.test(texts.journal)) throw new Error(`'journal' is no UUID`);
    if (!Number.isSafeInteger(madeUs)) throw new Error(`'madeUs' is no time`);
    const { site, journal, hub, key } = texts;
    const der = Buffer.from(certificate, 'base64');
    const header = {
      ...{ site, journal, hub, key, madeUs, certificate: der },
      ephemeral: Buffer.from(ephemeral, 'base64'),
      after: positionsIn(after),
    };
    const made = new X509Certificate(der);
    return { header, certificate: made, publicKey: made.publicKey };
  } catch (error) {
    throw damaged(messageOf(error));
  }
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** @throws Error */
export function positionsIn(value: unknown): Positions {
  const of = value as Positions;
  for (const lane of LANES)
    if (!(Number.isSafeInteger(of?.[lane]) && of[lane] >= 0))
      throw new Error(`a position of ${lane} is missing`);
  const { security, others, history } = of;
  return { security, others, history };
}

export const damaged = (what: string): Fault =>
  new Fault('parcel.damaged', what, {
    retry: 'never',
    hint: 'Copy it again, or let the site make another one.',
  });
