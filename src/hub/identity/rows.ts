import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import type { Transaction } from 'kysely';
import { Fault } from '#kernel/fault.ts';
import { spkiOf } from '#trust/issue.ts';
import { tell } from '../database/news.ts';
import type { Tables } from '../database/tables.ts';

/* What giving and judging identities share: their rows. */

interface Ending {
  readonly state: 'revoked' | 'retired';
  readonly by: string | null;
  readonly why: string;
  readonly now: Date;
  readonly except?: string;
  /** Only those that were issued before. */
  readonly until?: Date;
}

/** @returns how many there were; every hub hears of it */
export async function endActive(tx: Transaction<Tables>, site: string, ending: Ending): Promise<number> {
  const { state, by, why, now, except, until } = ending;
  const rows = await tx
    .updateTable('identities')
    .set({ state, ended: now, ended_by: by, why })
    .where('site', '=', site)
    .where('state', '=', 'active')
    .$if(except !== undefined, (query) => query.where('serial', '<>', except ?? ''))
    .$if(until !== undefined, (query) => query.where('issued', '<=', until ?? now))
    .returning('serial')
    .execute();
  if (rows.length > 0) await tell(tx, { kind: 'ended', site, serials: rows.map(({ serial }) => serial) });
  return rows.length;
}

export const rowFor = (site: string, certificate: X509Certificate, key: KeyObject, issued: Date) => ({
  serial: certificate.serialNumber,
  site,
  fingerprint: certificate.fingerprint256,
  certificate: certificate.raw,
  key_digest: keyDigest(key),
  valid_to: new Date(certificate.validTo),
  issued,
});

export const keyDigest = (key: KeyObject): string => createHash('sha256').update(spkiOf(key)).digest('hex');

export function ended(site: string, state: string, why: string | null = null): Fault {
  return new Fault(
    'hub.identity-ended',
    `the identity of ${site} is ${state}${why === null ? '' : `: ${why}`}`,
    {
      retry: 'never',
      hint: `let the box join anew: holdfast hub join-token --site ${site}`,
    },
  );
}
