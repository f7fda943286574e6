import { join } from 'node:path';
import { journalDir } from '#edge/data-folder.ts';
import { readLedger } from '#journal/ledger.ts';
import { FILES } from '#journal/schema.ts';
import { readCarried } from '#trust/hub/carried.ts';
import { readMembership } from '#trust/hub/membership.ts';
import { trustDir } from '#trust/store.ts';

/**
 * Of a site that does not run: samples up to there were given away by hand, and no receipt has come back.
 * @returns undefined: none were @throws Fault as what reads the folder of trust
 */
export async function sentUpTo(dataDir: string): Promise<number | undefined> {
  const trust = trustDir(dataDir);
  const pin = (await readMembership(trust))?.pin;
  const { id: journal } = readLedger(join(journalDir(dataDir), FILES.ledger));
  if (pin === undefined || journal === undefined) return undefined;
  return (await readCarried(trust, { pin, journal })).sent?.upTo.history;
}
