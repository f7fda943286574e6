import { resolve } from 'node:path';
import { Fault } from '#kernel/fault.ts';

/** @throws Fault `cli.usage` */
export function hubFolder(data: string | undefined): string {
  if (data !== undefined) return resolve(data);
  throw new Fault('cli.usage', 'which hub? --data is missing', {
    retry: 'never',
    hint: 'name with --data, or in HOLDFAST_HUB, the folder that the hub keeps its data in',
  });
}

/** File with what seals the keys in the database. */
export const keyFile = (): string | undefined => process.env.HOLDFAST_HUB_KEY_FILE || undefined;

/** Program that asks an HSM for the key that issues. */
export const signer = (): string | undefined => process.env.HOLDFAST_HUB_SIGNER || undefined;

/** A PostgreSQL that others look after. */
export const databaseUrl = (): string | undefined => process.env.DATABASE_URL || undefined;
