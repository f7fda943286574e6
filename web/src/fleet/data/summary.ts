import type { FleetQuery, FleetSummary } from '#contract/fleet-client.ts';
import { siteTold } from '../../data/clock.ts';
import { type Polled, usePolled } from '../../data/poll.ts';
import { fleet } from './api.ts';

/** Key of all questions about sites: `askAgain(SITES)` after acting on one. */
export const SITES = 'sites';

const EVERY_MS = 5000;

async function askSummary(query: FleetQuery, signal: AbortSignal): Promise<FleetSummary> {
  const askedAt = performance.now();
  const summary = await fleet.fleet(query, signal);
  siteTold(summary.nowUs, askedAt, performance.now());
  return summary;
}

/** The fleet in figures, and the time that it is at the hub. */
export const useSummary = (query: FleetQuery = {}): Polled<FleetSummary> =>
  usePolled(`${SITES} summary ${JSON.stringify(query)}`, (signal) => askSummary(query, signal), EVERY_MS);
