import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text as allOf } from 'node:stream/consumers';
import { Fault, messageOf } from '#kernel/fault.ts';

/**
 * From the file that was named, asked for twice on a terminal, or the first line of what is piped in. Never an argument:
 * everybody on the machine can see those. @throws Fault `cli.password`
 */
export async function readPassword(file: string | undefined, name: string): Promise<string> {
  const given = file === undefined ? await typed(name) : await inFile(file);
  if (given !== '') return given;
  throw wrong('it is empty');
}

async function inFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw wrong(messageOf(cause), cause);
  }
}

async function typed(name: string): Promise<string> {
  if (!process.stdin.isTTY) return (await allOf(process.stdin)).split(/\r?\n/)[0] ?? '';
  const first = await asked(`password for ${name}: `);
  const again = await asked('the same again: ');
  if (first === again) return first;
  throw wrong('both are not the same');
}

/** What is typed is not shown. */
async function asked(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

const wrong = (why: string, cause?: unknown): Fault =>
  new Fault('cli.password', `no password: ${why}`, {
    retry: 'never',
    hint: 'type it twice on a terminal, pipe it in as a line, or name a file with --password-file',
    cause,
  });
