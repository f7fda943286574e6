import { resolve } from 'node:path';
import { printProblems } from '#cli/check.ts';
import { Exit } from '#cli/fail.ts';
import { programLog } from '#cli/log.ts';
import { toldToStop } from '#cli/stop.ts';
import { version } from '#cli/version.ts';
import type { Edge } from '#edge/main.ts';
import { messageOf } from '#kernel/fault.ts';
import { collectAlone, giveBack, startSmall } from '#platform/memory.ts';

export interface EdgeCommand {
  readonly site: string;
  readonly data: string;
  readonly log: string;
  readonly logJson?: boolean;
  readonly watch: boolean;
  readonly shadow?: boolean;
}

/**
 * Runs a site until told to stop. A bad site file is refused as a whole, with all its errors: then the last good one
 * runs, where the data folder has one. A saved file takes effect by itself, and SIGHUP applies it at once.
 */
export async function edge({
  site,
  data,
  log: level,
  logJson: json,
  watch,
  shadow,
}: EdgeCommand): Promise<void> {
  const loaded = startSmall();
  collectAlone();
  const { readStart, startEdge } = await import('#edge/main.ts');
  const stopped = toldToStop(['SIGINT', 'SIGTERM']);
  // From the first moment on: without a listener this signal would end the process.
  let reload = (): void => {};
  process.on('SIGHUP', () => reload());
  const file = resolve(site);
  const { blueprint, problems, fallback } = await readStart(site, data);
  // What a fallback is for goes into the site's own log.
  if (!fallback) printProblems(site, problems, process.stderr);
  if (!blueprint) {
    process.exitCode = Exit.invalid;
    return;
  }
  const log = programLog({ level, base: { site: blueprint.model.site }, json });
  // Nobody foresaw this, so nothing is known to be right any more: whoever supervises the process starts it anew, and
  // the journal gives back what was settled.
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'the site ends by an error that nobody foresaw');
    process.exit(Exit.failed);
  });
  const mode = shadow ? 'shadow' : 'live';
  let next: typeof blueprint | undefined = blueprint;
  while (next) {
    await using running = await startEdge({
      blueprint: next,
      dataDir: data,
      log,
      version,
      siteFile: file,
      watch,
      mode,
      fallback,
    });
    giveBack();
    loaded();
    const { url, pages } = running.address;
    log.info({ url, ...(pages !== undefined && { pages }), data, mode }, 'site runs');
    if (mode === 'live') tellFirstCode(running);
    reload = () => {
      running.configuration
        .applyFile({ by: 'hangup' })
        .catch((error) => log.error({ error: messageOf(error) }, 'the site file was not applied'));
    };
    const { site: ran } = running;
    const reason = await Promise.race([stopped, ran.stateFound.then(() => undefined)]);
    log.info({ reason: reason ?? 'it starts anew with the state of the last run' }, 'site stops');
    next = reason === undefined ? ran.blueprint : undefined;
  }
}

/**
 * Once, where nobody could sign in otherwise. Not into the log, which others collect and keep: whoever has the box reads
 * what its service prints.
 */
function tellFirstCode({ access, address: { url, pages } }: Edge): void {
  const code = access.firstCode();
  if (code === undefined) return;
  process.stderr.write(
    `There is no administrator yet. Open ${pages ?? url}/sign-in and make one, within 24 hours and once, with the code ` +
      `${code}; or at any time on this box: holdfast users add NAME --role administrator\n`,
  );
}
