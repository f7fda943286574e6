import type { KeyObject } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { parcelKeyId } from '#trust/hub/parcel-key.ts';
import { statementText } from '#trust/hub/statement.ts';
import { newKey, spkiOf } from '#trust/issue.ts';
import type { Authority } from '../authority/authority.ts';
import type { Sealing } from '../authority/sealing.ts';
import type { Tables } from '../database/tables.ts';

interface Queries {
  readonly queries: Kysely<Tables>;
}

/** Any number that nobody else in this database uses for an advisory lock: `parc` in ASCII. */
const LOCK = 0x70617263;

/** What a site gets once, to encrypt parcels to; the key is made when the first one asks. */
export async function parcelKeyStatement(
  database: Queries,
  authority: Authority,
  nowMs: number,
): Promise<string> {
  const key = await newestKey(database, authority.sealing, new Date(nowMs));
  const spki = spkiOf(key).toString('base64');
  return statementText('holdfast-parcel-key/1', { key: spki }, await authority.speaker(nowMs));
}

/** Undefined where it is not ours. */
export async function keyOf(
  { queries, authority }: Queries & { readonly authority: Authority },
  id: string,
): Promise<KeyObject | undefined> {
  const row = await queries.selectFrom('parcel_keys').select('key').where('id', '=', id).executeTakeFirst();
  return row && authority.sealing.keyOf(row.key);
}

async function newestKey({ queries }: Queries, sealing: Sealing, now: Date): Promise<KeyObject> {
  return await queries.transaction().execute(async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(tx);
    const known = await tx.selectFrom('parcel_keys').select('key').orderBy('made', 'desc').executeTakeFirst();
    if (known) return sealing.keyOf(known.key);
    const made = await newKey();
    const row = { id: parcelKeyId(made), key: sealing.textOf(made), made: now };
    await tx.insertInto('parcel_keys').values(row).execute();
    return made;
  });
}
