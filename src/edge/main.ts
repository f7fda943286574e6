import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiAddress } from '#contract/api.ts';
import { serveApi } from '#edge/api/server.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { type Site, startSite } from '#edge/site.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurably } from '#platform/files.ts';
import type { Log } from '#plugin/api.ts';

export { checkSite, readBlueprint } from '#edge/blueprint.ts';
export { loadPlugins } from '#edge/plugins.ts';
export type { Site } from '#edge/site.ts';
export { journalDir } from '#edge/site.ts';

export interface EdgeOptions {
  readonly blueprint: Blueprint;
  readonly dataDir: string;
  readonly log: Log;
  readonly version: string;
  /** Instead of the site file's port; 0 for any free one. */
  readonly apiPort?: number | undefined;
}

export interface Edge extends AsyncDisposable {
  readonly site: Site;
  readonly address: ApiAddress;
}

/** File in the data folder that says where the running site's API is, and the token that opens it. */
export const API_FILE = 'api.json';

/** Readable by its owner only. @throws Fault `edge.data-folder` */
export async function makeDataFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error) => {
    throw new Fault('edge.data-folder', `cannot keep data in ${dir}: ${messageOf(error)}`, {
      retry: 'never',
      hint: 'name with --data a folder that the user who runs Holdfast may write',
      cause: error,
    });
  });
}

/** Starts a site with its API, and tells the command line through the data folder where to find it. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { blueprint, dataDir } = options;
  const settings = blueprint.model.settings.api;
  await makeDataFolder(dataDir);
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startSite(options));
  const api = stack.use(await serveApi(site, { ...settings, port: options.apiPort ?? settings.port }));
  replaceDurably(join(dataDir, API_FILE), JSON.stringify(api.address), 0o600);
  const owned = stack.move();
  return { site, address: api.address, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
