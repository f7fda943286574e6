import { hostname } from 'node:os';
import { hubConfig } from '#cli/hub/config.ts';
import { databaseUrl, hubFolder, keyFile, signer } from '#cli/hub/folder.ts';
import { programLog } from '#cli/log.ts';
import { toldToStop } from '#cli/stop.ts';
import { version } from '#cli/version.ts';
import type { Database } from '#hub/database/database.ts';
import { startHub } from '#hub/main.ts';
import { openUplinks } from '#hub/uplink/open.ts';
import { systemClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';

export interface HubCommand {
  readonly data?: string;
  readonly port: string;
  readonly host: string;
  readonly name?: readonly string[];
  readonly config?: string;
  readonly log: string;
  readonly logJson?: boolean;
  readonly keepSamples: string;
  readonly keepEvents: string;
}

/** Runs a hub until told to stop. */
export async function hub({
  data,
  port,
  host,
  name: names = [],
  config,
  log: level,
  logJson,
  keepSamples,
  keepEvents,
}: HubCommand): Promise<void> {
  const dir = hubFolder(data);
  const settings = config === undefined ? {} : await hubConfig(config);
  const stopped = toldToStop();
  const log = programLog({ level, base: { hub: hostname() }, json: logJson });
  const retention = {
    samplesDays: daysOf('--keep-samples', keepSamples),
    eventsDays: daysOf('--keep-events', keepEvents),
  };
  const uplink = (database: Database) => openUplinks(database, { clock: systemClock(), log, retention });
  const options = {
    dir,
    host,
    port: portOf(port),
    names,
    databaseUrl: databaseUrl(),
    keyFile: keyFile(),
    signer: signer(),
    log,
    uplink,
    version,
  };
  await using running = await startHub({ ...options, ...settings });
  log.info({ port: running.port, data: dir, pin: running.authority.pin }, 'hub runs');
  log.info({ reason: await stopped }, 'hub stops');
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Fault('cli.usage', `--port ${text}: not a port`, { retry: 'never', hint: '0 to 65535' });
}

function daysOf(option: string, text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days > 0) return days;
  throw new Fault('cli.usage', `${option} ${text}: not a number of days`, {
    retry: 'never',
    hint: 'write 730',
  });
}
