import type { Clock } from '#kernel/clock.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { Database } from '../database/database.ts';
import { addEvent } from '../events.ts';
import { RowsKeeper } from '../rows/keeper.ts';
import { TelemetryKeeper } from '../telemetry/keeper.ts';
import type { RetentionPolicy } from '../telemetry/retention.ts';
import type { UplinkServer } from '../uplink.ts';
import type { Report } from './api.ts';
import { SiteUplinks } from './server.ts';

export interface UplinksOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: RetentionPolicy;
}

/** What a site did wrong, as against what went wrong here. */
const WRONGS: ReadonlySet<string> = new Set([
  'uplink.malformed',
  'uplink.too-much',
  'uplink.wrong-site',
  'uplink.fenced',
  'uplink.not-stored',
]);
/** A site that does the same again and again is told of once in this time. */
const AGAIN_US = 3_600e6;

/** Everything behind the uplink of one process of the hub: connections, storing, sorting, retention. */
export function openUplinks(database: Database, { clock, log, retention }: UplinksOptions): UplinkServer {
  const told = new Map<string, { readonly code: string; readonly atUs: number }>();
  const report = ({ site, fault: { code, message } }: Report): void => {
    const last = told.get(site);
    const isKnown = last?.code === code && clock.steadyUs() - last.atUs < AGAIN_US;
    if (!WRONGS.has(code) || isKnown) return;
    told.set(site, { code, atUs: clock.steadyUs() });
    const event = { kind: 'security', name: 'security.uplink-cut', subject: site } as const;
    addEvent(database.queries, new Date(clock.nowUs() / 1000), {
      ...event,
      detail: { code, why: message },
    }).catch((error) =>
      log.warn({ site, error: messageOf(error) }, 'it was not kept that a site was cut off'),
    );
  };
  const { pool } = database;
  const uplinks = new SiteUplinks({ pool, clock, log, report });
  const keeper = new TelemetryKeeper({ pool, clock, log }, retention);
  const rows = new RowsKeeper({ pool, clock, log });
  return {
    accept: (socket, head, identity) => uplinks.accept(socket, head, identity),
    asked: (site) => uplinks.asked(site),
    async [Symbol.asyncDispose]() {
      await uplinks[Symbol.asyncDispose]();
      await keeper[Symbol.asyncDispose]();
      await rows[Symbol.asyncDispose]();
    },
  };
}
