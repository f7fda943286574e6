import { findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import type { SiteApi } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';

/**
 * The past of a site's tags. Asked of the running site, whose historian has the newest rows in memory.
 * @throws Fault `cli.no-site` where none runs
 */
export async function pastOf(data: string | undefined): Promise<SiteApi> {
  const dir = await findKeptDir(data, 'journal');
  const address = await readAddress(dir);
  if (address) return new SiteClient(address, dir).api;
  throw new Fault('cli.no-site', `no site runs in ${dir}`, {
    retry: 'never',
    hint: `history is asked of a running site: \`holdfast edge --site site.yaml --data ${dir}\``,
  });
}
