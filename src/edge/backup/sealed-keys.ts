import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import * as z from 'zod';
import { Fault } from '#kernel/fault.ts';

/** Private keys by their file name in `trust/own/`. */
export type Keys = { readonly [file: string]: string };

const FORMAT = 1;
const CIPHER = 'aes-256-gcm';
/** 32 MiB and about 0.3 s on a small box, which has 256 MB for everything. */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
/** What somebody else may ask of this box, by a forged file. */
const MOST_BYTES = 2 ** 28;
const MOST_P = 16;
export const LEAST_PASSPHRASE = 12;

const Sealed = z.object({
  format: z.literal(FORMAT),
  kdf: z.object({
    name: z.literal('scrypt'),
    N: z
      .int()
      .min(2)
      .max(2 ** 24),
    r: z.int().min(1).max(64),
    p: z.int().min(1).max(MOST_P),
    salt: z.base64(),
  }),
  cipher: z.object({ name: z.literal(CIPHER), nonce: z.base64(), tag: z.base64() }),
  data: z.base64(),
});
type Kdf = z.output<typeof Sealed>['kdf'];

/** @param site takes part: keys of one site cannot be put into the backup of another */
export async function sealKeys(keys: Keys, passphrase: string, site: string): Promise<string> {
  if (passphrase.length < LEAST_PASSPHRASE)
    throw new Fault(
      'backup.weak-passphrase',
      `the passphrase has fewer than ${LEAST_PASSPHRASE} characters`,
      {
        retry: 'never',
        hint: 'take several words: whoever has the file may try as often as he likes',
      },
    );
  const kdf: Kdf = { name: 'scrypt', ...COST, salt: randomBytes(16).toString('base64') };
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, await keyOf(passphrase, kdf), nonce);
  cipher.setAAD(covered(kdf, site));
  const data = Buffer.concat([cipher.update(JSON.stringify(keys)), cipher.final()]);
  const tag = cipher.getAuthTag().toString('base64');
  const sealed: z.output<typeof Sealed> = {
    format: FORMAT,
    kdf,
    cipher: { name: CIPHER, nonce: nonce.toString('base64'), tag },
    data: data.toString('base64'),
  };
  return `${JSON.stringify(sealed, null, 1)}\n`;
}

/** @throws Fault `backup.passphrase`, `backup.keys` */
export async function openKeys(text: string, passphrase: string, site: string): Promise<Keys> {
  const { data: sealed } = Sealed.safeParse(JSON.parse(text));
  if (!sealed || 128 * sealed.kdf.N * sealed.kdf.r > MOST_BYTES)
    throw new Fault('backup.keys', 'the private keys are sealed in a way that this program does not know', {
      retry: 'never',
      hint: 'leave the passphrase away: the site is restored without its keys, and makes new ones',
    });
  const { kdf, cipher, data } = sealed;
  const open = createDecipheriv(CIPHER, await keyOf(passphrase, kdf), Buffer.from(cipher.nonce, 'base64'), {
    authTagLength: 16,
  });
  try {
    open.setAAD(covered(kdf, site));
    open.setAuthTag(Buffer.from(cipher.tag, 'base64'));
    const plain = Buffer.concat([open.update(Buffer.from(data, 'base64')), open.final()]);
    return z
      .record(z.string().regex(/^[a-z0-9-]{1,40}\.key$/), z.string())
      .parse(JSON.parse(plain.toString()));
  } catch (cause) {
    throw new Fault('backup.passphrase', 'the passphrase does not open the private keys', {
      retry: 'never',
      hint: 'give the one that the backup was made with; without any, the site gets new keys',
      cause,
    });
  }
}

const covered = ({ name, N, r, p, salt }: Kdf, site: string): Buffer =>
  Buffer.from(JSON.stringify([FORMAT, [name, N, r, p, salt], site]));

const derive = promisify(scrypt) as (
  passphrase: string,
  salt: Uint8Array,
  bytes: number,
  cost: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>;

const keyOf = (passphrase: string, { N, r, p, salt }: Kdf): Promise<Buffer> =>
  derive(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), 32, {
    N,
    r,
    p,
    // What is asked for, and what the algorithm needs beside it.
    maxmem: 128 * N * r + 2 ** 20 * (1 + p),
  });
