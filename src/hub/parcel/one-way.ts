import { rename, rm, stat } from 'node:fs/promises';
import type { Imported } from './import.ts';

/** What the far end of a diode is still writing looks cut off. */
const SETTLED_MS = 600_000;

/**
 * After an import from a folder that a one-way link fills: what is in the database goes, what cannot be used is put aside as
 * `*.refused`, because it comes again whole; what waits for another parcel stays.
 * @throws errors of the file system
 */
export async function tidy(parcels: readonly Imported[], nowMs: number): Promise<void> {
  for (const { file, result } of parcels) {
    if (result === 'taken' || result === 'known') await rm(file, { force: true });
    if (result !== 'partly' && result !== 'refused') continue;
    const { mtimeMs } = await stat(file);
    if (nowMs - mtimeMs > SETTLED_MS) await rename(file, `${file}.refused`);
  }
}
