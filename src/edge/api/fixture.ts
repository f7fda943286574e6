import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { serveApi } from '#edge/api/server.ts';
import { checkSite } from '#edge/blueprint.ts';
import { Configuration } from '#edge/configuration.ts';
import { SILENT } from '#edge/silent-log.ts';
import { startSite } from '#edge/site.ts';
import { SiteAccess } from '#edge/site-access.ts';
import type { HistoryReader } from '#historian/api.ts';

/**
 * A site in a folder of its own, with its API on a free port; gone with the test.
 * @param options `withFile`: its text lies in a site file there, which changes are written to
 */
export async function servedSite(
  t: Pick<TestContext, 'after'>,
  text: string,
  history?: () => HistoryReader | undefined,
  { withFile = false }: { readonly withFile?: boolean } = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-api-'));
  const stack = new AsyncDisposableStack();
  t.after(async () => {
    await stack.disposeAsync();
    rmSync(dir, { recursive: true });
  });
  const file = withFile ? join(dir, 'site.yaml') : undefined;
  if (file !== undefined) writeFileSync(file, text);
  const { blueprint, problems } = await checkSite(text);
  assert.ok(blueprint, JSON.stringify(problems));
  const site = stack.use(await startSite({ blueprint, dataDir: dir, log: SILENT, version: '1.0.0' }));
  const configuration = stack.use(new Configuration({ site, log: SILENT, file }));
  const access = stack.use(new SiteAccess(site, dir, SILENT));
  const options = { host: '127.0.0.1', port: 0, configuration, access, version: '1.0.0', history };
  const { address } = stack.use(await serveApi(site, options));
  return { dir, site, access, address };
}
