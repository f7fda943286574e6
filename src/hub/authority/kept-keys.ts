import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import { Fault, messageOf } from '#kernel/fault.ts';
import { pinOf } from '#trust/hub/chain.ts';
import type { Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';
import { type Keys, makeIssuing } from './issuing.ts';
import type { Sealing } from './sealing.ts';

/* Keys in the database, and what changes them. */

/** Any number that nobody else in this database uses for an advisory lock: `root` in ASCII. */
const LOCK = 0x726f6f74;

/** One after the other: those that make the authority, and those that change its keys. */
export const holdKeys = (tx: Transaction<Tables>) => sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(tx);

/** @param change gives what a key becomes; undefined where it stays @returns how many became something else */
export async function changeKeys(
  tx: Transaction<Tables>,
  change: (text: string) => string | undefined,
): Promise<number> {
  let count = 0;
  const each = async (text: string | null, put: (key: string) => Promise<unknown>) => {
    const key = text === null ? undefined : change(text);
    if (key === undefined) return;
    await put(key);
    count++;
  };
  for (const { serial, key: old } of await tx.selectFrom('authorities').select(['serial', 'key']).execute())
    await each(old, (key) =>
      tx.updateTable('authorities').set({ key }).where('serial', '=', serial).execute(),
    );
  for (const { id, key: old } of await tx.selectFrom('parcel_keys').select(['id', 'key']).execute())
    await each(old, (key) => tx.updateTable('parcel_keys').set({ key }).where('id', '=', id).execute());
  return count;
}

export interface Changing {
  readonly by: string;
  readonly nowMs: number;
}

/**
 * Seals all keys with another text, in one transaction: a database that is killed meanwhile has them as they were.
 * @returns how many were sealed anew @throws Fault `hub.running`, `hub.key-file`
 */
export async function reseal(
  queries: Kysely<Tables>,
  { from, to }: { readonly from: Sealing; readonly to: Sealing },
  { by, nowMs }: Changing,
): Promise<number> {
  return await queries.transaction().execute(async (tx) => {
    await holdKeys(tx);
    await onlyStopped(tx);
    const keys = await changeKeys(tx, (text) =>
      to.hasSealed(text) ? undefined : to.textOf(from.keyOf(text)),
    );
    const event = { kind: 'security', name: 'security.keys-resealed', subject: 'hub', by } as const;
    if (keys > 0) await addEvent(tx, new Date(nowMs), { ...event, detail: { keys } });
    return keys;
  });
}

/**
 * Another key that issues, with the key of the root that people have carried away; the one before is forgotten, what it has
 * issued holds.
 * @returns the serial number of its certificate @throws Fault `hub.running`, `hub.root-key`, `hub.signer`
 */
export async function replaceIssuing(
  queries: Kysely<Tables>,
  { rootKey, ...keys }: Keys & { readonly rootKey: KeyObject },
  { by, nowMs }: Changing,
): Promise<string> {
  return await queries.transaction().execute(async (tx) => {
    await holdKeys(tx);
    await onlyStopped(tx);
    const root = await tx
      .selectFrom('authorities')
      .select('certificate')
      .where('kind', '=', 'root')
      .executeTakeFirstOrThrow();
    const certificate = new X509Certificate(root.certificate);
    if (!certificate.checkPrivateKey(rootKey))
      throw new Fault('hub.root-key', 'it is not the key of the root of this hub', {
        retry: 'never',
        hint: `Look for the one of ${pinOf(certificate)}.`,
      });
    const row = await makeIssuing({ key: rootKey, certificate }, keys, nowMs);
    await tx.updateTable('authorities').set({ key: null }).where('kind', '=', 'issuing').execute();
    await tx.insertInto('authorities').values(row).execute();
    await addEvent(tx, new Date(nowMs), {
      ...{ kind: 'security', name: 'security.issuing-key-replaced', subject: 'hub', by },
      detail: { serial: row.serial, outside: row.key === null },
    });
    return row.serial;
  });
}

/** @throws Fault `hub.root-key` */
export async function readRootKey(path: string): Promise<KeyObject> {
  try {
    return createPrivateKey(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Fault('hub.root-key', `${path} holds no private key: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'Bring root-key.pem from where it was locked up.',
      cause,
    });
  }
}

/** Each hub has read the keys when it started: one that runs would go on with what is no longer there. */
async function onlyStopped(tx: Transaction<Tables>): Promise<void> {
  const { rows } = await sql<{ count: number }>`SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'holdfast hub'`.execute(tx);
  if (rows[0]?.count === 0) return;
  throw new Fault('hub.running', 'a hub runs on this database', {
    retry: 'never',
    hint: 'Stop every hub on it first; sites go on meanwhile, and lose nothing.',
  });
}
