import type { X509Certificate } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { Fault } from '#kernel/fault.ts';
import { commonNameOf } from '#trust/certificate.ts';
import type { Tables } from '../database/tables.ts';
import type { Gate } from '../identity/gate.ts';
import { ended } from '../identity/rows.ts';

/**
 * The site that made a parcel, of which it has shown the key. It may have renewed since, or its time may be over: a parcel
 * is long on its way. One whose line of renewals was ended by people or by another box is refused.
 * @throws Fault `hub.foreign-certificate`, `hub.identity-ended`
 */
export async function signerOf(
  { queries, gate }: { readonly queries: Kysely<Tables>; readonly gate: Gate },
  certificate: X509Certificate,
): Promise<string> {
  const { serialNumber: serial, fingerprint256 } = certificate;
  const row = await queries
    .selectFrom('identities')
    .select(['site', 'state', 'why', 'issued', 'fingerprint', 'cloned'])
    .where('serial', '=', serial)
    .executeTakeFirst();
  const isRenewed = row?.fingerprint === fingerprint256 && row.state === 'retired' && row.why === 'renewed';
  if (!isRenewed) return (await gate.judge(certificate)).site;
  const later = await queries
    .selectFrom('identities')
    .select(({ fn }) => [
      sql<boolean>`bool_or(state = 'active')`.as('isActive'),
      sql<boolean>`bool_or(state = 'revoked' OR (state = 'retired' AND why <> 'renewed'))`.as('isBroken'),
      fn.countAll().as('count'),
    ])
    .where('site', '=', row.site)
    .where('issued', '>=', row.issued)
    .where('serial', '<>', serial)
    .executeTakeFirst();
  if (later?.isActive && !later.isBroken && row.cloned === null) return row.site;
  throw ended(row.site, row.cloned === null ? 'ended since' : 'copied');
}

/** @throws Fault `parcel.wrong-site` */
export function checkName(site: string, claimed: string, certificate: X509Certificate): void {
  if (site === claimed) return;
  throw new Fault(
    'parcel.wrong-site',
    `the certificate of ${commonNameOf(certificate)} was used to sign a parcel of '${claimed}'`,
    { retry: 'never', hint: 'A site makes parcels of its own name only. Who made this one?' },
  );
}
