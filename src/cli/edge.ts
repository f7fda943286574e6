import pino from 'pino';
import { printProblems } from '#cli/check.ts';
import { Exit } from '#cli/fail.ts';
import { toldToStop } from '#cli/stop.ts';
import { version } from '#cli/version.ts';
import { startSmall } from '#platform/memory.ts';

export interface EdgeCommand {
  readonly site: string;
  readonly data: string;
  readonly log: string;
}

/** Runs a site until told to stop. A bad site file is refused as a whole, with all its errors. */
export async function edge({ site: file, data, log: level }: EdgeCommand): Promise<void> {
  const loaded = startSmall();
  const { readBlueprint, startEdge } = await import('#edge/main.ts');
  const stopped = toldToStop();
  const { blueprint, problems } = await readBlueprint(file);
  printProblems(file, problems, process.stderr);
  if (!blueprint) {
    process.exitCode = Exit.invalid;
    return;
  }
  const log = pino({ level, base: { site: blueprint.model.site } });
  // Nobody foresaw this, so nothing is known to be right any more: whoever supervises the process starts it anew, and
  // the journal gives back what was settled.
  process.once('uncaughtException', (error) => {
    log.fatal({ error }, 'the site ends by an error that nobody foresaw');
    process.exit(Exit.failed);
  });
  await using running = await startEdge({ blueprint, dataDir: data, log, version });
  loaded();
  log.info({ url: running.address.url, data }, 'site runs');
  const reason = await stopped;
  log.info({ reason }, 'site stops');
}
