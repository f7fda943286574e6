import { readFile } from 'node:fs/promises';
import { Fault, messageOf } from '#kernel/fault.ts';

/**
 * A secret that the site file only points to. Read at each opening, so that a changed one is found.
 * @param what it is, for the message: `password`, `secret`
 * @returns undefined where neither place is named
 * @throws Fault `config.secret` when the named place holds none
 */
export async function readSecret(
  what: string,
  env: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  if (env !== undefined) {
    const value = process.env[env];
    if (value) return value;
    throw missing(what, `the environment variable ${env} is empty or not set`);
  }
  if (file === undefined) return undefined;
  try {
    const value = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    if (value) return value;
  } catch (cause) {
    throw missing(what, messageOf(cause));
  }
  throw missing(what, `${file} is empty`);
}

const missing = (what: string, why: string): Fault =>
  new Fault('config.secret', `no ${what}: ${why}`, {
    hint: `Set the variable for the service, or let ${what}File name a file that it may read.`,
  });
