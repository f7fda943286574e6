import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import { SiteApi } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';

export interface KeptPast extends AsyncDisposable {
  readonly api: SiteApi;
}

/**
 * The past of a site's tags: of the running site, whose historian has the newest rows in memory, or of what a stopped
 * one left in its data folder.
 * @throws Fault `cli.no-site` where neither is there
 */
export async function pastOf(data: string | undefined): Promise<KeptPast> {
  const dir = await findKeptDir(data, 'journal');
  const address = await readAddress(dir);
  if (address) return { api: new SiteClient(address, dir).api, async [Symbol.asyncDispose]() {} };
  if (!existsSync(join(dir, 'journal')) && !existsSync(join(dir, 'historian'))) {
    throw new Fault('cli.no-site', `no site runs in ${dir}, and none has left its history there`, {
      retry: 'never',
      hint: 'name the data folder of a site with --data',
    });
  }
  const { keptHistory } = await import('#edge/main.ts');
  const kept = keptHistory(dir);
  return { api: new SiteApi(kept), [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() };
}
