import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '#edge/backup/manifest.ts';

export interface CopiedLearned {
  /** Bytes by path within the data folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Files that the backup does not hold, and why. */
  readonly warnings: readonly string[];
}

const NAME = /^([0-9a-f]{64})\.json$/;

/**
 * What detectors learned, those files too that count no more: samples of the time when they did are decided by them
 * again. To be copied behind the journal: every file that its state names was there by then.
 * @param dir of the learned files; need not be there
 */
export async function copyLearned(dir: string): Promise<CopiedLearned> {
  const names = await readdir(dir).catch(() => []);
  const files = new Map<string, Uint8Array>();
  const warnings: string[] = [];
  for (const name of names.sort()) {
    const [, digest] = NAME.exec(name) ?? [];
    if (digest === undefined) continue;
    const bytes = await readFile(join(dir, name)).catch(() => undefined);
    if (bytes && sha256(bytes) === digest) files.set(`learned/${name}`, bytes);
    else warnings.push(`the learned file ${name} is not in the backup: it is not what its name says`);
  }
  return { files, warnings };
}
