import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fault, messageOf } from '#kernel/fault.ts';

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

/** A PostgreSQL that others look after; a service has it in a file, because it mostly holds a password. @throws Fault `cli.usage` */
export function databaseUrl(): string | undefined {
  const { DATABASE_URL: url, DATABASE_URL_FILE: path } = process.env;
  if (url || !path) return url || undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new Fault('cli.usage', `DATABASE_URL_FILE: ${messageOf(cause)}`, {
      retry: 'never',
      hint: 'Name a file that holds what DATABASE_URL would.',
      cause,
    });
  }
}
