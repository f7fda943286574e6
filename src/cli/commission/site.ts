import { readFile } from 'node:fs/promises';
import { printProblems } from '#cli/check.ts';
import { demoDir, keptDirs, SiteClient } from '#cli/client.ts';
import { Exit } from '#cli/fail.ts';
import type { SiteStatus } from '#contract/client.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { Fault } from '#kernel/fault.ts';
import { draftFor } from '#platform/files.ts';

/** A site file without errors, whatever became of its drawings; otherwise they are printed, for people or as JSON, and the exit status says so. */
export async function validSite(file: string, json = false): Promise<Blueprint | undefined> {
  const { checkSite, readSiteFile } = await import('#edge/blueprint.ts');
  const { blueprint, problems } = await checkSite(await readSiteFile(file));
  if (blueprint) return blueprint;
  if (json) printJson({ ok: false, problems: problems.map((one) => ({ file, ...one })) });
  else printProblems(file, problems, process.stderr);
  process.exitCode = Exit.invalid;
  return undefined;
}

export const printJson = (value: object): void =>
  void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

export interface RunningSite {
  readonly client: SiteClient;
  readonly status: SiteStatus;
}

/**
 * The site that runs in this data folder, or in one of the usual ones.
 * @param blueprint of the site file that was named: another site that happens to run is not meant
 * @throws Fault `cli.no-site` when neither a site runs nor a site file was named
 */
export async function runningSite(
  data: string | undefined,
  id: string,
  blueprint: Blueprint | undefined,
): Promise<RunningSite | undefined> {
  try {
    const client = await SiteClient.find(data);
    const status = await client.api.status();
    const kind = blueprint?.model.sources.find((one) => one.id === id)?.kind;
    const isMeant = status.site === blueprint?.model.site && status.sources[id]?.kind === kind;
    return !blueprint || isMeant ? { client, status } : undefined;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'cli.no-site') throw error;
    if (blueprint) return undefined;
    throw new Fault(error.code, error.message, {
      retry: 'never',
      hint: 'name the site file with --site to open the source itself, or the folder of a running site with --data',
    });
  }
}

/**
 * The folder whose certificates a session beside the site uses: that of the site, as far as it can be known. The demo's
 * are nobody else's.
 */
export const certificatesDir = (
  data: string | undefined,
  running: RunningSite | undefined,
): string | undefined => data ?? running?.client.dir ?? keptDirs('trust').find((dir) => dir !== demoDir());

/** Said where a certificate stands in the way and `holdfast certificates` would know nothing of it. */
export const FORGOTTEN =
  'no data folder: this certificate, and our own, are forgotten again. Give --data, and the folder of the site';

/**
 * Writes a site file as a whole or not at all; it stays its owner's, whoever gives the command.
 * @param before what it was when the change was worked out @throws Fault `site.changed` when somebody edited it since
 */
export async function writeSite(file: string, before: string, after: string): Promise<void> {
  await using draft = await draftFor(file, after);
  if ((await readFile(file, 'utf8')) !== before) {
    throw new Fault('site.changed', `${file} was edited meanwhile`, {
      retry: 'never',
      hint: 'nothing was written: give the command again',
    });
  }
  draft.put();
}
