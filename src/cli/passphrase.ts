import { Fault, messageOf } from '#kernel/fault.ts';

/** Never an argument: everybody on the machine can see those. */
const VARIABLE = 'HOLDFAST_PASSPHRASE';

/** From the file that was named, else from the environment. @throws Fault `cli.passphrase` */
export async function readPassphrase(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return process.env[VARIABLE] || undefined;
  const { readFile } = await import('node:fs/promises');
  try {
    const text = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    if (text !== '') return text;
  } catch (cause) {
    throw missing(messageOf(cause), cause);
  }
  throw missing(`${file} is empty`);
}

/** @throws Fault `cli.passphrase` */
export async function needPassphrase(file: string | undefined): Promise<string> {
  const passphrase = await readPassphrase(file);
  if (passphrase !== undefined) return passphrase;
  throw missing('none was given');
}

const missing = (why: string, cause?: unknown): Fault =>
  new Fault('cli.passphrase', `no passphrase: ${why}`, {
    retry: 'never',
    hint: `name a file that holds it with --passphrase-file, or set ${VARIABLE}`,
    cause,
  });
