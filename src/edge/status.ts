import type { AccessStatus, FaultStatus, NoticesStatus, RestoredStatus, SiteStatus } from '#contract/api.ts';
import type { AutonomySummary } from '#contract/autonomy.ts';
import type { HistorianStatus } from '#contract/historian-status.ts';
import type { Core } from '#edge/core.ts';
import type { Peers } from '#edge/peers.ts';
import type { Fault } from '#kernel/fault.ts';
import { isBad } from '#kernel/quality.ts';

/** Head of the status: what the parts do not know of themselves. */
interface Head
  extends Pick<
    SiteStatus,
    'site' | 'version' | 'mode' | 'config' | 'timeZone' | 'upS' | 'clockJumps' | 'writtenPerDay'
  > {
  readonly notices: NoticesStatus | undefined;
  readonly restored: RestoredStatus | undefined;
  readonly historian: HistorianStatus | undefined;
  readonly access: AccessStatus | undefined;
  readonly autonomy: AutonomySummary | undefined;
}

export function readStatus(
  core: Core,
  peers: Peers,
  { notices, restored, historian, access, autonomy, ...head }: Head,
): SiteStatus {
  const { latency } = core.path;
  const alarms: { [state: string]: number } = {};
  for (const { state } of core.decisions.alarms()) alarms[state] = (alarms[state] ?? 0) + 1;
  const detectors: { [state: string]: number } = {};
  for (const { state } of core.decisions.detectors()) detectors[state] = (detectors[state] ?? 0) + 1;
  const { fault, fill: _, ...health } = core.journal.health;
  return {
    ...head,
    ...(restored && { restored }),
    nowUs: Math.round(core.clock.nowUs()),
    pid: process.pid,
    epoch: core.journal.opened.epoch,
    memoryBytes: process.memoryUsage.rss(),
    sources: sourcesStatus(core, peers),
    actuators: statusOf(peers.actuators),
    sinks: statusOf(peers.outlets),
    tags: peers.tagCount,
    samples: core.path.samples,
    decisions: {
      count: core.path.decided,
      p50Ms: latency.quantileMs(0.5),
      p99Ms: latency.quantileMs(0.99),
      maxMs: latency.maxMs,
    },
    alarms,
    detectors,
    writes: { ...core.writes },
    notices: {
      waiting: notices?.waiting.length ?? 0,
      failed: notices?.failed.length ?? 0,
      maintenance: notices?.maintenance.length ?? 0,
    },
    shadowRules: core.shadows.status(core.clock.steadyUs()),
    journal: {
      ...health,
      ...(fault && { fault: faultStatus(fault) }),
    },
    ...(historian && { historian }),
    ...(access && { access }),
    ...(autonomy && { autonomy }),
  };
}

/** A device that answers for some of its tags only is neither well nor gone: they are counted by their newest values. */
function sourcesStatus({ values }: Core, { sources }: Peers): SiteStatus['sources'] {
  return Object.fromEntries(
    [...sources].map(([id, loop]) => {
      const read = loop.points.filter(({ tag }) => tag.access !== 'write');
      const badTags = read.filter(({ tag }) => isBad(values.qualityOf(tag.number))).length;
      return [id, { ...loop.status, tags: read.length, badTags }];
    }),
  );
}

export function statusOf<S>(loops: ReadonlyMap<string, { readonly status: S }>): {
  readonly [id: string]: S;
} {
  return Object.fromEntries([...loops].map(([id, loop]) => [id, loop.status]));
}

export const faultStatus = ({ code, message, hint }: Fault): FaultStatus => ({ code, message, hint });
