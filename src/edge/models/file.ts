import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelEntry } from '#contract/model-entry.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The bytes of a model as the site file means it.
 * @param folder of the site file; undefined where that is not known
 * @throws Fault `model.file`
 */
export async function readModel(
  folder: string | undefined,
  { file, sha256 }: ModelEntry,
): Promise<Uint8Array> {
  if (folder === undefined)
    throw bad(
      file,
      'this site was given no site file',
      'name it with --site: models lie in the folder models beside it',
    );
  const path = join(folder, file);
  const bytes = await sized(path).catch((cause) => {
    throw bad(file, `cannot be read: ${messageOf(cause)}`, `put it beside the site file, as ${file}`);
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== sha256)
    throw bad(
      file,
      `has the digest ${digest}`,
      'it is another file than the site file names: put that one there, or write this digest',
    );
  return bytes;
}

async function sized(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw new Error(`${size} bytes are more than ${MOST_BYTES}`);
  return await readFile(path);
}

const bad = (file: string, what: string, hint: string): Fault =>
  new Fault('model.file', `the model ${file} ${what}`, { hint });
