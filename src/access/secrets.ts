import { createHash, randomBytes } from 'node:crypto';

/** What is kept of a secret that is too long to be guessed; as hex. */
export const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** 256 bits, as they go into cookies and headers. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Crockford's base 32: nothing that looks like something else when it is read out or typed. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A code for people to type. @param groups of four characters, 20 bits each */
export function newCode(groups: number): string {
  const letters = Array.from(randomBytes(groups * 4), (byte) => LETTERS[byte & 31]).join('');
  return letters.match(/.{4}/g)?.join('-') ?? '';
}

/** As it was made, however it was typed. */
export const plainCode = (typed: string): string =>
  typed
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
    .replaceAll(/[^0-9A-Z]/g, '');
