import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Fault } from '#kernel/fault.ts';

/** What is kept of a password: how it was stretched, and to what. Salt and hash are base64. */
export interface PasswordHash {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly hash: string;
}

/**
 * 32 MiB and about 0.3 s on a small box, which has 256 MB for everything. OWASP names it as strong as N = 2^17 with
 * p = 1, which takes 128 MiB. Kept with each hash, so that a later release may ask for more.
 */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
/** Of a file that somebody else wrote: no more memory than this box can give. */
const MOST_BYTES = 2 ** 28;
const HASH_BYTES = 32;

/** NIST SP 800-63B-4, 3.1.1.2: 15 where the password is the only factor; no rules of composition. */
const LEAST = 15;
/** At least 64 must be taken; the end is there so that nobody sends megabytes. */
const MOST = 256;

const normal = (password: string): string => password.normalize('NFKC');

/**
 * @param words what everybody would try first: names of the user and of the site
 * @throws Fault `access.weak-password`
 */
export function mustBeStrong(password: string, words: readonly string[]): void {
  const weakness = weaknessOf(normal(password), words);
  if (weakness === undefined) return;
  throw new Fault('access.weak-password', `the password ${weakness}`, {
    retry: 'never',
    hint: `take ${LEAST} characters or more, such as four words that have nothing to do with each other`,
  });
}

/** Of 15 characters, those that somebody has to guess must be more than these. */
const LEAST_DISTINCT = 6;
const KNOWN_WORDS = [
  'holdfast',
  'password',
  'passwort',
  'kennwort',
  'administrator',
  'operator',
  'qwertyuiop',
];

function weaknessOf(password: string, words: readonly string[]): string | undefined {
  const { length } = [...password];
  if (length < LEAST) return `has ${length} characters, fewer than ${LEAST}`;
  if (length > MOST) return `has more than ${MOST} characters`;
  let rest = password.toLowerCase();
  for (const word of [...words, ...KNOWN_WORDS])
    if (word.length > 2) rest = rest.replaceAll(word.toLowerCase(), '');
  const isRun = (one: string, i: number, all: readonly string[]) =>
    i > 0 && Math.abs((one.codePointAt(0) ?? 0) - (all[i - 1]?.codePointAt(0) ?? 0)) <= 1;
  const distinct = new Set([...rest].filter((one, i, all) => !isRun(one, i, all)));
  return distinct.size < LEAST_DISTINCT ? 'is one of the first that anybody would try' : undefined;
}

/** @returns a hash with a salt of its own */
export async function hashOf(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16).toString('base64');
  const hash = (await stretched(password, { ...COST, salt })).toString('base64');
  return { ...COST, salt, hash };
}

/** Compared against where there is no such user, so that the answer takes as long (CWE-208). */
const NOBODY: PasswordHash = {
  ...COST,
  salt: randomBytes(16).toString('base64'),
  hash: randomBytes(HASH_BYTES).toString('base64'),
};

/** @param kept undefined: there is no such user; then it is false, after the same time */
export async function isPassword(password: string, kept: PasswordHash | undefined): Promise<boolean> {
  const against = kept ?? NOBODY;
  const wanted = Buffer.from(against.hash, 'base64');
  const given = await stretched(password, against);
  return given.length === wanted.length && timingSafeEqual(given, wanted) && kept !== undefined;
}

const derive = promisify(scrypt) as (
  password: string,
  salt: Uint8Array,
  bytes: number,
  cost: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>;

let last: Promise<unknown> = Promise.resolve();

/** One after the other: each takes 32 MiB, and one of the few threads that the disk is waited for with. */
function stretched(password: string, { N, r, p, salt }: Omit<PasswordHash, 'hash'>): Promise<Buffer> {
  const maxmem = Math.min(MOST_BYTES, 128 * N * r + 2 ** 20 * (1 + p));
  const next = last.then(() =>
    derive(normal(password), Buffer.from(salt, 'base64'), HASH_BYTES, { N, r, p, maxmem }),
  );
  last = next.catch(() => {});
  return next;
}
