import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { EVENT_KINDS, type Json } from '#kernel/event.ts';
import { messageOf } from '#kernel/fault.ts';
import { ROLES } from '#kernel/rights.ts';
import { replaceDurablyAside } from '#platform/files.ts';

/* The files of the folder: docs/formats/access.md. */

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const rights = { role: z.enum(ROLES), areas: z.array(z.string()).optional() };

const StoredUser = z.strictObject({
  name: z.string(),
  ...rights,
  password: z.strictObject({
    N: z
      .int()
      .min(2)
      .max(2 ** 20),
    r: z.int().min(1).max(32),
    p: z.int().min(1).max(16),
    salt: z.string(),
    hash: z.string(),
  }),
  createdUs: z.number(),
  changedUs: z.number(),
});
const StoredToken = z.strictObject({
  name: z.string(),
  ...rights,
  digest,
  by: z.string(),
  createdUs: z.number(),
  validForMs: z.number().positive().optional(),
  /** Steady clock of the site; absent while no site has run since it was made. */
  sinceUs: z.number().optional(),
});
const StoredEvent = z.strictObject({
  kind: z.enum(EVENT_KINDS),
  name: z.string(),
  subject: z.string(),
  timeUs: z.number(),
  by: z.string().optional(),
  detail: z
    .record(
      z.string(),
      z.unknown().transform((value) => value as Json),
    )
    .optional(),
});
const Accounts = z.strictObject({
  format: z.literal(1),
  digest: z.string(),
  users: z.array(StoredUser),
  tokens: z.array(StoredToken),
  breakGlass: z.strictObject({ digest, madeUs: z.number(), by: z.string() }).optional(),
  breakGlassUsed: z.strictObject({ timeUs: z.number(), from: z.string() }).optional(),
  owed: z.array(StoredEvent),
});
const Sessions = z.strictObject({
  format: z.literal(1),
  digest: z.string(),
  sessions: z.array(
    z.strictObject({
      id: z.string(),
      digest,
      name: z.string(),
      /** Of who has no account: signed in by a code. */
      role: z.enum(ROLES).optional(),
      credential: z.string().optional(),
      from: z.string(),
      createdUs: z.number(),
      beganUs: z.number(),
      usedUs: z.number(),
      /** Of its own, where it is shorter than that of the site. */
      mostMs: z.number().optional(),
    }),
  ),
});

export type AccountsData = Omit<z.output<typeof Accounts>, 'format' | 'digest'>;
export type SessionsData = Omit<z.output<typeof Sessions>, 'format' | 'digest'>;

export const NO_ACCOUNTS: AccountsData = { users: [], tokens: [], owed: [] };

/** The folder within the data folder of a site. */
export const accessDir = (dataDir: string): string => join(dataDir, 'access');

interface Loaded<T> {
  readonly data: T | undefined;
  /** Why there is a file and nothing could be read from it: nobody signs in by it then. */
  readonly damage?: string;
}

export const loadAccounts = (dir: string): Loaded<AccountsData> => load(accountsPath(dir), Accounts);
export const loadSessions = (dir: string): Loaded<SessionsData> => load(sessionsPath(dir), Sessions);
export const saveAccounts = (dir: string, data: AccountsData): Promise<void> => save(accountsPath(dir), data);
export const saveSessions = (dir: string, data: SessionsData): Promise<void> => save(sessionsPath(dir), data);

const accountsPath = (dir: string): string => join(dir, 'accounts.json');
const sessionsPath = (dir: string): string => join(dir, 'sessions.json');

/** What cannot be read is kept for whoever looks into it, before a new one takes its place. */
export async function setAside(dir: string): Promise<void> {
  await rename(accountsPath(dir), `${accountsPath(dir)}.damaged`);
}

function load<T extends { readonly digest: string; readonly format: 1 }>(
  path: string,
  schema: z.ZodType<T>,
): Loaded<Omit<T, 'format' | 'digest'>> {
  try {
    const { format: _, digest, ...data } = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (digest !== digestOf(data)) throw new Error('its digest does not fit its content');
    return { data };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { data: undefined };
    const why = error instanceof z.ZodError ? 'its content does not fit the format' : messageOf(error);
    return { data: undefined, damage: `${path}: ${why}` };
  }
}

async function save(path: string, data: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const plain = JSON.parse(JSON.stringify(data)) as object;
  const text = JSON.stringify({ format: 1, digest: digestOf(plain), ...plain }, null, 1);
  await replaceDurablyAside(path, `${text}\n`, 0o600);
}

/** Finds damage; it is no protection from people, who could as well write the rest themselves. */
const digestOf = (data: object): string =>
  createHash('sha256')
    .update(JSON.stringify(ordered(data)))
    .digest('hex');

/** Names in order, so that the digest does not depend on who wrote them. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, ordered(one)]);
}
