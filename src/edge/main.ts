import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiAddress } from '#contract/api.ts';
import { EncryptedDoor } from '#edge/api/doors.ts';
import { serveApi } from '#edge/api/server.ts';
import { apiCertificate } from '#edge/autonomy/certificates.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { Configuration } from '#edge/configuration.ts';
import { followMembership, watchReceipts } from '#edge/hub-membership.ts';
import { SiteModels } from '#edge/models/site-models.ts';
import { folderOf } from '#edge/pictures/folder.ts';
import { type Site, startSite } from '#edge/site.ts';
import { SiteAccess } from '#edge/site-access.ts';
import type { Fallback } from '#edge/start-file.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceAnyhow } from '#platform/files.ts';
import type { Deps, Log } from '#plugin/api.ts';
import { trustDir } from '#trust/store.ts';

export { keptHistory } from '#edge/api/kept-history.ts';
export { checkSite, readBlueprint, readSiteFile as readSiteText } from '#edge/blueprint.ts';
export { siteChanges } from '#edge/change.ts';
export { changeLine, summaryOf } from '#edge/change-text.ts';
export { type ConfigVersion, configVersions } from '#edge/config-history.ts';
export { digestOf } from '#edge/config-record.ts';
export { diffOf, earlier, versionOf } from '#edge/config-versions.ts';
export { historianDir, journalDir } from '#edge/data-folder.ts';
export { type ImportAsked, type ImportLine, importStopped } from '#edge/history-import.ts';
export { loadDiscovery, loadPlugins } from '#edge/plugins.ts';
export { backtestKept } from '#edge/replay/kept-past.ts';
export type { Site } from '#edge/site.ts';
export { readStart } from '#edge/start-file.ts';

export interface EdgeOptions {
  readonly blueprint: Blueprint;
  readonly dataDir: string;
  readonly log: Log;
  readonly version: string;
  /** Instead of the site file's port; 0 for any free one. */
  readonly apiPort?: number | undefined;
  /** Where the text of the blueprint was read; what is applied later is written there. */
  readonly siteFile?: string | undefined;
  /** Whether a saved site file takes effect by itself. */
  readonly watch?: boolean | undefined;
  /** The blueprint is not that of the site file, which is bad. */
  readonly fallback?: Fallback | undefined;
  /** Live when absent. A shadow may run beside the live site of the same file. */
  readonly mode?: Deps['mode'] | undefined;
}

export interface Edge extends AsyncDisposable {
  readonly site: Site;
  readonly configuration: Configuration;
  readonly access: SiteAccess;
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
  const { blueprint, dataDir, log, siteFile: file, watch, fallback, version } = options;
  const settings = blueprint.model.settings.api;
  // The live site has the port that the file names.
  const port = options.apiPort ?? (options.mode === 'shadow' ? 0 : settings.port);
  await makeDataFolder(dataDir);
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startSite(options));
  const configuration = stack.use(new Configuration({ site, log, file, watch, fallback }));
  stack.use(new SiteModels(site, file === undefined ? undefined : folderOf(file)));
  const access = stack.use(new SiteAccess(site, dataDir, log));
  const securityEvent = (name: string, detail: { readonly [key: string]: string }) =>
    site.securityEvent(name, blueprint.model.site, detail);
  if (options.mode !== 'shadow') {
    const keeper = stack.use(followMembership(site, trustDir(dataDir), log, securityEvent));
    stack.use(watchReceipts(site, trustDir(dataDir), log, () => keeper.current));
  }
  const door = await EncryptedDoor.open({
    settings,
    site: blueprint.model.site,
    trustDir: trustDir(dataDir),
    log,
    nowMs: () => site.core.clock.nowUs() / 1000,
    onEvent: securityEvent,
  });
  if (door) stack.use(door);
  site.autonomy.access = () => ({
    certificates: door ? [apiCertificate(door.shown)] : [],
    tokens: access.tokensThatEnd,
  });
  const history = () => site.history.reader;
  const api = stack.use(
    await serveApi(site, { ...settings, port, configuration, access, door, version, history }),
  );
  stack.use(tellAddress(options, api.address));
  const owned = stack.move();
  return {
    site,
    configuration,
    access,
    address: api.address,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const TELL_AGAIN_MS = 2000;

/**
 * A disk that is full or read-only keeps the command line from finding the site, and nothing else: tried until it works.
 * One that is full for good, as that of a journal whose quota is larger than its disk, has the room of the last file.
 */
function tellAddress({ dataDir, log }: EdgeOptions, address: ApiAddress): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const tell = (again: boolean): void => {
    try {
      replaceAnyhow(join(dataDir, API_FILE), JSON.stringify(address), 0o600);
    } catch (error) {
      if (!again)
        log.error({ hint: 'make room, or the folder writable' }, `${API_FILE}: ${messageOf(error)}`);
      timer = setTimeout(() => tell(true), TELL_AGAIN_MS);
    }
  };
  tell(false);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
