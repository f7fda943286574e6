import { isIP } from 'node:net';

/* The extension of RFC 5280, 4.2.1.10, which the library has no class for: a few nested lengths. */

export const NAME_CONSTRAINTS = '2.5.29.30';

/** Addresses that no other owner than the plant can have: private, link-local and loopback ones. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
] as const;

const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
const SEQUENCE = 0x30;
const PERMITTED = 0xa0;

/**
 * What an authority may vouch for: these names with what is below them, these addresses, and private ones. Whoever
 * trusts it for this site trusts it for nothing else.
 */
export function nameConstraints(names: readonly string[]): Buffer {
  const subtrees = [...names.map(subtreeOf), ...PRIVATE.map(subtreeOf)];
  return tlv(SEQUENCE, tlv(PERMITTED, ...subtrees.map((one) => tlv(SEQUENCE, one))));
}

function subtreeOf(name: string): Buffer {
  const [base = '', prefix] = name.split('/');
  if (isIP(base) === 0) return tlv(DNS_NAME, Buffer.from(name, 'ascii'));
  const address = addressBytes(base);
  return tlv(IP_ADDRESS, address, maskBytes(address.length, Number(prefix ?? address.length * 8)));
}

/** Whether an address is one of those that every authority of ours may vouch for. */
export function isPrivate(address: string): boolean {
  const bytes = addressBytes(address);
  return PRIVATE.some((range) => {
    const [base = '', prefix] = range.split('/');
    const of = addressBytes(base);
    if (of.length !== bytes.length) return false;
    const mask = maskBytes(of.length, Number(prefix));
    return of.every((byte, i) => byte === ((bytes[i] ?? 0) & (mask[i] ?? 0)));
  });
}

function maskBytes(length: number, bits: number): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, i) => 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - i * 8)))),
  );
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const words = (text: string) =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const first = words(head);
  const last = tail === undefined ? [] : words(tail);
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}
