import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { messageOf } from '#kernel/fault.ts';
import { readCertificate } from './certificate.ts';
import type { Entry } from './ledger.ts';

/* The files of the store: docs/formats/trust.md. */

const Stored = z.strictObject({
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  peer: z.string(),
  decision: z.enum(['none', 'trusted', 'rejected']),
  pinned: z.boolean(),
  subject: z.string(),
  issuer: z.string(),
  validFromUs: z.number(),
  validToUs: z.number(),
  firstSeenUs: z.number(),
  sinceUs: z.number(),
  by: z.string().optional(),
  told: z.enum(['trusted', 'waiting', 'changed', 'rejected']).optional(),
});
const Index = z.strictObject({ format: z.literal(1), digest: z.string(), entries: z.array(Stored) });

export const indexPath = (dir: string): string => join(dir, 'index.json');
export const certificatesDir = (dir: string): string => join(dir, 'certificates');
export const certificatePath = (dir: string, fingerprint: string): string =>
  join(certificatesDir(dir), `${fingerprint}.pem`);

export interface Loaded {
  readonly entries: readonly Entry[];
  /** Why the index could not be read; the entries then come from the certificate files, and all of them wait. */
  readonly damage?: string;
}

/** Reads what the last run kept. Never throws: a store that cannot be read trusts nothing. */
export function loadIndex(dir: string): Loaded {
  const path = indexPath(dir);
  try {
    const { digest, entries } = Index.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (digest !== digestOf(entries)) throw new Error('its digest does not fit its entries');
    return { entries };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const entries = rebuild(dir);
    if (missing && entries.length === 0) return { entries };
    const why = error instanceof z.ZodError ? 'its content does not fit the format' : messageOf(error);
    return { entries, damage: `${path}: ${why}` };
  }
}

/** The digest finds damage, which could otherwise put a decision on another peer; it is no protection from people. */
export const indexText = (entries: readonly Entry[]): string =>
  `${JSON.stringify({ format: 1, digest: digestOf(entries), entries }, null, 1)}\n`;

const digestOf = (entries: readonly Entry[]): string => {
  const ordered = entries.map((entry) => Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex');
};

const PEER = /^Peer: (.*)$/gm;

/** The certificate as PEM, below lines that say where and when it was met: readers of PEM pass over these. */
export function certificateText(pem: string, peers: readonly string[]): string {
  return `${peers.map((peer) => `Peer: ${peer}\n`).join('')}${pem}`;
}

function rebuild(dir: string): Entry[] {
  return namesIn(certificatesDir(dir))
    .filter((name) => name.endsWith('.pem'))
    .flatMap((name) => {
      const text = readText(join(certificatesDir(dir), name));
      const read = text === undefined ? undefined : readCertificate(text);
      if (text === undefined || read === undefined) return [];
      const { pem: _, ...rest } = read;
      return [...text.matchAll(PEER)].map(([, peer = '']) => waiting(peer, rest));
    });
}

const waiting = (
  peer: string,
  rest: Omit<Entry, 'peer' | 'decision' | 'pinned' | 'firstSeenUs' | 'sinceUs'>,
): Entry => ({
  ...rest,
  peer,
  decision: 'none',
  pinned: false,
  firstSeenUs: 0,
  sinceUs: 0,
  told: 'waiting',
});

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
