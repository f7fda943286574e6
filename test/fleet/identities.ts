import { writeFileSync } from 'node:fs';
import { openAuthority } from '#hub/authority/authority.ts';
import { openDatabase } from '#hub/database/database.ts';
import { rowFor } from '#hub/identity/rows.ts';
import { systemClock } from '#kernel/clock.ts';
import { newKey, pemOf } from '#trust/issue.ts';
import type { Identity } from './api.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const AT_ONCE = 500;

/**
 * Makes sites known to a hub without asking it ten thousand times, as a restored backup would have them.
 * @param file where they are put, as JSON @returns them, and what sites know the hub by
 */
export async function makeIdentities(
  dir: string,
  url: string,
  count: number,
  file: string,
): Promise<{ readonly pin: string; readonly made: readonly Identity[] }> {
  const clock = systemClock();
  await using database = await openDatabase({ dir, url, log: quiet, clock, as: 'command' });
  const nowMs = Date.now();
  const authority = await openAuthority(database, { dir, log: quiet, nowMs: () => nowMs });
  const key = await newKey();
  const identities: Identity[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const sites = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => `site-${from + i}`);
    const rows = [];
    for (const site of sites) {
      const certificate = await authority.issueSite(site, key, nowMs);
      identities.push({ site, certificate: certificate.toString(), key: pemOf(key) });
      rows.push(rowFor(site, certificate, key, new Date(nowMs)));
    }
    const joined = new Date(nowMs);
    await database.queries
      .insertInto('sites')
      .values(sites.map((id) => ({ id, labels: '{}', joined })))
      .execute();
    await database.queries.insertInto('identities').values(rows).execute();
  }
  writeFileSync(file, JSON.stringify(identities));
  return { pin: authority.pin, made: identities };
}
