import type { FaultStatus, SiteStatus } from '#contract/api.ts';
import type { Core } from '#edge/core.ts';
import type { Peers } from '#edge/peers.ts';
import type { Fault } from '#kernel/fault.ts';

/** Head of the status: what the parts do not know of themselves. */
type Head = Pick<SiteStatus, 'site' | 'version' | 'mode' | 'config' | 'upS' | 'clockJumps' | 'writtenPerDay'>;

export function readStatus(core: Core, peers: Peers, head: Head): SiteStatus {
  const { latency } = core.path;
  const alarms: { [state: string]: number } = {};
  for (const { state } of core.decisions.alarms()) alarms[state] = (alarms[state] ?? 0) + 1;
  const { fault, ...health } = core.journal.health;
  return {
    ...head,
    pid: process.pid,
    epoch: core.journal.opened.epoch,
    memoryBytes: process.memoryUsage.rss(),
    sources: statusOf(peers.sources),
    actuators: statusOf(peers.actuators),
    sinks: statusOf(peers.sinks),
    tags: peers.tagCount,
    samples: core.path.samples,
    decisions: {
      count: core.path.decided,
      p50Ms: latency.quantileMs(0.5),
      p99Ms: latency.quantileMs(0.99),
      maxMs: latency.maxMs,
    },
    alarms,
    writes: { ...core.writes },
    shadowRules: core.shadows.status(core.clock.steadyUs()),
    journal: {
      ...health,
      ...(fault && { fault: faultStatus(fault) }),
    },
  };
}

function statusOf<S>(loops: ReadonlyMap<string, { readonly status: S }>): { readonly [id: string]: S } {
  return Object.fromEntries([...loops].map(([id, loop]) => [id, loop.status]));
}

export const faultStatus = ({ code, message, hint }: Fault): FaultStatus => ({ code, message, hint });
