import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '#kernel/fault.ts';
import { Receipt } from '#trust/hub/carried.ts';
import { readStatement } from '#trust/hub/statement.ts';

export const RECEIPT = '.receipt';

export interface ReceiptsFor {
  readonly site: string;
  readonly journal: string;
  readonly pin: string;
}

export interface FoundReceipt {
  /** The latest one. */
  readonly receipt: Receipt | undefined;
  /** Those that cannot be used. */
  readonly refused: readonly Fault[];
}

/** The receipt of the hub for this journal that lies on a stick. @throws errors of the file system */
export async function findReceipt(
  folder: string,
  { site, journal, pin }: ReceiptsFor,
): Promise<FoundReceipt> {
  const refused: Fault[] = [];
  let latest: Receipt | undefined;
  for (const name of (await readdir(folder)).filter((one) => one.endsWith(RECEIPT))) {
    // Of other sites, of which nothing is known here.
    if (!name.includes(journal)) continue;
    const where = join(folder, name);
    try {
      const text = await readFile(where, 'utf8');
      const receipt = readStatement('holdfast-receipt/1', text, { pin, where, schema: Receipt });
      if (receipt.site === site && receipt.journal === journal && !(latest && latest.atUs >= receipt.atUs))
        latest = receipt;
    } catch (error) {
      refused.push(Fault.from(error, 'parcel.receipt', where));
    }
  }
  return { receipt: latest, refused };
}
